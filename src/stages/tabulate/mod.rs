//! `tabulate`: a table of evaluations, one row a setting, each number with its spread over seeds.
//!
//! Two tables come out: `table` has one tidy row a setting and metric with the statistics over
//! seeds, `per_seed` one a setting, seed and metric. Fractions stay fractions in the tidy data; the
//! printed forms show percent. Every axis of the sweep is a column, named `axis.NAME` where the tidy
//! data has a column `NAME` already.

mod columns;
mod print;

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evaluation_table;
use super::metric::Metric;
use super::rows::{Row, group};
use crate::artifact::Table;
use crate::stage::{Gathered, Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::Evaluation;

/// What the table shows and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TabulateParams {
    /// What the table shows, in a sentence. Default: "Zero-shot and generalised zero-shot
    /// accuracy".
    pub caption: String,
    /// The columns of numbers, from left to right. Default: t1, unseen, seen, harmonic, ausuc,
    /// `acc_instance`; the numbers that the literature compares, and one that it confuses with T1.
    pub metrics: Vec<Metric>,
    /// The axes of the sweep that make a row, in the order of their columns; `stage` stands for the
    /// name of the gathered stage. Default: empty, for all axes but the seed, and the stage where
    /// several are gathered.
    pub rows: Vec<String>,
    /// Which evaluations to show: axis to label. Evaluations that do not vary along an axis fit all
    /// its labels. Default: all.
    pub select: BTreeMap<String, String>,
    /// Other words for axes, metrics and labels; `axis=label` names a label of one axis only.
    /// Default: none.
    pub headings: BTreeMap<String, String>,
    /// Digits after the point. Default: 1, as published tables have.
    #[schemars(range(min = 0, max = 6))]
    pub digits: u8,
    /// Lines below the table. Default: none.
    pub notes: Vec<String>,
    /// Whether to print the T1 of guessing, one over the number of unseen classes. Default: false.
    pub chance: bool,
}

impl Default for TabulateParams {
    fn default() -> Self {
        use Metric::{AccInstance, Ausuc, Harmonic, Seen, T1, Unseen};
        Self {
            caption: "Zero-shot and generalised zero-shot accuracy".into(),
            metrics: vec![T1, Unseen, Seen, Harmonic, Ausuc, AccInstance],
            rows: Vec::new(),
            select: BTreeMap::new(),
            headings: BTreeMap::new(),
            digits: 1,
            notes: Vec::new(),
            chance: false,
        }
    }
}

inputs! {
    /// What `tabulate` reads.
    pub struct TabulateInputs {
        /// The evaluations, one a stage and trial.
        rows: Gathered<Evaluation>,
    }
}

outputs! {
    /// What `tabulate` makes.
    pub struct TabulateOutputs {
        /// One tidy row a setting and metric, with the statistics over seeds.
        table: Table,
        /// One tidy row a setting, seed and metric.
        per_seed: Table,
    }
}

/// The stage kind `tabulate`.
pub struct Tabulate;

impl Stage for Tabulate {
    const KIND: &'static str = "tabulate";
    const SUMMARY: &'static str = "a table of evaluations with mean and spread over seeds";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = TabulateParams;
    type Inputs = TabulateInputs;
    type Outputs = TabulateOutputs;

    fn run(
        params: &TabulateParams,
        inputs: TabulateInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<TabulateOutputs, StageError> {
        let rows = group(&inputs.rows.0, &params.rows, &params.select)?;
        check_numbers(&rows, &params.metrics)?;
        let bug = |error: io::Error| StageError::Bug(format!("tabulate: {error}"));
        let table = Table::new(columns::aggregated(&rows, params), print::table(&rows, params));
        let per_seed = Table::new(columns::per_seed(&rows, params), print::per_seed(&rows, params));
        Ok(TabulateOutputs { table: table.map_err(bug)?, per_seed: per_seed.map_err(bug)? })
    }

    fn check(params: &TabulateParams) -> Result<(), StageError> {
        evaluation_table::check(&params.metrics, params.digits)
    }
}

fn check_numbers(rows: &[Row<'_>], metrics: &[Metric]) -> Result<(), StageError> {
    let is_there = |metric: &Metric| {
        let mut members = rows.iter().flat_map(|row| &row.members);
        members.any(|member| metric.of(member.value).is_finite())
    };
    let may_lack = |metric: &Metric| metric.is_optional() && is_there(metric);
    let needed: Vec<Metric> = metrics.iter().copied().filter(|one| !may_lack(one)).collect();
    for row in rows {
        for member in &row.members {
            evaluation_table::check_numbers(member.value, &needed, || {
                let seed = member.seed.map_or(String::new(), |seed| format!(", seed {seed}"));
                format!("`{}`{seed}", row.label(&BTreeMap::new()))
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
