//! `plot-curves`: what trainings measured, over their epochs, as a figure and a table.
//!
//! One line a setting: the mean over its seeds, in a band of one standard deviation to both sides. A
//! line ends where the shortest of its trainings ends. An epoch in which some trainings have no number
//! is the mean of the others; where none has one the line is broken. A band is cut at zero if no number
//! is negative.

mod draw;
mod mean;
mod table;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::rows::group;
use super::{MEMORY_MIB, check_size};
use crate::artifact::{Curves, Figure, Table};
use crate::stage::{Gathered, Needs, Stage, StageContext, StageError, Threads, inputs, outputs};

/// What the figure shows and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlotCurvesParams {
    /// The name of the curve. Default: reward.
    pub curve: String,
    /// What stands above figure and table. Default: the curve's name over epochs.
    pub title: Option<String>,
    /// What stands below the horizontal axis. Default: epoch.
    pub x_label: String,
    /// What stands beside the vertical axis. Default: the curve's name.
    pub y_label: Option<String>,
    /// The axes of the sweep that make a line; `stage` stands for the name of the gathered stage.
    /// Default: empty, for all axes but the seed and those of `select`.
    pub rows: Vec<String>,
    /// Which trainings to show: axis to label. Default: all.
    pub select: BTreeMap<String, String>,
    /// Other words for axes and labels; `axis=label` names a label of one axis only. Default: none.
    pub headings: BTreeMap<String, String>,
    /// The width in pixels. Default: 720.
    #[schemars(range(min = 240, max = 2400))]
    pub width: Option<u32>,
    /// The height in pixels. Default: 440, or more if the legend needs it.
    #[schemars(range(min = 160, max = 4000))]
    pub height: Option<u32>,
}

impl Default for PlotCurvesParams {
    fn default() -> Self {
        Self {
            curve: "reward".into(),
            title: None,
            x_label: "epoch".into(),
            y_label: None,
            rows: Vec::new(),
            select: BTreeMap::new(),
            headings: BTreeMap::new(),
            width: None,
            height: None,
        }
    }
}

impl PlotCurvesParams {
    fn title(&self) -> String {
        self.title.clone().unwrap_or_else(|| format!("{} over epochs", self.y_label()))
    }

    fn y_label(&self) -> String {
        self.y_label.clone().unwrap_or_else(|| self.curve.replace('_', " "))
    }
}

inputs! {
    /// What `plot-curves` reads.
    pub struct PlotCurvesInputs {
        /// The curves, those of one training a stage and trial.
        curves: Gathered<Curves>,
    }
}

outputs! {
    /// What `plot-curves` makes.
    pub struct PlotCurvesOutputs {
        /// The figure.
        figure: Figure,
        /// One tidy row a setting and epoch.
        table: Table,
    }
}

/// The stage kind `plot-curves`.
pub struct PlotCurves;

impl Stage for PlotCurves {
    const KIND: &'static str = "plot-curves";
    const SUMMARY: &'static str = "curves of trainings over their epochs, as a figure and a table";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = PlotCurvesParams;
    type Inputs = PlotCurvesInputs;
    type Outputs = PlotCurvesOutputs;

    fn run(
        params: &PlotCurvesParams,
        inputs: PlotCurvesInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotCurvesOutputs, StageError> {
        let rows = group(&inputs.curves.0, &params.rows, &params.select)?;
        let means = mean::means(&rows, &params.curve)?;
        let sketch = draw::sketch(params, &means)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        let table = Table::new(table::columns(params, &means), table::presentation(params, &means))
            .map_err(|error| StageError::Bug(format!("plot-curves: {error}")))?;
        Ok(PlotCurvesOutputs { figure, table })
    }

    fn check(params: &PlotCurvesParams) -> Result<(), StageError> {
        check_size(params.width, params.height)
    }

    fn needs(_params: &PlotCurvesParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

#[cfg(test)]
mod tests;
