//! `seen-unseen`: seen over unseen accuracy for every calibration, and the area under it (AUSUC).

use super::super::estimate::Estimate;
use super::super::rows::Row;
use super::axis::{Axis, Plane};
use super::curve::{curves, grid, seen_at};
use super::frame::{Frame, fit_height};
use super::legend::{Entry, Swatch};
use super::notes::{notes, row_label};
use super::palette::{Marker, series};
use super::{PlotParams, Sketch};
use crate::artifact::{Dash, Drawing, Ink, Scale};
use crate::stage::StageError;
use crate::zsl::CurvePoint;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 500.0;
/// Less than this for axes and data shows nothing.
const LEAST_HEIGHT: f64 = 180.0;
/// More shaded areas than this hide each other.
const MOST_SHADED: usize = 2;
/// With more rows than this, a curve a seed would hide the means.
const MOST_WITH_SEEDS: usize = 4;

/// The curves of one row.
struct Family<'a> {
    label: String,
    ink: Ink,
    dash: Dash,
    curves: Vec<&'a [CurvePoint]>,
    chosen: (f64, f64),
}

pub(super) fn sketch(params: &PlotParams, rows: &[Row<'_>]) -> Result<Sketch, StageError> {
    let families = families(params, rows)?;
    let legend = families.iter().map(|family| Entry {
        label: family.label.clone(),
        ink: family.ink,
        swatch: Swatch::Line(family.dash),
    });
    let title = params.title.as_deref().unwrap_or("Seen over unseen accuracy");
    let seeds = if rows.len() <= MOST_WITH_SEEDS { ", pale: each seed" } else { "" };
    let small = vec![format!("Curves: mean over seeds{seeds}; points: the chosen δ")];
    let of_rows: Vec<&Row<'_>> = rows.iter().collect();
    let width = params.width.map_or(WIDTH, f64::from);
    let frame = Frame::new(width, title, legend.collect(), &notes(&of_rows, small));
    let least = frame.height() + LEAST_HEIGHT;
    let height = match params.height {
        None => HEIGHT.max(least),
        Some(_) => fit_height(params.height, least, "axes and legend")?,
    };
    let (mut drawing, inside) = frame.page(height);
    let most = |value: fn(&CurvePoint) -> f64| {
        let points = families.iter().flat_map(|f| &f.curves).flat_map(|curve| curve.iter());
        Scale::Percent.apply(points.map(value).fold(0.0, f64::max))
    };
    let across = Axis::percent("accuracy on unseen classes, U (%)", most(|point| point.unseen));
    let up = Axis::percent("accuracy on seen classes, S (%)", most(|point| point.seen));
    let plane = Plane::draw(&mut drawing, inside, across, up);
    draw(&mut drawing, &plane, &families);
    let labels: Vec<&str> = families.iter().map(|family| family.label.as_str()).collect();
    let alt = format!("{title}. Curves of {}.", labels.join("; "));
    Ok(Sketch { drawing, alt })
}

fn families<'a>(params: &PlotParams, rows: &[Row<'a>]) -> Result<Vec<Family<'a>>, StageError> {
    let mut families = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let mean = |values: Vec<f64>| Estimate::of(&values).map_or(0.0, |estimate| estimate.mean);
        let ausuc = Estimate::of(&row.values(|evaluation| evaluation.ausuc));
        let ausuc = ausuc.map_or_else(String::new, |estimate| {
            let sd = estimate.sd.map(|sd| format!(" ± {:.1}", sd * 100.0)).unwrap_or_default();
            format!(" (AUSUC {:.1}{sd} %)", estimate.mean * 100.0)
        });
        let (ink, dash) = series(position);
        families.push(Family {
            label: format!("{}{ausuc}", row_label(params, row)),
            ink,
            dash,
            curves: curves(row)?,
            chosen: (mean(row.values(|e| e.unseen)), mean(row.values(|e| e.seen))),
        });
    }
    Ok(families)
}

/// Draws areas first, then the seeds, then the means, so that no mean is hidden.
fn draw(drawing: &mut Drawing, plane: &Plane, families: &[Family<'_>]) {
    let means: Vec<Vec<(f64, f64)>> = families.iter().map(mean_curve).collect();
    if families.len() <= MOST_SHADED {
        for (family, mean) in families.iter().zip(&means) {
            let mut corners: Vec<_> = mean.iter().map(|&(u, s)| plane.at(u, s)).collect();
            corners.extend(mean.last().map(|&(u, _)| plane.at(u, 0.0)));
            corners.push(plane.at(0.0, 0.0));
            drawing.area(corners, family.ink.with_opacity(0.12));
        }
    }
    let with_seeds = if families.len() <= MOST_WITH_SEEDS { families } else { &[] };
    for family in with_seeds.iter().filter(|family| family.curves.len() > 1) {
        for curve in &family.curves {
            let points = thin(curve).into_iter().map(|(u, s)| plane.at(u, s)).collect();
            drawing.line(points, family.ink.tint(0.4), 0.75, Dash::Solid);
        }
    }
    for (family, mean) in families.iter().zip(&means) {
        let points = mean.iter().map(|&(u, s)| plane.at(u, s)).collect();
        drawing.line(points, family.ink, 2.0, family.dash);
    }
    for family in families {
        let (unseen, seen) = family.chosen;
        let at = plane.at(unseen * 100.0, seen * 100.0);
        Marker::Circle.draw(drawing, at, 4.5, family.ink);
    }
}

/// S averaged over the seeds at each U, in percent. The area below is the mean AUSUC.
fn mean_curve(family: &Family<'_>) -> Vec<(f64, f64)> {
    let ends = family.curves.iter().filter_map(|curve| curve.last()).map(|point| point.unseen);
    let places = grid(0.0, ends.fold(0.0, f64::max));
    let mean = |unseen: f64| {
        let values: Vec<f64> = family.curves.iter().map(|curve| seen_at(curve, unseen)).collect();
        Estimate::of(&values).map_or(0.0, |estimate| estimate.mean)
    };
    places.into_iter().map(|unseen| (unseen * 100.0, mean(unseen) * 100.0)).collect()
}

/// A curve at the places of the grid: one of ten thousand points needs no more to be seen.
fn thin(curve: &[CurvePoint]) -> Vec<(f64, f64)> {
    let end = curve.last().map_or(0.0, |point| point.unseen);
    let places = grid(0.0, end).into_iter();
    places.map(|unseen| (unseen * 100.0, seen_at(curve, unseen) * 100.0)).collect()
}
