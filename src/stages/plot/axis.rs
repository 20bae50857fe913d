//! Axes with round ticks, and the map from numbers to places.

use super::frame::{LABEL_SIZE, TICK_SIZE};
use super::palette::{AXIS, GRID};
use crate::artifact::{Bounds, Dash, Drawing, Point, Text, VerticalAnchor, text_width};

/// The space between ticks, numbers and titles.
const GAP: f64 = 5.0;

/// So few counts stand apart from each other.
const FEW: f64 = 20.0;

/// A range of numbers with a title that names the unit.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Axis {
    /// What is measured, and its unit.
    pub(super) title: String,
    /// The least number shown.
    pub(super) low: f64,
    /// The greatest number shown.
    pub(super) high: f64,
    /// Whether only whole numbers mean anything.
    pub(super) is_whole: bool,
}

impl Axis {
    /// Numbers from `low` to `high`.
    pub(super) fn new(title: impl Into<String>, low: f64, high: f64) -> Self {
        Self { title: title.into(), low, high, is_whole: false }
    }

    /// Percent from 0 to the next ten above `most`.
    pub(super) fn percent(title: impl Into<String>, most: f64) -> Self {
        let high = ((most / 10.0).ceil() * 10.0).clamp(10.0, 100.0);
        Self::new(title, 0.0, high)
    }

    /// Counts from 1 to `most`; of many, from 0, which is as good as 1 and rounder.
    pub(super) fn count(title: impl Into<String>, most: f64) -> Self {
        let low = if (1.5..FEW).contains(&most) { 1.0 } else { 0.0 };
        Self { is_whole: true, ..Self::new(title, low, most) }
    }

    /// Room for numbers from `least` to `most`, and for 0 where it is not far off.
    pub(super) fn around(title: impl Into<String>, least: f64, most: f64) -> Self {
        let pad = if most > least { (most - least) * 0.05 } else { most.abs().max(1.0) * 0.05 };
        let reaches_zero = least >= 0.0 && least < most / 2.0;
        Self::new(title, if reaches_zero { 0.0 } else { least - pad }, most + pad)
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Where a number is on the way from left to right.
    pub(super) fn across(&self, area: &Bounds, value: f64) -> f64 {
        area.left + self.share(value) * area.width()
    }

    /// Where a number is on the way from bottom to top.
    pub(super) fn up(&self, area: &Bounds, value: f64) -> f64 {
        area.bottom - self.share(value) * area.height()
    }

    /// Numbers at round distances, about `count` of them, with their texts.
    pub(super) fn ticks(&self, count: f64) -> Vec<(f64, String)> {
        let rough = (self.high - self.low) / count;
        let power = 10_f64.powi(exponent(rough));
        let factors = [1.0, 2.0, 5.0, 10.0];
        let factor = factors.into_iter().find(|factor| factor * power >= rough * 0.999);
        let step = factor.unwrap_or(10.0) * power;
        let step = if self.is_whole { step.max(1.0) } else { step };
        let digits = usize::try_from(-exponent(step * 1.000_001)).unwrap_or(0);
        let mut ticks = Vec::new();
        let mut index = (self.low / step - 1e-9).ceil();
        while index * step <= self.high + step * 1e-9 {
            // An index of zero must not give a minus zero.
            let value = index * step + 0.0;
            ticks.push((value, format!("{value:.digits$}")));
            index += 1.0;
        }
        ticks
    }
}

/// The power of ten at or below a positive number, without logarithms, whose bits may differ.
fn exponent(number: f64) -> i32 {
    let mut exponent = 0;
    while 10_f64.powi(exponent) > number && exponent > -300 {
        exponent -= 1;
    }
    while 10_f64.powi(exponent + 1) <= number && exponent < 300 {
        exponent += 1;
    }
    exponent
}

/// The height that ticks, numbers and title take below the data.
pub(super) fn height_below() -> f64 {
    GAP + TICK_SIZE + GAP + LABEL_SIZE + GAP
}

/// Draws the horizontal axis below `area`, with grid lines in it, but none on the other axis.
pub(super) fn draw_below(drawing: &mut Drawing, area: &Bounds, axis: &Axis) {
    let count = (area.width() / 90.0).clamp(2.0, 10.0);
    for (value, label) in axis.ticks(count) {
        let x = axis.across(area, value);
        if x > area.left + 0.5 {
            drawing.line(vec![(x, area.top), (x, area.bottom)], GRID, 1.0, Dash::Solid);
        }
        drawing.line(vec![(x, area.bottom), (x, area.bottom + 4.0)], AXIS, 1.0, Dash::Solid);
        let at = (x, area.bottom + GAP + 1.0);
        let text = Text { vertical: VerticalAnchor::Top, ..Text::new(at, TICK_SIZE, label) };
        drawing.text(text.centred());
    }
    let ends = vec![(area.left, area.bottom), (area.right, area.bottom)];
    drawing.line(ends, AXIS, 1.0, Dash::Solid);
    if axis.title.is_empty() {
        return;
    }
    let at = (f64::midpoint(area.left, area.right), area.bottom + GAP + TICK_SIZE + GAP + 1.0);
    let title = Text::new(at, LABEL_SIZE, axis.title.clone());
    drawing.text(Text { vertical: VerticalAnchor::Top, ..title }.centred());
}

/// Draws the vertical axis to the left of `area`, with grid lines in it.
fn draw_left(drawing: &mut Drawing, area: &Bounds, axis: &Axis, title_x: f64) {
    for (value, label) in left_ticks(area.height(), axis) {
        let y = axis.up(area, value);
        if y < area.bottom - 0.5 {
            drawing.line(vec![(area.left, y), (area.right, y)], GRID, 1.0, Dash::Solid);
        }
        drawing.line(vec![(area.left - 4.0, y), (area.left, y)], AXIS, 1.0, Dash::Solid);
        drawing.text(Text::new((area.left - GAP - 2.0, y), TICK_SIZE, label).ending());
    }
    let ends = vec![(area.left, area.top), (area.left, area.bottom)];
    drawing.line(ends, AXIS, 1.0, Dash::Solid);
    let at = (title_x, f64::midpoint(area.top, area.bottom));
    drawing.text(Text::new(at, LABEL_SIZE, axis.title.clone()).centred().upwards());
}

fn left_ticks(height: f64, axis: &Axis) -> Vec<(f64, String)> {
    axis.ticks((height / 45.0).clamp(2.0, 10.0))
}

/// Two axes and the area between them.
pub(super) struct Plane {
    /// Where the data is.
    pub(super) area: Bounds,
    across: Axis,
    up: Axis,
}

impl Plane {
    /// Draws both axes inside `inside`.
    pub(super) fn draw(drawing: &mut Drawing, inside: Bounds, across: Axis, up: Axis) -> Self {
        Self::draw_below(drawing, inside, across, up, inside.left)
    }

