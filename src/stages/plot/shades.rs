//! The scale of shades: what white and dark stand for.

use super::frame::TICK_SIZE;
use super::palette::shade;
use crate::artifact::{Bounds, Drawing, Point, Text, text_width};

/// The height of the strip that holds the scale.
pub(super) const SCALE_ROOM: f64 = 30.0;
const WIDTH: f64 = 150.0;
const STEPS: u8 = 50;
const GAP: f64 = 6.0;

/// Draws the scale from `left` on, its middle at `y`, between what its ends stand for.
pub(super) fn draw_scale(drawing: &mut Drawing, (left, y): Point, low: &str, high: &str) {
    let start = left + text_width(low, TICK_SIZE) + GAP;
    drawing.text(Text::new((left, y), TICK_SIZE, low));
    for step in 0..STEPS {
        let place = |step: u8| start + WIDTH * f64::from(step) / f64::from(STEPS);
        let bounds =
            Bounds { left: place(step), top: y - 5.0, right: place(step + 1), bottom: y + 5.0 };
        drawing.rectangle(bounds, shade(f64::from(step) / f64::from(STEPS - 1)));
    }
    drawing.text(Text::new((start + WIDTH + GAP, y), TICK_SIZE, high));
}
