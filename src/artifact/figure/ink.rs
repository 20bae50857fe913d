//! Colours, and the dashes that tell lines apart without them.

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
