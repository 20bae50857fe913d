//! Lines of text with their place and extent.

use super::drawing::{Bounds, Point};
use super::font::text_width;
use super::ink::Ink;

/// Which side of a text its place refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HorizontalAnchor {
    /// The text begins there.
    Left,
    /// Its middle is there.
    Middle,
    /// It ends there.
    Right,
}

/// Which height of a text its place refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerticalAnchor {
    /// The text hangs below the place.
    Top,
    /// Its middle is there.
    Middle,
    /// It stands on the place.
    Bottom,
}

/// Whether a text is turned around its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It reads from left to right.
    None,
    /// It reads upwards.
    Upwards,
}

/// A line of text.
#[derive(Clone, PartialEq, Debug)]
pub struct Text {
    /// Where it is; see the anchors.
    pub at: Point,
    /// The height of its letters, as a font size in pixels.
    pub size: f64,
    /// What it says.
    pub content: String,
    /// Its colour.
    pub ink: Ink,
    /// The side that `at` refers to.
    pub horizontal: HorizontalAnchor,
    /// The height that `at` refers to.
    pub vertical: VerticalAnchor,
    /// Its direction.
    pub turn: Turn,
}

impl Text {
    /// A black text that begins at `at`, centred on its height.
    #[must_use]
    pub fn new(at: Point, size: f64, content: impl Into<String>) -> Self {
        Self {
            at,
            size,
            content: content.into(),
            ink: Ink::BLACK,
            horizontal: HorizontalAnchor::Left,
            vertical: VerticalAnchor::Middle,
            turn: Turn::None,
        }
    }

    /// The same text, its middle at the place.
    #[must_use]
    pub fn centred(self) -> Self {
        Self { horizontal: HorizontalAnchor::Middle, ..self }
    }

    /// The same text, ending at the place.
    #[must_use]
    pub fn ending(self) -> Self {
        Self { horizontal: HorizontalAnchor::Right, ..self }
    }

    /// The same text in another colour.
    #[must_use]
    pub fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    /// The same text, reading upwards.
    #[must_use]
    pub fn upwards(self) -> Self {
        Self { turn: Turn::Upwards, ..self }
    }

    /// The box that the letters fill.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let (width, height) = (text_width(&self.content, self.size), self.size);
        let left = match self.horizontal {
            HorizontalAnchor::Left => 0.0,
            HorizontalAnchor::Middle => -width / 2.0,
            HorizontalAnchor::Right => -width,
        };
        let top = match self.vertical {
            VerticalAnchor::Top => 0.0,
            VerticalAnchor::Middle => -height / 2.0,
            VerticalAnchor::Bottom => -height,
        };
        let (x, y) = self.at;
        match self.turn {
            Turn::None => Bounds {
                left: x + left,
                top: y + top,
                right: x + left + width,
                bottom: y + top + height,
            },
            // A quarter turn to the left takes (a, b) to (b, -a).
            Turn::Upwards => Bounds {
                left: x + top,
                top: y - left - width,
                right: x + top + height,
                bottom: y - left,
            },
        }
    }
}
