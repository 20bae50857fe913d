//! `bars`: accuracies of each row as horizontal bars, so that long labels stay readable.

use super::super::estimate::Estimate;
use super::super::metric::Metric;
use super::super::rows::{Row, heading};
use super::axis::{self, Axis};
use super::frame::{Frame, LABEL_SIZE, LEADING, TICK_SIZE, fit_height, wrap};
use super::legend::{Entry, Swatch};
use super::notes::{notes, row_label};
use super::{PlotParams, Sketch, palette};
use crate::artifact::{Bounds, Dash, Drawing, Ink, Scale, Text, text_width};
use crate::stage::StageError;

const WIDTH: f64 = 720.0;
/// The thickness of a bar with the space to the next one.
const BAR_PITCH: f64 = 16.0;
/// The space between rows.
const ROW_GAP: f64 = 14.0;
/// The largest share of the page that labels may take.
const LABEL_SHARE: f64 = 0.35;
/// Room for a number behind a full bar.
const NUMBER_ROOM: f64 = 40.0;

/// One group of bars.
struct Group {
    label: Vec<String>,
    bars: Vec<(Metric, Estimate)>,
}

pub(super) fn sketch(params: &PlotParams, rows: &[Row<'_>]) -> Result<Sketch, StageError> {
    let width = params.width.map_or(WIDTH, f64::from);
    let groups = groups(params, rows, width * LABEL_SHARE)?;
    let legend = params.metrics.iter().map(|metric| Entry {
        label: heading(&params.headings, metric.name(), metric.heading()),
        ink: palette::metric(*metric),
        swatch: Swatch::Box,
    });
    let title = params.title.as_deref().unwrap_or("Accuracy on seen and unseen classes");
    let rows: Vec<&Row<'_>> = rows.iter().collect();
    let notes = notes(&rows, vec!["Bars: mean; whiskers: standard deviation over seeds".into()]);
    let frame = Frame::new(width, title, legend.collect(), &notes);
    let heights: Vec<f64> = groups.iter().map(group_height).collect();
    let content = heights.iter().sum::<f64>() + axis::height_below();
    let rows = format!("{} rows", groups.len());
    let height = fit_height(params.height, frame.height() + content, &rows)?;
    let stretch = (height - frame.height() - axis::height_below()) / heights.iter().sum::<f64>();
    let (mut drawing, inside) = frame.page(height);
    let area = draw_axis(&mut drawing, &inside, &groups);
    let mut top = area.bounds.top;
    for (group, height) in groups.iter().zip(heights) {
        draw_group(&mut drawing, &area, group, top, height * stretch);
        top += height * stretch;
    }
    Ok(Sketch { drawing, alt: alt(title, &groups) })
}

fn groups(params: &PlotParams, rows: &[Row<'_>], room: f64) -> Result<Vec<Group>, StageError> {
    let mut groups = Vec::new();
    for row in rows {
        let mut bars = Vec::new();
        for metric in &params.metrics {
            let estimate = Estimate::of(&row.values(|evaluation| metric.of(evaluation)));
            let estimate = estimate.filter(|estimate| estimate.mean.is_finite());
            let Some(estimate) = estimate else {
                let (name, label) = (metric.name(), row.label(&params.headings));
                let message = format!("`{name}` of `{label}` is not finite; expected an accuracy");
                return Err(StageError::data(message));
            };
            bars.push((*metric, estimate));
        }
        groups.push(Group { label: wrap(&row_label(params, row), LABEL_SIZE, room), bars });
    }
    Ok(groups)
}

#[expect(clippy::cast_precision_loss, reason = "there are few bars and lines")]
fn group_height(group: &Group) -> f64 {
    let bars = group.bars.len() as f64 * BAR_PITCH;
    let label = group.label.len() as f64 * LABEL_SIZE * LEADING;
    bars.max(label) + ROW_GAP
}

/// Where bars stand and how long they are.
struct BarArea {
    bounds: Bounds,
    axis: Axis,
}

fn draw_axis(drawing: &mut Drawing, inside: &Bounds, groups: &[Group]) -> BarArea {
    let labels = groups.iter().flat_map(|group| &group.label);
    let widest = labels.map(|line| text_width(line, LABEL_SIZE)).fold(0.0, f64::max);
    let bounds = Bounds {
        left: inside.left + widest + 8.0,
        right: inside.right - NUMBER_ROOM,
        bottom: inside.bottom - axis::height_below(),
        ..*inside
    };
    let bars = groups.iter().flat_map(|group| &group.bars);
    let most = bars.map(|(_, estimate)| percent(estimate.mean + estimate.spread()));
    let axis = Axis::percent("accuracy (%)", most.fold(0.0, f64::max));
    axis::draw_below(drawing, &bounds, &axis);
    BarArea { bounds, axis }
}

fn percent(share: f64) -> f64 {
    Scale::Percent.apply(share)
}

#[expect(clippy::cast_precision_loss, reason = "there are few bars and lines")]
fn draw_group(drawing: &mut Drawing, area: &BarArea, group: &Group, top: f64, height: f64) {
    let middle = top + height / 2.0;
    let leading = LABEL_SIZE * LEADING;
    let mut y = middle - leading * (group.label.len() as f64 - 1.0) / 2.0;
    for line in &group.label {
        let at = (area.bounds.left - 8.0, y);
        drawing.text(Text::new(at, LABEL_SIZE, line.clone()).ending());
        y += leading;
    }
    let pitch = (height - ROW_GAP) / group.bars.len() as f64;
    for (position, (metric, estimate)) in group.bars.iter().enumerate() {
        let y = top + ROW_GAP / 2.0 + pitch * (position as f64 + 0.5);
        draw_bar(drawing, area, (*metric, estimate), y, (pitch - 2.0).min(2.0 * BAR_PITCH));
    }
}

fn draw_bar(
    drawing: &mut Drawing,
    area: &BarArea,
    (metric, estimate): (Metric, &Estimate),
    y: f64,
    thickness: f64,
) {
    let at = |share: f64| area.axis.across(&area.bounds, percent(share).clamp(0.0, area.axis.high));
    let right = at(estimate.mean);
    let bounds = Bounds {
        left: area.bounds.left,
        top: y - thickness / 2.0,
        right,
        bottom: y + thickness / 2.0,
    };
    drawing.rectangle(bounds, palette::metric(metric));
    let mut end = right;
    if let Some(sd) = estimate.sd {
        let (low, high) = (at(estimate.mean - sd), at(estimate.mean + sd));
        let cap = thickness / 4.0;
        drawing.line(vec![(low, y), (high, y)], Ink::BLACK, 1.25, Dash::Solid);
        for x in [low, high] {
            drawing.line(vec![(x, y - cap), (x, y + cap)], Ink::BLACK, 1.25, Dash::Solid);
        }
        end = high;
    }
    let number = format!("{:.1}", percent(estimate.mean));
    drawing.text(Text::new((end + 5.0, y), TICK_SIZE, number));
}

fn alt(title: &str, groups: &[Group]) -> String {
    let rows: Vec<String> = groups
        .iter()
        .map(|group| {
            let bars = group.bars.iter().map(|(metric, estimate)| {
                format!("{} {:.1} %", metric.heading(), percent(estimate.mean))
            });
            format!("{}: {}", group.label.join(" "), bars.collect::<Vec<_>>().join(", "))
        })
        .collect();
    format!("{title}. Bars of mean accuracy. {}.", rows.join("; "))
}
