//! `compare-measures`: paired differences of measurements, with their tests and a verdict.
//!
//! What `compare` is to evaluations, with the same pairs, columns and verdict, in numbers as they are
//! rather than in percent. A run may lack a number; a pair of which a side lacks it is left out, which
//! the tidy column `left_out` counts and a note says.

mod table;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::{self, DIGITS};
use super::paired::{Difference, Pairing, check_claims, comparisons, half_digit};
use super::rows::{SEED, STAGE, selected};
use crate::artifact::{Measures, Table};
use crate::stage::{Gathered, Stage, StageContext, StageError, inputs, outputs};
use crate::statistics::Side;

/// What is compared and how it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompareMeasuresParams {
    /// What the table shows, in a sentence. Default: "Paired differences".
    pub caption: String,
    /// The numbers that are compared, a row each. Default: empty, for all that the first measurement
    /// has.
    pub measures: Vec<String>,
    /// The axis of the sweep whose labels are compared; `stage` stands for the name of the gathered
    /// stage. Default: `stage`.
    pub between: String,
    /// What is compared with what: pairs of labels, a and b, for the difference a - b. Default: empty,
    /// for each label against the first.
    pub pairs: Vec<[String; 2]>,
    /// Which measurements are compared: axis to label. Measurements that do not vary along an axis fit
    /// all its labels. Default: all.
    pub select: BTreeMap<String, String>,
    /// The axes along which measurements are paired. More than the seed makes more pairs, but pairs of
    /// one seed may resemble each other, and then every p is too small. Default: the seed.
    pub paired_by: Vec<String>,
    /// How sure the interval and the verdict are. Default: 0.95.
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub confidence: f64,
    /// Which side is claimed to be higher, a number's name to `a` or `b`: its verdict is `confirmed`,
    /// `refuted` or `within noise`. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, Side>,
    /// Other words for axes, numbers and labels; `axis=label` names a label of one axis only, and
    /// `metric=NAME` a number, where a column of the table has the same name. Default: none.
    pub headings: BTreeMap<String, String>,
    /// Digits after the point. Default: 3.
    #[schemars(range(min = 0, max = 6))]
    pub digits: u8,
    /// Lines below the table. Default: none.
    pub notes: Vec<String>,
}

impl Default for CompareMeasuresParams {
    fn default() -> Self {
        Self {
            caption: "Paired differences".into(),
            measures: Vec::new(),
            between: STAGE.into(),
            pairs: Vec::new(),
            select: BTreeMap::new(),
            paired_by: vec![SEED.into()],
            confidence: 0.95,
            claims: BTreeMap::new(),
            headings: BTreeMap::new(),
            digits: DIGITS,
            notes: Vec::new(),
        }
    }
}

inputs! {
    /// What `compare-measures` reads.
    pub struct CompareMeasuresInputs {
        /// The measurements, one a stage and trial.
        rows: Gathered<Measures>,
    }
}

outputs! {
    /// What `compare-measures` makes.
    pub struct CompareMeasuresOutputs {
        /// One tidy row a group, pair of labels and number.
        table: Table,
    }
}

/// The stage kind `compare-measures`.
pub struct CompareMeasures;

impl Stage for CompareMeasures {
    const KIND: &'static str = "compare-measures";
    const SUMMARY: &'static str = "paired differences of measurements, with tests and a verdict";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = CompareMeasuresParams;
    type Inputs = CompareMeasuresInputs;
    type Outputs = CompareMeasuresOutputs;

    fn run(
        params: &CompareMeasuresParams,
        inputs: CompareMeasuresInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<CompareMeasuresOutputs, StageError> {
        let items = &inputs.rows.0;
        let pairing = pairing(params);
        let comparisons = comparisons(items, &pairing, |_, _| Ok(()))?;
        let selected = selected(items, &params.select)?;
        let gathered: Vec<&Measures> = selected.iter().map(|item| &item.value).collect();
        let names = measured::names(&params.measures, &gathered)?;
        check_claims(&params.claims, &names)?;
        let difference = |(comparison, name)| {
            Difference::of(comparison, name, params.confidence, |measures: &Measures| {
                measures.get(name)
            })
        };
        let differences: Vec<Difference<'_, '_, Measures>> = comparisons
            .met
            .iter()
            .flat_map(|comparison| names.iter().map(move |name| (comparison, name.as_str())))
            .map(difference)
            .collect();
        let presentation = table::presentation(&comparisons, &differences, &names, params);
        let table = Table::new(table::columns(&differences, &pairing), presentation);
        let bug = |error| StageError::Bug(format!("compare-measures: {error}"));
        Ok(CompareMeasuresOutputs { table: table.map_err(bug)? })
    }

    fn check(params: &CompareMeasuresParams) -> Result<(), StageError> {
        measured::check(&params.measures, params.digits)?;
        pairing(params).check()
    }
}

fn pairing(params: &CompareMeasuresParams) -> Pairing<'_> {
    Pairing {
        between: &params.between,
        pairs: &params.pairs,
        select: &params.select,
        paired_by: &params.paired_by,
        confidence: params.confidence,
        least: half_digit(params.digits),
        claims: &params.claims,
    }
}

#[cfg(test)]
mod tests;
