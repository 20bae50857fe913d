//! `per-class`: the accuracy of each class among all candidates, the best on top.

use std::collections::BTreeMap;

use super::super::estimate::Estimate;
use super::super::rows::Row;
use super::axis::{self, Axis};
use super::frame::{Frame, LABEL_SIZE, TICK_SIZE, fit_height, shorten};
use super::legend::{Entry, Swatch};
use super::notes::{notes, row_label};
use super::palette::{GRID, Marker, SEEN, UNSEEN};
use super::{PlotParams, Sketch};
use crate::artifact::{Bounds, Dash, Drawing, Ink, Scale, Text, text_width};
use crate::stage::StageError;
use crate::zsl::ClassAccuracy;

const WIDTH: f64 = 720.0;
/// The least height of a class with its name.
const NAMED_PITCH: f64 = 15.0;
/// The greatest height that a class takes unasked, where there are few.
const WIDE_PITCH: f64 = 24.0;
/// The height that classes fill if they can.
const EXTENT: f64 = 300.0;
/// The height of a class without its name.
const BARE_PITCH: f64 = 4.0;
/// With more classes than this names are left out.
const MOST_NAMES: usize = 120;
/// The largest share of the page that names may take.
const NAME_SHARE: f64 = 0.35;

/// One class over all seeds.
struct Class {
    name: String,
    is_seen: bool,
    accuracy: Estimate,
}

pub(super) fn sketch(params: &PlotParams, row: &Row<'_>) -> Result<Sketch, StageError> {
    let classes = classes(row, &params.headings)?;
    let has_names = classes.len() <= MOST_NAMES;
    let default = format!("Accuracy per class: {}", row_label(params, row));
    let title = params.title.as_deref().unwrap_or(&default);
    let mut small = vec!["Candidates: all classes; whiskers: standard deviation over seeds".into()];
    if !has_names {
        small.push(format!("{} classes; their names are left out", classes.len()));
    }
    let width = params.width.map_or(WIDTH, f64::from);
    let frame = Frame::new(width, title, legend(&classes), &notes(&[row], small));
    #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
    let count = classes.len() as f64;
    let (least, most) =
        if has_names { (NAMED_PITCH, WIDE_PITCH) } else { (BARE_PITCH, BARE_PITCH) };
    let around = frame.height() + axis::height_below();
    let content = format!("{count} classes");
    let height = match params.height {
        None => (around + (EXTENT / count).clamp(least, most) * count).ceil(),
        Some(_) => fit_height(params.height, around + least * count, &content)?,
    };
    let pitch = (height - around) / count;
    let (mut drawing, inside) = frame.page(height);
    let area = draw_axis(&mut drawing, &inside, &classes, has_names);
    for (position, class) in classes.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
        let y = area.top + pitch * (position as f64 + 0.5);
        draw_class(&mut drawing, &area, class, y, pitch);
        if has_names {
            let name = shorten(&class.name, TICK_SIZE, width * NAME_SHARE);
            drawing.text(Text::new((area.left - 8.0, y), TICK_SIZE, name).ending());
        }
    }
    Ok(Sketch { drawing, alt: alt(title, &classes) })
}

/// The classes from the best to the worst; equal ones keep their order.
fn classes(row: &Row<'_>, headings: &BTreeMap<String, String>) -> Result<Vec<Class>, StageError> {
    let first = &row.members[0].value.per_class;
    if first.is_empty() {
        return Err(StageError::data("the evaluation has no accuracies per class"));
    }
    for member in &row.members {
        let other = &member.value.per_class;
        let is_same = |(a, b): (&ClassAccuracy, &ClassAccuracy)| a.class == b.class;
        if other.len() != first.len() || !first.iter().zip(other).all(is_same) {
            return Err(StageError::data_with_help(
                "the evaluations have different classes; expected the same ones in every seed",
                "choose evaluations of one data set with `select`",
            ));
        }
    }
    let mut classes = Vec::new();
    for (position, class) in first.iter().enumerate() {
        let values = row.values(|evaluation| evaluation.per_class[position].generalised);
        let accuracy = Estimate::of(&values).filter(|estimate| estimate.mean.is_finite());
        let Some(accuracy) = accuracy else {
            let message = format!("the accuracy of class `{}` is not finite", class.class);
            return Err(StageError::data(message));
        };
        let name = headings.get(&class.class).unwrap_or(&class.class).clone();
        classes.push(Class { name, is_seen: class.is_seen, accuracy });
    }
    classes.sort_by(|a, b| b.accuracy.mean.total_cmp(&a.accuracy.mean));
    Ok(classes)
}

