//! The tidy columns.

use super::super::evaluation_table::{Columns, several, split_of, with_axes};
use super::super::paired::{self, Comparison, Difference, Pairing};
use super::CompareParams;
use crate::artifact::Values;

/// The columns that evaluations have beside those of all differences.
const MORE: [&str; 4] = ["selected_on", "peeked", "split", "splits_differ"];

/// The columns that are no axes.
pub(super) fn ours() -> Vec<&'static str> {
    paired::OURS.into_iter().chain(MORE).collect()
}

/// One tidy row a comparison and metric.
pub(super) fn tidy(
    comparisons: &[Comparison<'_>],
    params: &CompareParams,
    pairing: &Pairing<'_>,
) -> Columns {
    let differences: Vec<Difference<'_, '_>> = comparisons
        .iter()
        .flat_map(|comparison| params.metrics.iter().map(move |metric| (comparison, *metric)))
        .map(|(comparison, metric)| {
            let number = |evaluation: &_| Some(metric.of(evaluation));
            Difference::of(comparison, metric.name(), params.confidence, number)
        })
        .collect();
    let text = |value: &dyn Fn(&Comparison<'_>) -> String| {
        Values::Text(differences.iter().map(|one| value(one.comparison)).collect())
    };
    let flag = |value: fn(&Comparison<'_>) -> bool| {
        Values::Flag(differences.iter().map(|one| value(one.comparison)).collect())
    };
    let mut columns = paired::columns(&differences, pairing);
    let more = [
        text(&selected_on),
        flag(|comparison| comparison.items().any(|item| item.value.peeked)),
        text(&split),
        flag(splits_differ),
    ];
    columns.extend(MORE.iter().map(|name| (*name).to_owned()).zip(more));
    with_axes(&paired::keys(&differences), &ours(), columns)
}

/// How the evaluations of both sides were selected.
pub(super) fn selected_on(comparison: &Comparison<'_>) -> String {
    several(comparison.items().map(|item| item.value.selected_on.clone()))
}

/// The identity of the split of both sides, or of all of them.
pub(super) fn split(comparison: &Comparison<'_>) -> String {
    split_of(comparison.items().map(|item| &item.value))
}

/// Whether the two evaluations of a pair were measured on different splits.
fn splits_differ(comparison: &Comparison<'_>) -> bool {
    comparison.pairs.iter().any(|(a, b)| a.value.split != b.value.split)
}
