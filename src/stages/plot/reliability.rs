//! `reliability`: how often predictions are right over how sure the model is, and how many images
//! are that sure. All seeds are pooled; whiskers are their spread.

use super::super::estimate::Estimate;
use super::super::rows::Row;
use super::axis::{Axis, Plane};
use super::frame::{Frame, TICK_SIZE, fit_height};
use super::legend::{Entry, Swatch};
use super::notes::{notes, row_label};
use super::palette::{AXIS, Marker, SEEN, UNSEEN};
use super::{PlotParams, Sketch};
use crate::artifact::{Bounds, Dash, Drawing, Scale, text_width};
use crate::stage::StageError;
use crate::zsl::calibration_error::ReliabilityBin;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 600.0;
/// Less than this for axes and data shows nothing.
const LEAST_HEIGHT: f64 = 260.0;
/// The share of the height that the histogram takes.
const HISTOGRAM_SHARE: f64 = 0.27;
const GAP: f64 = 10.0;

/// One range of confidences over all seeds.
struct Bin {
    low: f64,
    high: f64,
    images: f64,
    confidence: f64,
    accuracy: f64,
    /// Over the seeds that have images here.
    spread: Option<f64>,
}

pub(super) fn sketch(params: &PlotParams, row: &Row<'_>) -> Result<Sketch, StageError> {
    let bins = bins(row)?;
    let error = row.values(|evaluation| evaluation.calibration_error.equal_widths);
    let Some(error) = Estimate::of(&error).filter(|error| error.mean.is_finite()) else {
        return Err(StageError::data("the calibration error of the evaluation is not finite"));
    };
    let default = format!("Reliability: {}", row_label(params, row));
    let title = params.title.as_deref().unwrap_or(&default);
    let small = "Confidence: softmax over calibrated scores, candidates: all classes".into();
    let width = params.width.map_or(WIDTH, f64::from);
    let frame = Frame::new(width, title, legend(&error), &notes(&[row], vec![small]));
    let least = frame.height() + LEAST_HEIGHT;
    let height = match params.height {
        None => HEIGHT.max(least),
        Some(_) => fit_height(params.height, least, "axes and legend")?,
    };
    let (mut drawing, inside) = frame.page(height);
    let split = inside.bottom - inside.height() * HISTOGRAM_SHARE;
    draw_accuracies(&mut drawing, Bounds { bottom: split - GAP, ..inside }, &bins);
    draw_histogram(&mut drawing, Bounds { top: split, ..inside }, &bins);
    let alt = alt(title, &error, &bins);
    Ok(Sketch { drawing, alt })
}

/// Adds up the bins of all seeds.
fn bins(row: &Row<'_>) -> Result<Vec<Bin>, StageError> {
    let of = |position: usize| &row.members[position].value.reliability;
    let first = of(0);
    let is_same = |(one, other): (&ReliabilityBin, &ReliabilityBin)| {
        (one.low, one.high) == (other.low, other.high)
    };
    let all_same = (0..row.members.len())
        .all(|member| of(member).len() == first.len() && of(member).iter().zip(first).all(is_same));
    if first.is_empty() || !all_same {
        return Err(StageError::data_with_help(
            "the evaluations have different bins of confidence; expected the same ones",
            "give all stages `evaluate` the same number of `bins`, and not 0",
        ));
    }
    let pooled = |(at, bin): (usize, &ReliabilityBin)| {
        let members: Vec<ReliabilityBin> = (0..row.members.len()).map(|m| of(m)[at]).collect();
        let sum = |value: fn(&ReliabilityBin) -> f64| members.iter().map(value).sum::<f64>();
        let images = sum(|bin| f64::from(bin.images));
        let filled: Vec<f64> = members
            .iter()
            .filter(|bin| bin.images > 0)
            .map(|bin| f64::from(bin.hits) / f64::from(bin.images))
            .collect();
        Bin {
            low: bin.low,
            high: bin.high,
            images,
            confidence: sum(|bin| bin.confidence) / images.max(1.0),
            accuracy: sum(|bin| f64::from(bin.hits)) / images.max(1.0),
            spread: Estimate::of(&filled).and_then(|estimate| estimate.sd),
        }
    };
    Ok(first.iter().enumerate().map(pooled).collect())
}