    /// The same below another plane, whose left side is at `left`, so that both are aligned.
    pub(super) fn draw_below(
        drawing: &mut Drawing,
        inside: Bounds,
        across: Axis,
        up: Axis,
        left: f64,
    ) -> Self {
        let bottom = inside.bottom - height_below();
        let labels = left_ticks(bottom - inside.top, &up);
        let widths = labels.iter().map(|(_, label)| text_width(label, TICK_SIZE));
        let widest = widths.fold(0.0, f64::max);
        let area = Bounds {
            left: left.max(inside.left + LABEL_SIZE + GAP + widest + GAP + 2.0),
            // Half a number stands above the area, and to the right of it.
            top: inside.top + TICK_SIZE / 2.0,
            right: inside.right - 14.0,
            bottom,
        };
        draw_below(drawing, &area, &across);
        draw_left(drawing, &area, &up, inside.left + LABEL_SIZE / 2.0);
        Self { area, across, up }
    }

    /// Where a pair of numbers is.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (self.across.across(&self.area, x), self.up.up(&self.area, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, count: f64) -> Vec<String> {
        let axis = Axis::new("", low, high);
        axis.ticks(count).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        assert_eq!(labels(0.0, 100.0, 5.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(-0.13, 0.31, 5.0), ["-0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(0.001, 0.0042, 4.0), ["0.001", "0.002", "0.003", "0.004"]);
        assert_eq!(labels(0.0, 2500.0, 5.0), ["0", "500", "1000", "1500", "2000", "2500"]);
    }

    #[test]
    fn counts_have_no_ticks_between_them() {
        let labels = |most: f64| -> Vec<String> {
            Axis::count("", most).ticks(8.0).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(1.0), ["0", "1"]);
        assert_eq!(labels(3.0), ["1", "2", "3"]);
        assert_eq!(labels(50.0), ["0", "10", "20", "30", "40", "50"]);
    }

    #[test]
    fn an_axis_begins_at_zero_where_it_is_not_far_off() {
        let ends = |least: f64, most: f64| {
            let axis = Axis::around("", least, most);
            (axis.low, axis.high)
        };
        assert_eq!(ends(0.25, 1.25), (0.0, 1.3));
        assert_eq!(ends(1.0, 1.5), (0.975, 1.525));
        assert_eq!(ends(-1.0, 1.0), (-1.1, 1.1));
        assert_eq!(ends(2.0, 2.0), (1.9, 2.1));
    }

    #[test]
    fn a_percent_axis_ends_at_a_ten() {
        assert_eq!(Axis::percent("", 41.2).high, 50.0);
        assert_eq!(Axis::percent("", 0.0).high, 10.0);
        assert_eq!(Axis::percent("", 130.0).high, 100.0);
    }
}
