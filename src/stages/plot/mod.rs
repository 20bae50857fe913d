//! `plot`: a figure of evaluations, as SVG and PNG of one drawing.
//!
//! Every kind of figure is a file here; title, legend, axes and colours are drawn by `frame`,
//! `legend`, `axis` and `palette` for all of them. Legends stand above the data, never on it, and each colour
//! has a second cue: a dash, a marker or a place.

pub mod attributes;
mod axis;
mod bars;
mod calibration;
mod confusion;
mod curve;
pub mod examples;
mod frame;
mod legend;
pub mod looks;
pub mod measures;
mod notes;
pub mod over_epochs;
mod palette;
mod per_class;
mod reliability;
pub mod search;
mod seen_unseen;
mod shades;
pub mod tsne;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::rows::{Row, group};
use crate::artifact::{Drawing, Figure};
use crate::stage::{Gathered, Needs, Stage, StageContext, StageError, Threads, inputs, outputs};
use crate::zsl::Evaluation;

/// Memory for a drawing of the largest size while it is made into pixels.
const MEMORY_MIB: u64 = 256;

/// The kinds of figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FigureKind {
    /// Bars of accuracies, grouped by row, with the deviation over seeds.
    Bars,
    /// U, S and H over the calibration, with the chosen one marked.
    Calibration,
    /// The row-normalised confusion matrix, summed over seeds.
    Confusion,
    /// The accuracy of each class, sorted.
    PerClass,
    /// Accuracy over confidence, and how many images are that sure.
    Reliability,
    /// Seen over unseen accuracy, with the area under it.
    SeenUnseen,
}

/// What the figure shows and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlotParams {
    /// The kind of figure: `bars`, `calibration`, `confusion`, `per-class`, `reliability` or
    /// `seen-unseen`.
    pub figure: FigureKind,
    /// What stands above it. Default: a title that fits the kind.
    #[serde(default)]
    pub title: Option<String>,
    /// The axes of the sweep that make a row (a group of bars, a curve); `stage` stands for the
    /// name of the gathered stage. Default: empty, for all axes but the seed and those of `select`.
    #[serde(default)]
    pub rows: Vec<String>,
    /// Which evaluations to show: axis to label. Default: all; `calibration`, `confusion`,
    /// `per-class` and `reliability` show one row, so a sweep needs a selection there.
    #[serde(default)]
    pub select: BTreeMap<String, String>,
    /// The bars of each row, for `bars` only. Default: t1, unseen, seen, harmonic.
    #[serde(default = "default_metrics")]
    pub metrics: Vec<Metric>,
    /// Other words for metrics, labels and classes; `axis=label` names a label of one axis only.
    /// Default: none.
    #[serde(default)]
    pub headings: BTreeMap<String, String>,
    /// The width in pixels. Default: what suits the kind.
    #[serde(default)]
    #[schemars(range(min = 240, max = 2400))]
    pub width: Option<u32>,
    /// The height in pixels. Default: what the content needs.
    #[serde(default)]
    #[schemars(range(min = 160, max = 4000))]
    pub height: Option<u32>,
}

fn default_metrics() -> Vec<Metric> {
    vec![Metric::T1, Metric::Unseen, Metric::Seen, Metric::Harmonic]
}

inputs! {
    /// What `plot` reads.
    pub struct PlotInputs {
        /// The evaluations, one a stage and trial.
        evaluations: Gathered<Evaluation>,
    }
}

outputs! {
    /// What `plot` makes.
    pub struct PlotOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot`.
pub struct Plot;

impl Stage for Plot {
    const KIND: &'static str = "plot";
    const SUMMARY: &'static str = "a figure of evaluations as SVG and PNG";
    const VERSION: u32 = 3;
    const SEEDED: bool = false;
    type Params = PlotParams;
    type Inputs = PlotInputs;
    type Outputs = PlotOutputs;

    fn run(
        params: &PlotParams,
        inputs: PlotInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotOutputs, StageError> {
        let rows = group(&inputs.evaluations.0, &params.rows, &params.select)?;
        let sketch = sketch(params, &rows)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotOutputs { figure })
    }

    fn check(params: &PlotParams) -> Result<(), StageError> {
        if params.figure == FigureKind::Bars {
            if params.metrics.is_empty() {
                return Err(StageError::parameter("metrics", "is empty; expected at least one"));
            }
            if let Some(metric) = params.metrics.iter().find(|metric| !metric.is_accuracy()) {
                let name = metric.name();
                let message = format!("`{name}` is not an accuracy and has no place beside them");
                return Err(StageError::parameter("metrics", message));
            }
        }
        check_size(params.width, params.height)
    }

    fn needs(_params: &PlotParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

/// Refuses a page that is too small for anything or too large for memory.
fn check_size(width: Option<u32>, height: Option<u32>) -> Result<(), StageError> {
    for (name, value, range) in [("width", width, 240..=2400), ("height", height, 160..=4000)] {
        if let Some(value) = value.filter(|value| !range.contains(value)) {
            let (low, high) = (range.start(), range.end());
            let message = format!("is {value} pixels; expected {low} to {high}");
            return Err(StageError::parameter(name, message));
        }
    }
    Ok(())
}

/// A drawing with its description in words.
struct Sketch {
    drawing: Drawing,
    alt: String,
}

fn sketch(params: &PlotParams, rows: &[Row<'_>]) -> Result<Sketch, StageError> {
    match params.figure {
        FigureKind::Bars => bars::sketch(params, rows),
        FigureKind::Calibration => calibration::sketch(params, only_row(params, rows)?),
        FigureKind::Confusion => confusion::sketch(params, only_row(params, rows)?),
        FigureKind::PerClass => per_class::sketch(params, only_row(params, rows)?),
        FigureKind::Reliability => reliability::sketch(params, only_row(params, rows)?),
        FigureKind::SeenUnseen => seen_unseen::sketch(params, rows),
    }
}

/// The row of a figure that can show one only.
fn only_row<'a, 'b>(params: &PlotParams, rows: &'b [Row<'a>]) -> Result<&'b Row<'a>, StageError> {
    let [first, others @ ..] = rows else {
        return Err(StageError::Bug("a group of evaluations without a row".to_owned()));
    };
    if others.is_empty() {
        return Ok(first);
    }
    let varies =
        |position: &usize| others.iter().any(|row| row.key[*position] != first.key[*position]);
    let position = (0..first.key.len()).find(varies).unwrap_or(0);
    let (axis, label) = &first.key[position];
    let labels: Vec<String> = rows.iter().map(|row| row.label(&params.headings)).collect();
    let message = format!(
        "this figure shows one row, but there are {}: {}; choose one, as in \
         `select = {{ {axis} = \"{label}\" }}`",
        rows.len(),
        labels.join("; "),
    );
    Err(StageError::parameter("select", message))
}

#[cfg(test)]
mod tests;
