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

/// Colour and form of the points of the class at `position`; 28 classes differ.
pub(super) fn points(position: usize) -> (Ink, Marker) {
    (SERIES[position % SERIES.len()], Marker::ALL[position % Marker::ALL.len()])
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
    const DEEP: Ink = Ink::opaque(0x00, 0x22, 0x3a);
    if share <= TURN {
        return BLUE.tint(share.max(0.0) / TURN);
    }
    between(BLUE, DEEP, (share.min(1.0) - TURN) / (1.0 - TURN))
}

/// A place in an order from 0 to 1, from yellow over green to dark violet: ever darker, so that
/// people with every kind of colour vision can order them.
pub(super) fn order(share: f64) -> Ink {
    // Five of the colours of viridis (van der Walt and Smith, 2015).
    const STOPS: [Ink; 5] = [
        Ink::opaque(0xfd, 0xe7, 0x25),
        Ink::opaque(0x5e, 0xc9, 0x62),
        Ink::opaque(0x21, 0x91, 0x8c),
        Ink::opaque(0x3b, 0x52, 0x8b),
        Ink::opaque(0x44, 0x01, 0x54),
    ];
    let mut place = share.clamp(0.0, 1.0) * 4.0;
    let mut first = 0;
    while place > 1.0 && first < 3 {
        place -= 1.0;
        first += 1;
    }
    between(STOPS[first], STOPS[first + 1], place)
}

/// The text colour that can be read on `ink`.
pub(super) fn text_on(ink: Ink) -> Ink {
    let (red, green, blue) = ink.rgb;
    let light = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
    if light > 140.0 { Ink::BLACK } else { Ink::WHITE }
}

fn between(from: Ink, to: Ink, part: f64) -> Ink {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a mean of two bytes is a byte"
    )]
    let mix = |from: u8, to: u8| {
        (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8
    };
    let ((red, green, blue), to) = (from.rgb, to.rgb);
    Ink::opaque(mix(red, to.0), mix(green, to.1), mix(blue, to.2))
}

/// The form of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Marker {
    /// A disc.
    Circle,
    /// A square on its corner.
    Diamond,
    /// A square.
    Square,
    /// A triangle on its base.
    Triangle,
}

impl Marker {
    /// All of them.
    const ALL: [Self; 4] = [Self::Circle, Self::Triangle, Self::Square, Self::Diamond];

    /// Draws it around `centre`, with a white rim that keeps neighbours apart.
    pub(super) fn draw(self, drawing: &mut Drawing, centre: Point, radius: f64, ink: Ink) {
        for (radius, ink) in [(radius + 0.75, Ink::WHITE), (radius, ink)] {
            match self {
                Self::Circle => drawing.circle(centre, radius, ink),
                form => drawing.area(form.corners(centre, radius), ink),
            }
        }
    }

    /// The corners of a form of about the area of a disc; a disc has none.
    fn corners(self, (x, y): Point, radius: f64) -> Vec<Point> {
        let reach = radius * 1.3;
        match self {
            Self::Circle => Vec::new(),
            Self::Diamond => vec![(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)],
            Self::Square => {
                let side = radius * 0.9;
                vec![
                    (x - side, y - side),
                    (x + side, y - side),
                    (x + side, y + side),
                    (x - side, y + side),
                ]
            }
            Self::Triangle => {
                let low = y + radius * 0.8;
                vec![(x, y - reach), (x + reach, low), (x - reach, low)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_an_order_grow_darker_and_texts_on_them_can_be_read() {
        let light = |ink: Ink| {
            let (red, green, blue) = ink.rgb;
            0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)
        };
        let lights: Vec<f64> = (0..=20).map(|step| light(order(f64::from(step) / 20.0))).collect();
        assert!(lights.windows(2).all(|pair| pair[1] < pair[0] - 3.0), "{lights:?}");
        for step in 0..=20 {
            let ink = order(f64::from(step) / 20.0);
            assert!((light(ink) - light(text_on(ink))).abs() > 90.0, "{step}");
        }
    }

    #[test]
    fn no_two_of_28_curves_or_classes_look_alike() {
        let curves: Vec<_> = (0..28).map(series).collect();
        let classes: Vec<_> = (0..28).map(points).collect();
        for position in 0..28 {
            assert!(!curves[..position].contains(&curves[position]), "{position}");
            assert!(!classes[..position].contains(&classes[position]), "{position}");
        }
        assert_eq!(series(28), series(0));
    }
}
