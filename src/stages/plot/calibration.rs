//! `calibration`: U, S and H over the calibration δ, mean over seeds, with the chosen δ marked.

use super::super::estimate::Estimate;
use super::super::rows::{Row, heading};
use super::axis::{Axis, Plane};
use super::curve::{at_delta, curves, delta_range, grid};
use super::frame::{Frame, TICK_SIZE, fit_height};
use super::legend::{Entry, Swatch};
use super::notes::{notes, row_label};
use super::palette::{AXIS, HARMONIC, SEEN, UNSEEN};
use super::{PlotParams, Sketch};
use crate::artifact::{Bounds, Dash, Drawing, Ink, Scale, Text, text_width};
use crate::stage::StageError;
use crate::zsl::CurvePoint;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
/// Less than this for axes and data shows nothing.
const LEAST_HEIGHT: f64 = 180.0;
/// The line above the data that holds the label of the chosen δ.
const CHOSEN_ROOM: f64 = 18.0;

/// One of the three lines.
struct Line {
    name: &'static str,
    heading: &'static str,
    ink: Ink,
    dash: Dash,
    value: fn(&CurvePoint) -> f64,
}

const LINES: [Line; 3] = [
    Line { name: "unseen", heading: "U", ink: UNSEEN, dash: Dash::Dashed, value: |p| p.unseen },
    Line { name: "seen", heading: "S", ink: SEEN, dash: Dash::DashDotted, value: |p| p.seen },
    Line {
        name: "harmonic",
        heading: "H",
        ink: HARMONIC,
        dash: Dash::Solid,
        value: |p| p.harmonic,
    },
];

pub(super) fn sketch(params: &PlotParams, row: &Row<'_>) -> Result<Sketch, StageError> {
    let curves = curves(row)?;
    let chosen = row.values(|evaluation| evaluation.delta);
    let (low, high) = delta_range(&curves, &chosen);
    let legend = LINES.iter().map(|line| Entry {
        label: heading(&params.headings, line.name, line.heading),
        ink: line.ink,
        swatch: Swatch::Line(line.dash),
    });
    let default = format!("Accuracy over calibration: {}", row_label(params, row));
    let title = params.title.as_deref().unwrap_or(&default);
    let mut small =
        vec!["Vertical line: the chosen δ; ticks at its foot: that of each seed".into()];
    if curves.len() > 1 {
        small.push("Lines: mean over seeds; bands: one standard deviation".into());
    }
    let width = params.width.map_or(WIDTH, f64::from);
    let frame = Frame::new(width, title, legend.collect(), &notes(&[row], small));
    let least = frame.height() + CHOSEN_ROOM + LEAST_HEIGHT;
    let height = match params.height {
        None => HEIGHT.max(least),
        Some(_) => fit_height(params.height, least, "axes and legend")?,
    };
    let (mut drawing, inside) = frame.page(height);
    let inside = Bounds { top: inside.top + CHOSEN_ROOM, ..inside };
    let across = Axis::new("calibration δ (units of the score)", low, high);
    let up = Axis::percent("accuracy (%)", most(&curves));
    let plane = Plane::draw(&mut drawing, inside, across, up);
    let places = grid(low, high);
    for line in &LINES {
        draw_line(&mut drawing, &plane, &curves, &places, line);
    }
    let mean = draw_chosen(&mut drawing, &plane, &chosen);
    let alt = alt(title, &curves, mean);
    Ok(Sketch { drawing, alt })
}

fn most(curves: &[&[CurvePoint]]) -> f64 {
    let points = curves.iter().flat_map(|curve| curve.iter());
    Scale::Percent.apply(points.map(|p| p.unseen.max(p.seen)).fold(0.0, f64::max))
}

fn draw_line(
    drawing: &mut Drawing,
    plane: &Plane,
    curves: &[&[CurvePoint]],
    places: &[f64],
    line: &Line,
) {
    let mut middle = Vec::new();
    let (mut upper, mut lower) = (Vec::new(), Vec::new());
    for &delta in places {
        let values: Vec<f64> =
            curves.iter().map(|curve| (line.value)(&at_delta(curve, delta)) * 100.0).collect();
        let Some(estimate) = Estimate::of(&values) else { return };
        middle.push(plane.at(delta, estimate.mean));
        upper.push(plane.at(delta, (estimate.mean + estimate.spread()).min(100.0)));
        lower.push(plane.at(delta, (estimate.mean - estimate.spread()).max(0.0)));
    }
    if curves.len() > 1 {
        lower.reverse();
        upper.append(&mut lower);
        drawing.area(upper, line.ink.with_opacity(0.18));
    }
    drawing.line(middle, line.ink, 2.0, line.dash);
}

/// Marks the chosen calibrations and gives their mean.
fn draw_chosen(drawing: &mut Drawing, plane: &Plane, chosen: &[f64]) -> f64 {
    let area = plane.area;
    for &delta in chosen {
        let (x, _) = plane.at(delta, 0.0);
        drawing.line(vec![(x, area.bottom - 9.0), (x, area.bottom)], Ink::BLACK, 1.5, Dash::Solid);
    }
    let mean = Estimate::of(chosen).map_or(0.0, |estimate| estimate.mean);
    let (x, _) = plane.at(mean, 0.0);
    drawing.line(vec![(x, area.top - 4.0), (x, area.bottom)], AXIS, 1.25, Dash::Dotted);
    let label = format!("chosen δ = {mean:.3}");
    let half = text_width(&label, TICK_SIZE) / 2.0;
    let middle = x.clamp(area.left + half, (area.right - half).max(area.left + half));
    let at = (middle, area.top - 4.0 - TICK_SIZE * 0.8);
    drawing.text(Text::new(at, TICK_SIZE, label).centred());
    mean
}

fn alt(title: &str, curves: &[&[CurvePoint]], delta: f64) -> String {
    let at = |line: &Line| {
        let values: Vec<f64> =
            curves.iter().map(|curve| (line.value)(&at_delta(curve, delta))).collect();
        let mean = Estimate::of(&values).map_or(0.0, |estimate| estimate.mean);
        format!("{} {:.1} %", line.heading, Scale::Percent.apply(mean))
    };
    let values: Vec<String> = LINES.iter().map(at).collect();
    format!("{title}. At the chosen δ = {delta:.3}: {}.", values.join(", "))
}
