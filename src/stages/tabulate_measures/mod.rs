//! `tabulate-measures`: a table of measurements, one row a setting, each number with its spread.
//!
//! Two tables come out: `table` has one tidy row a setting and number with the statistics over seeds,
//! `per_seed` one a setting, seed and number. A run may lack a number, such as the epoch in which a
//! value was reached that it never reached: statistics are over the runs that have it, `n` and
//! `missing` say how many have and lack it, and the printed table says so beside the mean. Numbers are
//! printed as they are, never in percent.

mod columns;
mod print;

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, DIGITS};
use super::rows::group;
use crate::artifact::{Measures, Table};
use crate::stage::{Gathered, Stage, StageContext, StageError, inputs, outputs};

/// What the table shows and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TabulateMeasuresParams {
    /// What the table shows, in a sentence. Default: "Measurements".
    pub caption: String,
    /// The columns of numbers, from left to right. Default: empty, for all that the first measurement
    /// has.
    pub measures: Vec<String>,
    /// The axes of the sweep that make a row, in the order of their columns; `stage` stands for the
    /// name of the gathered stage. Default: empty, for all axes but the seed, and the stage where
    /// several are gathered.
    pub rows: Vec<String>,
    /// Which measurements to show: axis to label. Measurements that do not vary along an axis fit all
    /// its labels. Default: all.
    pub select: BTreeMap<String, String>,
    /// Other words for axes, numbers and labels; `axis=label` names a label of one axis only, and
    /// `metric=NAME` a number, where a column of the table has the same name. Default: none.
    pub headings: BTreeMap<String, String>,
    /// Digits after the point. Default: 3.
    #[schemars(range(min = 0, max = 6))]
    pub digits: u8,
    /// Lines below the table. Default: none.
    pub notes: Vec<String>,
}

impl Default for TabulateMeasuresParams {
    fn default() -> Self {
        Self {
            caption: "Measurements".into(),
            measures: Vec::new(),
            rows: Vec::new(),
            select: BTreeMap::new(),
            headings: BTreeMap::new(),
            digits: DIGITS,
            notes: Vec::new(),
        }
    }
}

inputs! {
    /// What `tabulate-measures` reads.
    pub struct TabulateMeasuresInputs {
        /// The measurements, one a stage and trial.
        rows: Gathered<Measures>,
    }
}

outputs! {
    /// What `tabulate-measures` makes.
    pub struct TabulateMeasuresOutputs {
        /// One tidy row a setting and number, with the statistics over seeds.
        table: Table,
        /// One tidy row a setting, seed and number.
        per_seed: Table,
    }
}

/// The stage kind `tabulate-measures`.
pub struct TabulateMeasures;

impl Stage for TabulateMeasures {
    const KIND: &'static str = "tabulate-measures";
    const SUMMARY: &'static str = "a table of measurements with mean and spread over seeds";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = TabulateMeasuresParams;
    type Inputs = TabulateMeasuresInputs;
    type Outputs = TabulateMeasuresOutputs;

    fn run(
        params: &TabulateMeasuresParams,
        inputs: TabulateMeasuresInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<TabulateMeasuresOutputs, StageError> {
        let rows = group(&inputs.rows.0, &params.rows, &params.select)?;
        let members = rows.iter().flat_map(|row| &row.members);
        let gathered: Vec<&Measures> = members.map(|member| member.value).collect();
        let names = measured::names(&params.measures, &gathered)?;
        let bug = |error: io::Error| StageError::Bug(format!("tabulate-measures: {error}"));
        let cells = columns::cells(&rows, &names);
        let table = Table::new(columns::aggregated(&cells), print::table(&cells, &names, params));
        let per_seed =
            Table::new(columns::per_seed(&rows, &names), print::per_seed(&rows, &names, params));
        Ok(TabulateMeasuresOutputs { table: table.map_err(bug)?, per_seed: per_seed.map_err(bug)? })
    }

    fn check(params: &TabulateMeasuresParams) -> Result<(), StageError> {
        measured::check(&params.measures, params.digits)
    }
}

#[cfg(test)]
mod tests;