fn legend(error: &Estimate) -> Vec<Entry> {
    let spread = error.sd.map(|sd| format!(" ± {:.1}", percent(sd))).unwrap_or_default();
    let label = format!("accuracy (ECE {:.1}{spread} %)", percent(error.mean));
    vec![
        Entry { label, ink: SEEN, swatch: Swatch::Marker(Marker::Circle) },
        Entry { label: "gap".into(), ink: UNSEEN.tint(0.35), swatch: Swatch::Box },
        Entry { label: "perfect".into(), ink: AXIS, swatch: Swatch::Line(Dash::Dashed) },
    ]
}

fn percent(share: f64) -> f64 {
    Scale::Percent.apply(share)
}

fn draw_accuracies(drawing: &mut Drawing, inside: Bounds, bins: &[Bin]) {
    let across = Axis::new("", 0.0, 100.0);
    let plane = Plane::draw(drawing, inside, across, Axis::percent("accuracy (%)", 100.0));
    let filled = || bins.iter().filter(|bin| bin.images > 0.0);
    for bin in filled() {
        let (left, top) = plane.at(percent(bin.low), percent(bin.accuracy));
        let (right, bottom) = plane.at(percent(bin.high), 0.0);
        drawing.rectangle(Bounds { left, top, right, bottom }, SEEN.with_opacity(0.18));
        let (_, ideal) = plane.at(0.0, percent(bin.confidence));
        let gap = Bounds { left, top: top.min(ideal), right, bottom: top.max(ideal) };
        drawing.rectangle(gap, UNSEEN.with_opacity(0.28));
    }
    let diagonal = vec![plane.at(0.0, 0.0), plane.at(100.0, 100.0)];
    drawing.line(diagonal, AXIS, 1.25, Dash::Dashed);
    for bin in filled() {
        let (x, accuracy) = (percent(bin.confidence), percent(bin.accuracy));
        if let Some(spread) = bin.spread.map(percent) {
            let ends = [(accuracy - spread).max(0.0), (accuracy + spread).min(100.0)];
            let ends = ends.map(|end| plane.at(x, end));
            drawing.line(ends.to_vec(), SEEN, 1.25, Dash::Solid);
        }
        Marker::Circle.draw(drawing, plane.at(x, accuracy), 3.5, SEEN);
    }
}

fn draw_histogram(drawing: &mut Drawing, inside: Bounds, bins: &[Bin]) {
    let whole = bins.iter().map(|bin| bin.images).sum::<f64>().max(1.0);
    let share = |bin: &Bin| percent(bin.images / whole);
    let most = bins.iter().map(share).fold(0.0, f64::max);
    let across = Axis::new("confidence (%)", 0.0, 100.0);
    let up = Axis::percent("images (%)", most);
    // Its numbers may be a digit shorter than those of the accuracies, whose area it continues.
    let shorter = if up.high < 100.0 { text_width("0", TICK_SIZE) } else { 0.0 };
    let plane = Plane::draw(drawing, Bounds { left: inside.left + shorter, ..inside }, across, up);
    for bin in bins.iter().filter(|bin| bin.images > 0.0) {
        let (left, top) = plane.at(percent(bin.low), share(bin));
        let (right, bottom) = plane.at(percent(bin.high), 0.0);
        // A thin white gap keeps neighbours apart.
        let bounds = Bounds { left: left + 0.5, top, right: right - 0.5, bottom };
        drawing.rectangle(bounds, AXIS.tint(0.6));
    }
}

fn alt(title: &str, error: &Estimate, bins: &[Bin]) -> String {
    let filled: Vec<String> = bins
        .iter()
        .filter(|bin| bin.images > 0.0)
        .map(|bin| {
            format!("{:.0} % sure, {:.0} % right", percent(bin.confidence), percent(bin.accuracy))
        })
        .collect();
    let error = percent(error.mean);
    format!("{title}. Expected calibration error {error:.1} %. {}.", filled.join("; "))
}
