//! `plot-search`: figures of what `study-search` found, from its tables.

mod lines;
mod series;
mod stops;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::metric::Metric;
use super::{MEMORY_MIB, Sketch};
use crate::artifact::{Figure, Table};
use crate::stage::{Needs, Stage, StageContext, StageError, Threads, inputs, outputs};
use series::{Wanted, series};

/// The kinds of figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SearchFigure {
    /// Accuracy and mean steps over the threshold; of the output `sigma`.
    Sigma,
    /// Accuracy over the number of looks; of the output `steps`.
    Steps,
    /// How many searches end at each step; of the output `stops`.
    Stops,
}

/// Who the candidates are where searches end.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Candidates {
    /// Unseen classes.
    #[default]
    ZeroShot,
    /// Seen and unseen classes.
    Generalised,
}

/// What the figure shows and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlotSearchParams {
    /// The kind of figure: `sigma`, `steps` or `stops`.
    pub figure: SearchFigure,
    /// What stands above it. Default: a title that fits the kind.
    #[serde(default)]
    pub title: Option<String>,
    /// The accuracies of `sigma` and `steps`: t1, unseen, seen, harmonic. Default: t1.
    #[serde(default = "default_metrics")]
    #[schemars(length(min = 1))]
    pub metrics: Vec<Metric>,
    /// Whose steps `sigma` and `stops` show. Default `zero-shot`.
    #[serde(default)]
    pub candidates: Candidates,
    /// Which rows to show: axis to label. Rows that do not vary along an axis fit all its labels.
    /// Default: all.
    #[serde(default)]
    pub select: BTreeMap<String, String>,
    /// Other words for metrics and labels; `axis=label` names a label of one axis only.
    /// Default: none.
    #[serde(default)]
    pub headings: BTreeMap<String, String>,
    /// The width in pixels. Default 640.
    #[serde(default)]
    #[schemars(range(min = 240, max = 2400))]
    pub width: Option<u32>,
    /// The height in pixels. Default: what suits the kind.
    #[serde(default)]
    #[schemars(range(min = 160, max = 4000))]
    pub height: Option<u32>,
}

fn default_metrics() -> Vec<Metric> {
    vec![Metric::T1]
}

inputs! {
    /// What `plot-search` reads.
    pub struct PlotSearchInputs {
        /// An output of `study-search`, as in `table = "study.sigma"`.
        table: Table,
    }
}

outputs! {
    /// What `plot-search` makes.
    pub struct PlotSearchOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot-search`.
pub struct PlotSearch;

impl Stage for PlotSearch {
    const KIND: &'static str = "plot-search";
    const SUMMARY: &'static str =
        "a figure of searches by threshold, by looks or by their last steps";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = PlotSearchParams;
    type Inputs = PlotSearchInputs;
    type Outputs = PlotSearchOutputs;

    fn run(
        params: &PlotSearchParams,
        inputs: PlotSearchInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotSearchOutputs, StageError> {
        let sketch = sketch(params, &inputs.table)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotSearchOutputs { figure })
    }

    fn check(params: &PlotSearchParams) -> Result<(), StageError> {
        use Metric::{Harmonic, Seen, T1, Unseen};
        if params.metrics.is_empty() {
            return Err(StageError::parameter("metrics", "is empty; expected at least one"));
        }
        let is_known = |metric: &&Metric| matches!(metric, T1 | Unseen | Seen | Harmonic);
        if let Some(metric) = params.metrics.iter().find(|metric| !is_known(metric)) {
            let name = metric.name();
            let message = format!("`{name}` is not studied; expected t1, unseen, seen or harmonic");
            return Err(StageError::parameter("metrics", message));
        }
        for (name, value, range) in
            [("width", params.width, 240..=2400), ("height", params.height, 160..=4000)]
        {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (low, high) = (range.start(), range.end());
                let message = format!("is {value} pixels; expected {low} to {high}");
                return Err(StageError::parameter(name, message));
            }
        }
        Ok(())
    }

    fn needs(_params: &PlotSearchParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

fn sketch(params: &PlotSearchParams, table: &Table) -> Result<Sketch, StageError> {
    let accuracies: Vec<(&str, &str)> =
        params.metrics.iter().map(|metric| (metric.name(), metric.heading())).collect();
    let wanted = |port, place, metrics| Wanted { port, place, metrics };
    match params.figure {
        SearchFigure::Sigma => {
            let steps = match params.candidates {
                Candidates::ZeroShot => Metric::StepsZeroShot,
                Candidates::Generalised => Metric::Steps,
            };
            let upper = series(params, table, &wanted("sigma", "sigma", &accuracies))?;
            let lower = [(steps.name(), "steps")];
            let lower = series(params, table, &wanted("sigma", "sigma", &lower))?;
            lines::sigma(params, &upper, &lower)
        }
        SearchFigure::Steps => {
            lines::steps(params, &series(params, table, &wanted("steps", "looks", &accuracies))?)
        }
        SearchFigure::Stops => {
            let metric = match params.candidates {
                Candidates::ZeroShot => ("stops_zero_shot", "zero-shot"),
                Candidates::Generalised => ("stops", "generalised"),
            };
            stops::sketch(params, &series(params, table, &wanted("stops", "step", &[metric]))?)
        }
    }
}

#[cfg(test)]
mod tests;
