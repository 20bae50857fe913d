//! The tidy columns, and how they are printed.

use super::super::evaluation_table::{Columns, Printed, with_axes};
use super::super::measured::heading;
use super::super::paired::{self, Comparisons, Difference, Pairing, PrintedDifferences};
use super::{CompareMeasuresParams, pairing};
use crate::artifact::{Cell, Measures, Presentation, Scale, Values};

/// What measurements have beside the columns of all differences.
const LEFT_OUT: &str = "left_out";

/// The columns that are no axes.
fn ours() -> Vec<&'static str> {
    paired::OURS.into_iter().chain([LEFT_OUT]).collect()
}

/// One tidy row a comparison and number.
pub(super) fn columns(
    differences: &[Difference<'_, '_, Measures>],
    pairing: &Pairing<'_>,
) -> Columns {
    let mut columns = paired::columns(differences, pairing);
    let left_out = differences.iter().map(Difference::left_out);
    columns.push((LEFT_OUT.to_owned(), Values::Count(left_out.collect())));
    with_axes(&paired::keys(differences), &ours(), columns)
}

/// The presentation of the table.
pub(super) fn presentation(
    comparisons: &Comparisons<'_, Measures>,
    differences: &[Difference<'_, '_, Measures>],
    names: &[String],
    params: &CompareMeasuresParams,
) -> Presentation {
    let ours = ours();
    let printed = Printed { headings: &params.headings, digits: params.digits, own: &ours };
    let pairing = pairing(params);
    let heading = |name: &str| heading(&params.headings, name);
    let mut notes = paired::notes(&pairing, &comparisons.alone, &params.headings, "");
    let lacking = differences.iter().filter(|one| one.left_out() > 0);
    let lacking: Vec<String> = lacking
        .map(|one| {
            let of = one.comparison.pairs.len();
            let place = paired::place(one.comparison, &pairing, &params.headings);
            format!("{} of {place}: {} of {of}", heading(&one.metric), one.left_out())
        })
        .collect();
    if !lacking.is_empty() {
        let what = "Pairs of which a side lacks the number are left out";
        notes.push(format!("{what}: {}.", lacking.join("; ")));
    }
    notes.extend(params.notes.iter().cloned());
    let metrics = names.iter().map(|name| (name.clone(), heading(name))).collect();
    let differences = PrintedDifferences { printed, pairing: &pairing, metrics };
    let columns = differences.columns(&comparisons.met, |value, spread| {
        let cell = |name: &String| Cell::Measure {
            metric: name.clone(),
            value: value.to_owned(),
            spread: spread.map(str::to_owned),
            digits: params.digits,
            scale: Scale::Plain,
        };
        names.iter().map(cell).collect()
    });
    Presentation {
        caption: params.caption.clone(),
        rows: Vec::new(),
        columns,
        stamps: Vec::new(),
        notes,
    }
}
