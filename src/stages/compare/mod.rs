//! `compare`: paired differences of two methods, with their tests and a verdict.
//!
//! `paired` says which evaluations are held against which. One tidy row a group, pair of labels and
//! metric says by how much a differs from b:
//!
//! - `mean` and `sd` (n - 1 below the sum) of a - b, with the means of both sides;
//! - `ci_low` and `ci_high`: the interval of the mean difference by Student's t at `confidence`;
//! - `t` and `t_p`: the paired t test, two-sided;
//! - `wilcoxon_p`: Wilcoxon's signed ranks, two-sided, counted out up to 25 pairs, differences of
//!   zero dropped; it cannot fall below 2 / 2^n, so five pairs never reach 5 %;
//! - `verdict`: "a higher" or "b higher" if the t interval, as it is printed, leaves out zero, "within
//!   noise" if not.
//!
//! Of a single pair only the difference is known; the rest is empty. If all differences are equal the t
//! test has p = 0, or 1 where they are zero, and no `t`. Nothing corrects for many comparisons: at
//! 95 % one in twenty differences without a cause gets a verdict.

mod columns;
mod print;

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evaluation_table;
use super::metric::Metric;
use super::paired::{Pairing, check_claims, comparisons, half_digit};
use super::rows::{SEED, STAGE};
use crate::artifact::Table;
use crate::stage::{Gathered, Stage, StageContext, StageError, inputs, outputs};
use crate::statistics::Side;
use crate::zsl::Evaluation;

/// What is compared and how it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompareParams {
    /// What the table shows, in a sentence. Default: "Paired differences".
    pub caption: String,
    /// The numbers that are compared, a row each. Default: t1, unseen, seen, harmonic.
    pub metrics: Vec<Metric>,
    /// The axis of the sweep whose labels are compared; `stage` stands for the name of the gathered
    /// stage. Default: `stage`.
    pub between: String,
    /// What is compared with what: pairs of labels, a and b, for the difference a - b. Default: empty,
    /// for each label against the first.
    pub pairs: Vec<[String; 2]>,
    /// Which evaluations are compared: axis to label. Evaluations that do not vary along an axis fit
    /// all its labels. Default: all.
    pub select: BTreeMap<String, String>,
    /// The axes along which evaluations are paired. More than the seed makes more pairs, but pairs of
    /// one seed may resemble each other, and then every p is too small. Default: the seed.
    pub paired_by: Vec<String>,
    /// How sure the interval and the verdict are. Default: 0.95.
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub confidence: f64,
    /// Which side is claimed to be higher, a number's name to `a` or `b`: its verdict is `confirmed`,
    /// `refuted` or `within noise`. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, Side>,
    /// Other words for axes, metrics and labels; `axis=label` names a label of one axis only.
    /// Default: none.
    pub headings: BTreeMap<String, String>,
    /// Digits after the point. Default: 1, as published tables have.
    #[schemars(range(min = 0, max = 6))]
    pub digits: u8,
    /// Lines below the table. Default: none.
    pub notes: Vec<String>,
}

impl Default for CompareParams {
    fn default() -> Self {
        Self {
            caption: "Paired differences".into(),
            metrics: vec![Metric::T1, Metric::Unseen, Metric::Seen, Metric::Harmonic],
            between: STAGE.into(),
            pairs: Vec::new(),
            select: BTreeMap::new(),
            paired_by: vec![SEED.into()],
            confidence: 0.95,
            claims: BTreeMap::new(),
            headings: BTreeMap::new(),
            digits: 1,
            notes: Vec::new(),
        }
    }
}

inputs! {
    /// What `compare` reads.
    pub struct CompareInputs {
        /// The evaluations, one a stage and trial.
        rows: Gathered<Evaluation>,
    }
}

outputs! {
    /// What `compare` makes.
    pub struct CompareOutputs {
        /// One tidy row a group, pair of labels and metric.
        table: Table,
    }
}

/// The stage kind `compare`.
pub struct Compare;

impl Stage for Compare {
    const KIND: &'static str = "compare";
    const SUMMARY: &'static str = "paired differences of evaluations, with tests and a verdict";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = CompareParams;
    type Inputs = CompareInputs;
    type Outputs = CompareOutputs;

    fn run(
        params: &CompareParams,
        inputs: CompareInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<CompareOutputs, StageError> {
        let pairing = pairing(params);
        let check = |evaluation: &Evaluation, name: &str| {
            evaluation_table::check_numbers(evaluation, &params.metrics, || name.to_owned())
        };
        let comparisons = comparisons(&inputs.rows.0, &pairing, check)?;
        let columns = columns::tidy(&comparisons.met, params, &pairing);
        let table = Table::new(columns, print::table(&comparisons, params, &pairing));
        let bug = |error: io::Error| StageError::Bug(format!("compare: {error}"));
        Ok(CompareOutputs { table: table.map_err(bug)? })
    }

    fn check(params: &CompareParams) -> Result<(), StageError> {
        evaluation_table::check(&params.metrics, params.digits)?;
        let metrics: Vec<&str> = params.metrics.iter().map(|metric| metric.name()).collect();
        check_claims(&params.claims, &metrics)?;
        pairing(params).check()
    }
}

fn pairing(params: &CompareParams) -> Pairing<'_> {
    Pairing {
        between: &params.between,
        pairs: &params.pairs,
        select: &params.select,
        paired_by: &params.paired_by,
        confidence: params.confidence,
        // Percentages have two digits less, and so many are two places further.
        least: half_digit(params.digits + 2),
        claims: &params.claims,
    }
}

#[cfg(test)]
mod tests;
