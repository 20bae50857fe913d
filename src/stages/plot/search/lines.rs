//! `sigma` and `steps`: means over seeds as lines, their deviation as bands or whiskers.

use super::super::axis::{Axis, Plane};
use super::super::frame::{Frame, fit_height};
use super::super::legend::{Entry, Swatch};
use super::super::palette::Marker;
use super::PlotSearchParams;
use super::series::{Place, Series};
use crate::artifact::{Bounds, Dash, Drawing, Point, Scale};
use crate::stage::StageError;
use crate::stages::plot::Sketch;
use crate::stages::rows::heading;

pub(super) const WIDTH: f64 = 640.0;
/// Less than this for axes and data shows nothing.
pub(super) const LEAST_HEIGHT: f64 = 180.0;
/// The share of the height that the lower plane takes.
const LOWER_SHARE: f64 = 0.36;
const GAP: f64 = 10.0;
/// More bands than this hide each other, so that there are whiskers instead.
const MOST_BANDS: usize = 4;

pub(super) fn sigma(
    params: &PlotSearchParams,
    upper: &[Series],
    lower: &[Series],
) -> Result<Sketch, StageError> {
    let title = params.title.as_deref().unwrap_or("Accuracy and looks by threshold");
    let page = Page::new(params, title, upper, 560.0, "σ: the reward that ends a search")?;
    let (mut drawing, inside) = page.frame.page(page.height);
    let split = inside.bottom - inside.height() * LOWER_SHARE;
    let across = |title: &str| {
        let (low, high) = range(upper.iter().chain(lower), |place| (place.at, place.at));
        Axis { title: title.into(), low, high, is_whole: false }
    };
    let top = Bounds { bottom: split - GAP, ..inside };
    let plane = Plane::draw(&mut drawing, top, across(""), percent_axis(params, upper));
    draw(&mut drawing, &plane, upper, Scale::Percent);
    let left = plane.area.left;
    // The lines below are those above, in the same order, once for each metric above.
    let each = upper.len() / lower.len().max(1);
    let lower: Vec<Series> = lower
        .iter()
        .enumerate()
        .map(|(at, series)| Series {
            ink: upper[at * each].ink,
            dash: upper[at * each].dash,
            ..series.clone()
        })
        .collect();
    let (_, most) = range(lower.iter(), ends);
    let up = Axis { title: "looks".into(), low: 0.0, high: most.ceil().max(1.0), is_whole: true };
    let below = Bounds { top: split, ..inside };
    let plane = Plane::draw_below(&mut drawing, below, across("threshold σ"), up, left);
    draw(&mut drawing, &plane, &lower, Scale::Plain);
    Ok(Sketch { drawing, alt: alt(title, upper) })
}

pub(super) fn steps(params: &PlotSearchParams, lines: &[Series]) -> Result<Sketch, StageError> {
    let title = params.title.as_deref().unwrap_or("Accuracy by the number of looks");
    let page = Page::new(params, title, lines, 440.0, "0 looks: the whole image alone")?;
    let (mut drawing, inside) = page.frame.page(page.height);
    let (low, high) = range(lines.iter(), |place| (place.at, place.at));
    let across = Axis { title: "looks at each image".into(), low, high, is_whole: true };
    let plane = Plane::draw(&mut drawing, inside, across, percent_axis(params, lines));
    draw(&mut drawing, &plane, lines, Scale::Percent);
    Ok(Sketch { drawing, alt: alt(title, lines) })
}

/// Frame and height of a page.
pub(super) struct Page {
    pub(super) frame: Frame,
    pub(super) height: f64,
}