fn legend(classes: &[Class]) -> Vec<Entry> {
    [(true, "seen"), (false, "unseen")]
        .into_iter()
        .filter_map(|(is_seen, word)| {
            let group: Vec<f64> = classes
                .iter()
                .filter(|class| class.is_seen == is_seen)
                .map(|class| class.accuracy.mean)
                .collect();
            let mean = Scale::Percent.apply(Estimate::of(&group)?.mean);
            let label = format!("{word}: {} classes, mean {mean:.1} %", group.len());
            let (ink, marker) = look(is_seen);
            Some(Entry { label, ink, swatch: Swatch::Marker(marker) })
        })
        .collect()
}

fn look(is_seen: bool) -> (Ink, Marker) {
    if is_seen { (SEEN, Marker::Circle) } else { (UNSEEN, Marker::Diamond) }
}

fn draw_axis(drawing: &mut Drawing, inside: &Bounds, classes: &[Class], has_names: bool) -> Bounds {
    let room = drawing.page().width() * NAME_SHARE;
    let widths = classes.iter().map(|class| text_width(&class.name, TICK_SIZE).min(room));
    let widest = if has_names { widths.fold(0.0, f64::max) } else { LABEL_SIZE };
    let area = Bounds {
        left: inside.left + widest + 8.0,
        right: inside.right - 14.0,
        bottom: inside.bottom - axis::height_below(),
        ..*inside
    };
    axis::draw_below(drawing, &area, &Axis::percent("accuracy (%)", 100.0));
    if !has_names {
        let at = (inside.left + LABEL_SIZE / 2.0, f64::midpoint(area.top, area.bottom));
        let text = Text::new(at, LABEL_SIZE, "classes, the best on top");
        drawing.text(text.centred().upwards());
    }
    area
}

fn draw_class(drawing: &mut Drawing, area: &Bounds, class: &Class, y: f64, pitch: f64) {
    let axis = Axis::percent("", 100.0);
    let at = |share: f64| axis.across(area, Scale::Percent.apply(share).clamp(0.0, 100.0));
    let (ink, marker) = look(class.is_seen);
    let x = at(class.accuracy.mean);
    if pitch >= NAMED_PITCH {
        drawing.line(vec![(area.left, y), (x, y)], GRID, 1.0, Dash::Solid);
    }
    if let Some(sd) = class.accuracy.sd {
        let (low, high) = (at(class.accuracy.mean - sd), at(class.accuracy.mean + sd));
        // Close whiskers are pale, or they would hide the points.
        let (ink, width) = if pitch >= NAMED_PITCH { (ink, 1.25) } else { (ink.tint(0.45), 0.75) };
        drawing.line(vec![(low, y), (high, y)], ink, width, Dash::Solid);
    }
    marker.draw(drawing, (x, y), (pitch * 0.25).clamp(1.5, 4.0), ink);
}

fn alt(title: &str, classes: &[Class]) -> String {
    let say = |class: &Class| {
        let kind = if class.is_seen { "seen" } else { "unseen" };
        format!("{} ({kind}) {:.1} %", class.name, Scale::Percent.apply(class.accuracy.mean))
    };
    let (Some(best), Some(worst)) = (classes.first(), classes.last()) else {
        return title.to_owned();
    };
    format!("{title}. {} classes, from {} to {}.", classes.len(), say(best), say(worst))
}
