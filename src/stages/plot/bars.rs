//! `bars`: numbers of each row as horizontal bars, so that long labels stay readable.

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
/// What bars and whiskers are.
pub(super) const MEANING: &str = "Bars: mean; whiskers: standard deviation over seeds";

/// Bars in groups, with everything around them.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    /// What `alt` says that they are bars of.
    pub(super) what: &'a str,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) notes: Vec<String>,
    pub(super) kinds: Vec<Kind>,
    pub(super) unit: Unit,
    /// The label of each group with its bars, one a kind; none where there is no number.
    pub(super) groups: Vec<(String, Vec<Option<Estimate>>)>,
}

/// What bars of one colour stand for.
pub(super) struct Kind {
    pub(super) label: String,
    /// Its name where no picture is seen.
    pub(super) name: String,
    pub(super) ink: Ink,
}

/// How numbers are shown.
#[derive(Clone)]
pub(super) enum Unit {
    /// Accuracies.
    Percent,
    /// Numbers as they are, with a title and digits after the point.
    Plain { title: String, digits: usize },
}

impl Unit {
    fn apply(&self, number: f64) -> f64 {
        match self {
            Self::Percent => Scale::Percent.apply(number),
            Self::Plain { .. } => number,
        }
    }

    fn axis(&self, most: f64) -> Axis {
        match self {
            Self::Percent => Axis::percent("accuracy (%)", most),
            Self::Plain { title, .. } => Axis::new(title, 0.0, most.max(f64::MIN_POSITIVE)),
        }
    }

    fn write(&self, number: f64) -> String {
        match self {
            Self::Percent => format!("{:.1}", self.apply(number)),
            Self::Plain { digits, .. } => format!("{number:.digits$}"),
        }
    }

    /// Behind a number where no axis is seen.
    fn sign(&self) -> &'static str {
        match self {
            Self::Percent => " %",
            Self::Plain { .. } => "",
        }
    }
}

