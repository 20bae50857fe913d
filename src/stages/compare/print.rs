//! How the table is printed: one row a comparison and metric.

use super::super::evaluation_table::{Printed, column_or_note, distinct, peeked, split_in_brief};
use super::super::paired::{self, Comparisons, Pairing, PrintedDifferences};
use super::CompareParams;
use super::columns::{ours, selected_on, split};
use crate::artifact::{Presentation, Stamp};

/// The presentation of the table.
pub(super) fn table(
    comparisons: &Comparisons<'_>,
    params: &CompareParams,
    pairing: &Pairing<'_>,
) -> Presentation {
    let ours = ours();
    let printed = Printed { headings: &params.headings, digits: params.digits, own: &ours };
    let unit = ", accuracies in points of percent";
    let Comparisons { met, alone } = comparisons;
    let mut notes = paired::notes(pairing, alone, &params.headings, unit);
    let policies = distinct(met.iter().map(selected_on));
    let policy = column_or_note(&printed, "selected_on", "selected on", &policies, &mut notes);
    let splits = distinct(met.iter().map(split));
    let splits: Vec<String> = splits.iter().map(|split| split_in_brief(split)).collect();
    notes.push(format!("{}: {}.", printed.heading("split", "Split"), splits.join("; ")));
    notes.extend(params.notes.iter().cloned());
    let metrics = params.metrics.iter().map(|metric| {
        let name = metric.name();
        (name.to_owned(), printed.heading(name, metric.heading()))
    });
    let differences = PrintedDifferences { printed, pairing, metrics: metrics.collect() };
    // Each number stands in the unit of its metric.
    let mut columns = differences.columns(met, |value, spread| {
        params.metrics.iter().map(|metric| printed.measure(*metric, value, spread)).collect()
    });
    columns.extend(policy);
    Presentation {
        caption: params.caption.clone(),
        rows: Vec::new(),
        columns,
        stamps: vec![peeked(), splits_differ()],
        notes,
    }
}

fn splits_differ() -> Stamp {
    Stamp {
        column: "splits_differ".to_owned(),
        mark: "‡".to_owned(),
        meaning: "the sides of a pair were measured on different splits".to_owned(),
    }
}
