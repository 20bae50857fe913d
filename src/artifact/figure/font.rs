//! The font inside the program, so that figures look the same on every machine.

use std::sync::Once;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// What plotters calls a size of one: its sizes are line heights, ours are heights of the letters.
const LINE_HEIGHT: f64 = 1.24;

/// Texts are measured this much larger than drawn, since rounding must not lose a pixel.
const MEASURE: f64 = 64.0;

/// The font of `size` pixels.
pub(super) fn font(size: f64) -> FontDesc<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered =
            register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
        assert!(registered.is_ok(), "the font in the program is a valid font");
    });
    FontDesc::new(FontFamily::SansSerif, size * LINE_HEIGHT, FontStyle::Normal)
}

/// How far a text of this font size reaches from left to right, in pixels.
#[must_use]
pub fn text_width(text: &str, size: f64) -> f64 {
    let ((left, _), (right, _)) =
        font(MEASURE).layout_box(text).expect("the font was registered before");
    f64::from(right - left) * size / MEASURE
}
