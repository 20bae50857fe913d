//! `plot-measures`: measurements as bars, a group a setting, a colour a number, with their spread.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bars::{Chart, Kind, MEANING, Unit};
use super::palette::series;
use super::{MEMORY_MIB, Sketch};
use crate::artifact::{Figure, Measures};
use crate::stage::{Gathered, Needs, Stage, StageContext, StageError, Threads, inputs, outputs};
use crate::stages::estimate::Estimate;
use crate::stages::measured::{self, heading};
use crate::stages::rows::group;

/// What the figure shows and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlotMeasuresParams {
    /// What stands above it. Default: "Measurements".
    pub title: String,
    /// What the horizontal axis says: the unit. Default: empty.
    pub x_label: String,
    /// The numbers, a bar each, all of one unit. Default: empty, for all that the first measurement
    /// has.
    pub measures: Vec<String>,
    /// The axes of the sweep that make a group; `stage` stands for the name of the gathered stage.
    /// Default: empty, for all axes but the seed, and the stage where several are gathered.
    pub rows: Vec<String>,
    /// Which measurements to show: axis to label. Default: all.
    pub select: BTreeMap<String, String>,
    /// Other words for numbers and labels; `axis=label` names a label of one axis only. Default: none.
    pub headings: BTreeMap<String, String>,
    /// Digits after the point. Default: 1.
    #[schemars(range(min = 0, max = 6))]
    pub digits: u8,
    /// Lines below the figure. Default: none.
    pub notes: Vec<String>,
}

impl Default for PlotMeasuresParams {
    fn default() -> Self {
        Self {
            title: "Measurements".into(),
            x_label: String::new(),
            measures: Vec::new(),
            rows: Vec::new(),
            select: BTreeMap::new(),
            headings: BTreeMap::new(),
            digits: 1,
            notes: Vec::new(),
        }
    }
}

inputs! {
    /// What `plot-measures` reads.
    pub struct PlotMeasuresInputs {
        /// The measurements, one a stage and trial.
        rows: Gathered<Measures>,
    }
}

outputs! {
    /// What `plot-measures` makes.
    pub struct PlotMeasuresOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot-measures`.
pub struct PlotMeasures;

impl Stage for PlotMeasures {
    const KIND: &'static str = "plot-measures";
    const SUMMARY: &'static str = "measurements as bars with their spread over seeds";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = PlotMeasuresParams;
    type Inputs = PlotMeasuresInputs;
    type Outputs = PlotMeasuresOutputs;

    fn run(
        params: &PlotMeasuresParams,
        inputs: PlotMeasuresInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotMeasuresOutputs, StageError> {
        let sketch = sketch(params, &inputs)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotMeasuresOutputs { figure })
    }

    fn check(params: &PlotMeasuresParams) -> Result<(), StageError> {
        measured::check(&params.measures, params.digits)
    }

    fn needs(_params: &PlotMeasuresParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

fn sketch(params: &PlotMeasuresParams, inputs: &PlotMeasuresInputs) -> Result<Sketch, StageError> {
    let rows = group(&inputs.rows.0, &params.rows, &params.select)?;
    let members = rows.iter().flat_map(|row| &row.members);
    let gathered: Vec<&Measures> = members.map(|member| member.value).collect();
    let names = measured::names(&params.measures, &gathered)?;
    let groups: Vec<(String, Vec<Option<Estimate>>)> = rows
        .iter()
        .map(|row| {
            let bar = |name: &String| {
                let numbers = row.values(|measures| measures.get(name));
                Estimate::of(&numbers.into_iter().flatten().collect::<Vec<f64>>())
            };
            (row.label(&params.headings), names.iter().map(bar).collect())
        })
        .collect();
    let is_below_zero = |estimate: &Estimate| estimate.min < 0.0;
    if groups.iter().flat_map(|(_, bars)| bars).flatten().any(is_below_zero) {
        let message = "a number is below zero; bars begin at zero";
        return Err(StageError::data_with_help(message, "name other `measures`"));
    }
    let kind = |(position, name): (usize, &String)| {
        let label = heading(&params.headings, name);
        Kind { name: label.clone(), label, ink: series(position).0 }
    };
    let mut notes = vec![MEANING.to_owned()];
    notes.extend(params.notes.iter().cloned());
    let chart = Chart {
        title: &params.title,
        what: "means",
        width: None,
        height: None,
        notes,
        kinds: names.iter().enumerate().map(kind).collect(),
        unit: Unit::Plain { title: params.x_label.clone(), digits: params.digits.into() },
        groups,
    };
    chart.sketch()
}

#[cfg(test)]
mod tests;