pub(super) fn sketch(params: &PlotParams, rows: &[Row<'_>]) -> Result<Sketch, StageError> {
    let kind = |metric: &Metric| Kind {
        label: heading(&params.headings, metric.name(), metric.heading()),
        name: metric.heading().to_owned(),
        ink: palette::metric(*metric),
    };
    let all: Vec<&Row<'_>> = rows.iter().collect();
    let chart = Chart {
        title: params.title.as_deref().unwrap_or("Accuracy on seen and unseen classes"),
        what: "mean accuracy",
        width: params.width,
        height: params.height,
        notes: notes(&all, vec![MEANING.into()]),
        kinds: params.metrics.iter().map(kind).collect(),
        unit: Unit::Percent,
        groups: groups(params, rows)?,
    };
    chart.sketch()
}

/// The label of each row with its bars.
type Groups = Vec<(String, Vec<Option<Estimate>>)>;

fn groups(params: &PlotParams, rows: &[Row<'_>]) -> Result<Groups, StageError> {
    let mut groups = Vec::new();
    for row in rows {
        let mut bars = Vec::new();
        for metric in &params.metrics {
            let estimate = Estimate::of(&row.values(|evaluation| metric.of(evaluation)));
            let estimate = estimate.filter(|estimate| estimate.mean.is_finite());
            if estimate.is_none() {
                let (name, label) = (metric.name(), row.label(&params.headings));
                let message = format!("`{name}` of `{label}` is not finite; expected an accuracy");
                return Err(StageError::data(message));
            }
            bars.push(estimate);
        }
        groups.push((row_label(params, row), bars));
    }
    Ok(groups)
}

/// One group of bars: the lines of its label, and the kind and number of each.
struct Group {
    label: Vec<String>,
    bars: Vec<(usize, Estimate)>,
}

impl Chart<'_> {
    /// Draws it.
    ///
    /// # Errors
    /// If the page is too low for its rows.
    pub(super) fn sketch(self) -> Result<Sketch, StageError> {
        let width = self.width.map_or(WIDTH, f64::from);
        let group = |(label, bars): &(String, Vec<Option<Estimate>>)| Group {
            label: wrap(label, LABEL_SIZE, width * LABEL_SHARE),
            bars: bars
                .iter()
                .copied()
                .enumerate()
                .filter_map(|(at, one)| Some((at, one?)))
                .collect(),
        };
        let groups: Vec<Group> = self.groups.iter().map(group).collect();
        let entry =
            |kind: &Kind| Entry { label: kind.label.clone(), ink: kind.ink, swatch: Swatch::Box };
        let legend = self.kinds.iter().map(entry).collect();
        let frame = Frame::new(width, self.title, legend, &self.notes);
        let heights: Vec<f64> = groups.iter().map(group_height).collect();
        let content = heights.iter().sum::<f64>() + axis::height_below();
        let rows = format!("{} rows", groups.len());
        let height = fit_height(self.height, frame.height() + content, &rows)?;
        let stretch =
            (height - frame.height() - axis::height_below()) / heights.iter().sum::<f64>();
        let (mut drawing, inside) = frame.page(height);
        let area = self.axis(&mut drawing, &inside, &groups);
        let mut top = area.bounds.top;
        for (group, height) in groups.iter().zip(heights) {
            self.group(&mut drawing, &area, group, (top, height * stretch));
            top += height * stretch;
        }
        Ok(Sketch { drawing, alt: self.alt(&groups) })
    }

    fn axis(&self, drawing: &mut Drawing, inside: &Bounds, groups: &[Group]) -> BarArea {
        let labels = groups.iter().flat_map(|group| &group.label);
        let widest = labels.map(|line| text_width(line, LABEL_SIZE)).fold(0.0, f64::max);
        let bounds = Bounds {
            left: inside.left + widest + 8.0,
            right: inside.right - NUMBER_ROOM,
            bottom: inside.bottom - axis::height_below(),
            ..*inside
        };
        let bars = groups.iter().flat_map(|group| &group.bars);
        let most = bars.map(|(_, estimate)| self.unit.apply(estimate.mean + estimate.spread()));
        let axis = self.unit.axis(most.fold(0.0, f64::max));
        axis::draw_below(drawing, &bounds, &axis);
        BarArea { bounds, axis }
    }

    #[expect(clippy::cast_precision_loss, reason = "there are few bars and lines")]
    fn group(
        &self,
        drawing: &mut Drawing,
        area: &BarArea,
        group: &Group,
        (top, height): (f64, f64),
    ) {
        let middle = top + height / 2.0;
        let leading = LABEL_SIZE * LEADING;
        let mut y = middle - leading * (group.label.len() as f64 - 1.0) / 2.0;
        for line in &group.label {
            let at = (area.bounds.left - 8.0, y);
            drawing.text(Text::new(at, LABEL_SIZE, line.clone()).ending());
            y += leading;
        }
        let pitch = (height - ROW_GAP) / group.bars.len().max(1) as f64;
        for (position, (kind, estimate)) in group.bars.iter().enumerate() {
            let y = top + ROW_GAP / 2.0 + pitch * (position as f64 + 0.5);
            let thickness = (pitch - 2.0).min(2.0 * BAR_PITCH);
            self.bar(drawing, area, (self.kinds[*kind].ink, estimate), (y, thickness));
        }
    }

    fn bar(
        &self,
        drawing: &mut Drawing,
        area: &BarArea,
        (ink, estimate): (Ink, &Estimate),
        (y, thickness): (f64, f64),
    ) {
        let at = |number: f64| {
            let shown = self.unit.apply(number).clamp(0.0, area.axis.high);
            area.axis.across(&area.bounds, shown)
        };
        let right = at(estimate.mean);
        let bounds = Bounds {
            left: area.bounds.left,
            top: y - thickness / 2.0,
            right,
            bottom: y + thickness / 2.0,
        };
        drawing.rectangle(bounds, ink);
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
        drawing.text(Text::new((end + 5.0, y), TICK_SIZE, self.unit.write(estimate.mean)));
    }

    fn alt(&self, groups: &[Group]) -> String {
        let rows: Vec<String> = groups
            .iter()
            .map(|group| {
                let bars = group.bars.iter().map(|(kind, estimate)| {
                    let number = self.unit.write(estimate.mean);
                    format!("{} {number}{}", self.kinds[*kind].name, self.unit.sign())
                });
                format!("{}: {}", group.label.join(" "), bars.collect::<Vec<_>>().join(", "))
            })
            .collect();
        format!("{}. Bars of {}. {}.", self.title, self.what, rows.join("; "))
    }
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
