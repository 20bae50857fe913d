//! The figure.

use super::super::super::estimate::Estimate;
use super::super::Sketch;
use super::super::axis::{Axis, Plane};
use super::super::frame::{Frame, fit_height};
use super::super::legend::{Entry, Swatch};
use super::super::notes::runs;
use super::super::palette::{Marker, series};
use super::PlotCurvesParams;
use super::mean::MeanCurve;
use crate::artifact::{Dash, Drawing, Ink};
use crate::stage::StageError;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
/// Less than this for axes and data shows nothing.
const LEAST_HEIGHT: f64 = 180.0;
/// How much of what is below a band covers, with few lines and with many, whose bands overlap.
const BAND_OPACITY: [f64; 2] = [0.15, 0.08];
/// More lines than this are many.
const FEW_LINES: usize = 3;

pub(super) fn sketch(
    params: &PlotCurvesParams,
    means: &[MeanCurve<'_, '_>],
) -> Result<Sketch, StageError> {
    let legend = means.iter().enumerate().map(|(position, mean)| {
        let (ink, dash) = series(position);
        Entry { label: mean.row.label(&params.headings), ink, swatch: Swatch::Line(dash) }
    });
    let title = params.title();
    let frame =
        Frame::new(params.width.map_or(WIDTH, f64::from), &title, legend.collect(), &notes(means));
    let least = frame.height() + LEAST_HEIGHT;
    let height = match params.height {
        None => HEIGHT.max(least),
        Some(_) => fit_height(params.height, least, "axes and legend")?,
    };
    let (mut drawing, inside) = frame.page(height);
    let (low, high) = range(means);
    let longest = means.iter().map(|mean| mean.epochs.len()).max().unwrap_or(0);
    let across = Axis::count(params.x_label.clone(), place(longest));
    let up = Axis::around(params.y_label(), low, high);
    let floor = up.low;
    let plane = Plane::draw(&mut drawing, inside, across, up);
    let opacity = BAND_OPACITY[usize::from(means.len() > FEW_LINES)];
    for (position, mean) in means.iter().enumerate() {
        let ink = series(position).0.with_opacity(opacity);
        draw_band(&mut drawing, &plane, mean, (ink, floor));
    }
    for (position, mean) in means.iter().enumerate() {
        draw_line(&mut drawing, &plane, mean, series(position));
    }
    Ok(Sketch { drawing, alt: alt(params, means) })
}

#[expect(clippy::cast_precision_loss, reason = "epochs are far fewer than 2^53")]
fn place(epoch: usize) -> f64 {
    epoch as f64
}

fn notes(means: &[MeanCurve<'_, '_>]) -> Vec<String> {
    let mut notes = Vec::new();
    if means.iter().any(|mean| mean.row.members.len() > 1) {
        notes.push("Lines: mean over seeds; bands: one standard deviation".to_owned());
    }
    if means.iter().any(|mean| mean.is_cut) {
        notes.push("A line ends where the shortest of its trainings ends".to_owned());
    }
    let rows: Vec<_> = means.iter().map(|mean| mean.row).collect();
    notes.push(format!("{} a line", runs(&rows)));
    notes
}

/// The least and the greatest number in lines and bands; bands end at 0 if no number is negative.
fn range(means: &[MeanCurve<'_, '_>]) -> (f64, f64) {
    let estimates = || means.iter().flat_map(|mean| mean.epochs.iter().flatten());
    let least = estimates().map(|one| one.min).fold(f64::INFINITY, f64::min);
    let low = estimates().map(|one| one.mean - one.spread()).fold(f64::INFINITY, f64::min);
    let high = estimates().map(|one| one.mean + one.spread()).fold(f64::NEG_INFINITY, f64::max);
    (if least >= 0.0 { low.max(0.0) } else { low }, high)
}

fn draw_band(
    drawing: &mut Drawing,
    plane: &Plane,
    mean: &MeanCurve<'_, '_>,
    (ink, floor): (Ink, f64),
) {
    if mean.row.members.len() < 2 {
        return;
    }
    for piece in mean.pieces().iter().filter(|piece| piece.len() > 1) {
        let edge = |sign: f64| {
            move |&(epoch, estimate): &(usize, Estimate)| {
                let value = estimate.mean + sign * estimate.spread();
                plane.at(place(epoch), value.max(floor))
            }
        };
        let upper = piece.iter().map(edge(1.0));
        let lower = piece.iter().rev().map(edge(-1.0));
        drawing.area(upper.chain(lower).collect(), ink);
    }
}

fn draw_line(
    drawing: &mut Drawing,
    plane: &Plane,
    mean: &MeanCurve<'_, '_>,
    (ink, dash): (Ink, Dash),
) {
    for piece in mean.pieces() {
        let points: Vec<_> =
            piece.iter().map(|(epoch, one)| plane.at(place(*epoch), one.mean)).collect();
        match points[..] {
            // A line of one point is none.
            [point] => Marker::Circle.draw(drawing, point, 2.5, ink),
            _ => drawing.line(points, ink, 2.0, dash),
        }
    }
}

fn alt(params: &PlotCurvesParams, means: &[MeanCurve<'_, '_>]) -> String {
    let ends = means.iter().map(|mean| {
        let label = mean.row.label(&params.headings);
        let numbers: Vec<_> = mean.pieces().into_iter().flatten().collect();
        match (numbers.first(), numbers.last()) {
            (Some((first, one)), Some((last, other))) => format!(
                "{label}: {:.3} in epoch {first}, {:.3} in epoch {last}",
                one.mean, other.mean
            ),
            _ => format!("{label}: no number"),
        }
    });
    let ends: Vec<String> = ends.collect();
    format!("{}. Mean {} over epochs. {}.", params.title(), params.y_label(), ends.join("; "))
}
