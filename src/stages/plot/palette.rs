//! Colours that people with every kind of colour vision can tell apart, and their second cues.

use super::super::metric::Metric;
use crate::artifact::{Dash, Drawing, Ink, Point};

// The palette of Okabe and Ito (2008), without its yellow, which is too light for lines.
const ORANGE: Ink = Ink::opaque(0xe6, 0x9f, 0x00);
const SKY: Ink = Ink::opaque(0x56, 0xb4, 0xe9);
const GREEN: Ink = Ink::opaque(0x00, 0x9e, 0x73);
const BLUE: Ink = Ink::opaque(0x00, 0x72, 0xb2);
const VERMILLION: Ink = Ink::opaque(0xd5, 0x5e, 0x00);
const PURPLE: Ink = Ink::opaque(0xcc, 0x79, 0xa7);

/// Whatever belongs to seen classes.
pub(super) const SEEN: Ink = BLUE;
/// Whatever belongs to unseen classes.
pub(super) const UNSEEN: Ink = VERMILLION;
/// The harmonic mean of both.
pub(super) const HARMONIC: Ink = GREEN;
/// Lines behind the data.
pub(super) const GRID: Ink = Ink::opaque(0xe3, 0xe3, 0xe3);
/// Axes and ticks.
pub(super) const AXIS: Ink = Ink::opaque(0x66, 0x66, 0x66);
/// Small print.
pub(super) const FAINT: Ink = Ink::opaque(0x55, 0x55, 0x55);

const SERIES: [Ink; 7] = [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, Ink::BLACK];
const DASHES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::DashDotted, Dash::Dotted];

/// Colour and dash of the curve at `position`; 28 curves differ.
pub(super) fn series(position: usize) -> (Ink, Dash) {
    // 7 and 4 have no common factor, so that pairs repeat only after all of them.
    (SERIES[position % SERIES.len()], DASHES[position % DASHES.len()])
}

/// The colour of a metric, the same in every figure.
pub(super) fn metric(metric: Metric) -> Ink {
    match metric {
        Metric::T1 => PURPLE,
        Metric::Unseen => UNSEEN,
        Metric::Seen => SEEN,
        Metric::Harmonic => HARMONIC,
        Metric::AccInstance => SKY,
        Metric::Ausuc => ORANGE,
        _ => Ink::BLACK,
    }
}

/// A share from 0 to 1 as a shade from white over blue to nearly black.
pub(super) fn shade(share: f64) -> Ink {
    const TURN: f64 = 0.65;
    const DEEP: (u8, u8, u8) = (0x00, 0x22, 0x3a);
    if share <= TURN {
        return BLUE.tint(share.max(0.0) / TURN);
    }
    let part = (share.min(1.0) - TURN) / (1.0 - TURN);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mean of two bytes is a byte"
    )]
    let mix = |from: u8, to: u8| {
        (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8
    };
    let (red, green, blue) = BLUE.rgb;
    Ink::opaque(mix(red, DEEP.0), mix(green, DEEP.1), mix(blue, DEEP.2))
}

/// The form of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Marker {
    /// A disc.
    Circle,
    /// A square on its corner.
    Diamond,
}

impl Marker {
    /// Draws it around `centre`, with a white rim that keeps neighbours apart.
    pub(super) fn draw(self, drawing: &mut Drawing, centre: Point, radius: f64, ink: Ink) {
        for (radius, ink) in [(radius + 0.75, Ink::WHITE), (radius, ink)] {
            match self {
                Self::Circle => drawing.circle(centre, radius, ink),
                Self::Diamond => {
                    let (x, y) = centre;
                    let reach = radius * 1.3;
                    let corners =
                        vec![(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)];
                    drawing.area(corners, ink);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_28_curves_look_alike() {
        let all: Vec<_> = (0..28).map(series).collect();
        for (position, curve) in all.iter().enumerate() {
            assert!(!all[..position].contains(curve), "{position}");
        }
        assert_eq!(series(28), series(0));
    }
}
