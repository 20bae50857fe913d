//! A drawing as a list of shapes. Distances are pixels of the nominal size, y grows downwards.
//!
//! Shapes are data, so a test can ask whether two labels overlap or one leaves the page.

use super::font::text_width;

/// A place: x to the right, y downwards.
pub type Point = (f64, f64);

/// A colour with its opacity from 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ink {
    /// Red, green and blue.
    pub rgb: (u8, u8, u8),
    /// 1 hides what is below.
    pub opacity: f64,
}

impl Ink {
    /// The colour of text and axes.
    pub const BLACK: Self = Self::opaque(0x22, 0x22, 0x22);
    /// The colour of the page.
    pub const WHITE: Self = Self::opaque(0xff, 0xff, 0xff);

    /// A colour that hides what is below.
    #[must_use]
    pub const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { rgb: (red, green, blue), opacity: 1.0 }
    }

    /// The same colour, see-through.
    #[must_use]
    pub const fn with_opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// The colour that `share` of it gives on white, still opaque.
    #[must_use]
    pub fn tint(self, share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a mean of two bytes is a byte"
        )]
        let mix = |byte: u8| (255.0 - (255.0 - f64::from(byte)) * share).round() as u8;
        let (red, green, blue) = self.rgb;
        Self::opaque(mix(red), mix(green), mix(blue))
    }
}

/// The second cue beside colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dash {
    /// A line without gaps.
    Solid,
    /// Long strokes.
    Dashed,
    /// Dots.
    Dotted,
    /// A stroke and a dot in turn.
    DashDotted,
}

impl Dash {
    /// Strokes and gaps in turn, in multiples of the line width.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Dashed => &[5.0, 3.0],
            Self::Dotted => &[1.0, 2.0],
            Self::DashDotted => &[6.0, 2.5, 1.0, 2.5],
        }
    }
}

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

/// A box with sides along the axes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    /// The least x.
    pub left: f64,
    /// The least y.
    pub top: f64,
    /// The greatest x.
    pub right: f64,
    /// The greatest y.
    pub bottom: f64,
}

impl Bounds {
    /// Its extent from left to right.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Its extent from top to bottom.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Whether two boxes share more than an edge.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether all of `other` lies inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }
}

/// Something that is drawn.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// A line through points.
    Line {
        /// The points.
        points: Vec<Point>,
        /// The colour.
        ink: Ink,
        /// The line width.
        width: f64,
        /// The pattern of gaps.
        dash: Dash,
    },
    /// A filled polygon.
    Area {
        /// The corners.
        points: Vec<Point>,
        /// The colour.
        ink: Ink,
    },
    /// A filled rectangle.
    Rectangle {
        /// Its sides.
        bounds: Bounds,
        /// The colour.
        ink: Ink,
    },
    /// A filled circle.
    Circle {
        /// Its middle.
        centre: Point,
        /// Its radius.
        radius: f64,
        /// The colour.
        ink: Ink,
    },
    /// A line of text.
    Text(Text),
}

/// Shapes on a page; later ones lie on top.
#[derive(Clone, PartialEq, Debug)]
pub struct Drawing {
    width: f64,
    height: f64,
    shapes: Vec<Shape>,
}

impl Drawing {
    /// An empty white page.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> Bounds {
        Bounds { left: 0.0, top: 0.0, right: self.width, bottom: self.height }
    }

    /// All shapes, the lowest first.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// All texts, the lowest first.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Adds a line.
    pub fn line(&mut self, points: Vec<Point>, ink: Ink, width: f64, dash: Dash) {
        self.shapes.push(Shape::Line { points, ink, width, dash });
    }

    /// Adds a filled polygon.
    pub fn area(&mut self, points: Vec<Point>, ink: Ink) {
        self.shapes.push(Shape::Area { points, ink });
    }

    /// Adds a filled rectangle.
    pub fn rectangle(&mut self, bounds: Bounds, ink: Ink) {
        self.shapes.push(Shape::Rectangle { bounds, ink });
    }

    /// Adds a filled circle.
    pub fn circle(&mut self, centre: Point, radius: f64, ink: Ink) {
        self.shapes.push(Shape::Circle { centre, radius, ink });
    }

    /// Adds a text.
    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }
}