impl Page {
    pub(super) fn new(
        params: &PlotSearchParams,
        title: &str,
        lines: &[Series],
        height: f64,
        note: &str,
    ) -> Result<Self, StageError> {
        let bars = height <= 400.0;
        let legend = lines.iter().map(|line| Entry {
            label: line.label.clone(),
            ink: line.ink,
            swatch: if bars { Swatch::Box } else { Swatch::Line(line.dash) },
        });
        let width = params.width.map_or(WIDTH, f64::from);
        let spread = match lines.len() <= MOST_BANDS && !bars {
            true => "bands",
            false => "whiskers",
        };
        let (least, most) = lines.iter().fold((usize::MAX, 0), |(least, most), line| {
            (least.min(line.seeds), most.max(line.seeds))
        });
        let seeds = if least == most { most.to_string() } else { format!("{least}–{most}") };
        let runs = match most {
            0 | 1 => "1 run".to_owned(),
            _ => format!("mean over {seeds} runs (seeds), {spread}: standard deviation"),
        };
        let frame = Frame::new(width, title, legend.collect(), &[format!("{note}; {runs}")]);
        let needed = frame.height() + LEAST_HEIGHT;
        let height = match params.height {
            None => height.max(needed),
            Some(_) => fit_height(params.height, needed, "axes and legend")?,
        };
        Ok(Self { frame, height })
    }
}

/// The least and the greatest number of a place with its spread.
fn ends(place: &Place) -> (f64, f64) {
    let spread = place.sd.unwrap_or(0.0);
    (place.mean - spread, place.mean + spread)
}

fn range<'a>(
    lines: impl Iterator<Item = &'a Series>,
    of: impl Fn(&Place) -> (f64, f64),
) -> (f64, f64) {
    let places = lines.flat_map(|line| &line.places).map(of);
    let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (from, to)| {
        (low.min(from), high.max(to))
    });
    if low < high { (low, high) } else { (low - 0.5, high + 0.5) }
}

/// From the ten below all accuracies to the ten above.
fn percent_axis(params: &PlotSearchParams, lines: &[Series]) -> Axis {
    let title = match params.metrics.as_slice() {
        [only] => format!("{} (%)", heading(&params.headings, only.name(), only.heading())),
        _ => "accuracy (%)".to_owned(),
    };
    let (low, high) = range(lines.iter(), ends);
    let low = (Scale::Percent.apply(low) / 10.0).floor().clamp(0.0, 9.0) * 10.0;
    let high = (Scale::Percent.apply(high) / 10.0).ceil().clamp(1.0, 10.0) * 10.0;
    Axis { title, low, high: high.max(low + 10.0), is_whole: false }
}

/// Draws spreads first, so that no mean is hidden.
fn draw(drawing: &mut Drawing, plane: &Plane, lines: &[Series], scale: Scale) {
    let at = |place: &Place, value: f64| -> Point {
        let top = if scale == Scale::Percent { 1.0 } else { f64::INFINITY };
        plane.at(place.at, scale.apply(value.clamp(0.0, top)))
    };
    for line in lines {
        let low = line.places.iter().map(|place| at(place, ends(place).0));
        let high = line.places.iter().map(|place| at(place, ends(place).1));
        let is_spread = line.places.iter().any(|place| place.sd.is_some_and(|sd| sd > 0.0));
        if is_spread && lines.len() <= MOST_BANDS {
            let corners = low.chain(high.rev()).collect();
            drawing.area(corners, line.ink.with_opacity(0.15));
        } else if is_spread {
            for (low, high) in low.zip(high) {
                drawing.line(vec![low, high], line.ink.tint(0.6), 1.25, Dash::Solid);
            }
        }
    }
    for line in lines {
        let points: Vec<Point> = line.places.iter().map(|place| at(place, place.mean)).collect();
        drawing.line(points.clone(), line.ink, 2.0, line.dash);
        for point in points {
            Marker::Circle.draw(drawing, point, 2.5, line.ink);
        }
    }
}

pub(super) fn alt(title: &str, lines: &[Series]) -> String {
    let labels: Vec<&str> = lines.iter().map(|line| line.label.as_str()).collect();
    format!("{title}. {}.", labels.join("; "))
}
