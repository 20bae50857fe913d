//! `stops`: how many searches end at each step, side by side for all rows.

use super::super::axis::{Axis, Plane};
use super::PlotSearchParams;
use super::lines::{Page, alt};
use super::series::Series;
use crate::artifact::{Bounds, Dash, Ink, Scale};
use crate::stage::StageError;
use crate::stages::plot::Sketch;

const HEIGHT: f64 = 400.0;
/// The share of a step that bars take.
const FILLED: f64 = 0.8;

pub(super) fn sketch(params: &PlotSearchParams, rows: &[Series]) -> Result<Sketch, StageError> {
    let title = params.title.as_deref().unwrap_or("Where searches end");
    let page = Page::new(params, title, rows, HEIGHT, "Bars: the share of searches")?;
    let (mut drawing, inside) = page.frame.page(page.height);
    let places = || rows.iter().flat_map(|row| &row.places);
    let high = places().map(|place| place.at).fold(0.0, f64::max) + 0.5;
    // A search that looks at all ends after a look.
    let no_looks = places().any(|place| place.at < 0.5 && place.mean > 0.0);
    let low = if no_looks { -0.5 } else { 0.5 };
    let across = Axis { title: "last step".into(), low, high, is_whole: true };
    let most = places().map(|place| Scale::Percent.apply(place.mean + place.sd.unwrap_or(0.0)));
    let up = Axis::percent("searches (%)", most.fold(0.0, f64::max));
    let top = up.high;
    let plane = Plane::draw(&mut drawing, inside, across, up);
    #[expect(clippy::cast_precision_loss, reason = "there are few rows")]
    let wide = FILLED / rows.len() as f64;
    let percent = |share: f64| Scale::Percent.apply(share).clamp(0.0, top);
    for (position, row) in (0_u32..).zip(rows) {
        for place in row.places.iter().filter(|place| place.at > low) {
            let from = place.at - FILLED / 2.0 + f64::from(position) * wide;
            let (left, upper) = plane.at(from, percent(place.mean));
            let (right, bottom) = plane.at(from + wide, 0.0);
            let bounds = Bounds { left: left + 0.5, top: upper, right: right - 0.5, bottom };
            drawing.rectangle(bounds, row.ink);
            if let Some(sd) = place.sd.filter(|sd| *sd > 0.0) {
                let ends = [place.mean - sd, place.mean + sd]
                    .map(|share| plane.at(from + wide / 2.0, percent(share)));
                drawing.line(ends.to_vec(), Ink::BLACK, 1.25, Dash::Solid);
            }
        }
    }
    Ok(Sketch { drawing, alt: alt(title, rows) })
}
