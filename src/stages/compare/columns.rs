//! The tidy columns.

use super::super::evaluation_table::{Columns, Key, several, split_of, with_axes};
use super::super::metric::Metric;
use super::super::rows::{Item, NO_LABEL, label_on};
use super::CompareParams;
use super::pairing::Comparison;
use crate::artifact::Values;
use crate::statistics::{PairedDifference, Spread};

/// The columns that are no axes.
pub(super) const OURS: [&str; 20] = [
    "a",
    "b",
    "metric",
    "n",
    "mean_a",
    "mean_b",
    "mean",
    "sd",
    "ci_low",
    "ci_high",
    "confidence",
    "t",
    "t_p",
    "wilcoxon_p",
    "verdict",
    "seeds",
    "selected_on",
    "peeked",
    "split",
    "splits_differ",
];

/// One tidy row a comparison and metric.
pub(super) fn tidy(comparisons: &[Comparison<'_>], params: &CompareParams) -> Columns {
    let cells: Vec<(&Comparison<'_>, Metric, PairedDifference)> = comparisons
        .iter()
        .flat_map(|comparison| params.metrics.iter().map(move |metric| (comparison, *metric)))
        .filter_map(|(comparison, metric)| {
            let pairs = comparison.pairs.iter();
            let pairs: Vec<(f64, f64)> =
                pairs.map(|(a, b)| (metric.of(&a.value), metric.of(&b.value))).collect();
            Some((comparison, metric, PairedDifference::of(&pairs, params.confidence)?))
        })
        .collect();
    let text = |value: &dyn Fn(&Comparison<'_>) -> String| {
        Values::Text(cells.iter().map(|(comparison, ..)| value(comparison)).collect())
    };
    let flag = |value: fn(&Comparison<'_>) -> bool| {
        Values::Flag(cells.iter().map(|(comparison, ..)| value(comparison)).collect())
    };
    let number = |value: fn(&PairedDifference) -> f64| {
        Values::Number(cells.iter().map(|(.., found)| Some(value(found))).collect())
    };
    let spread = |value: fn(&Spread) -> Option<f64>| {
        let spreads = cells.iter().map(|(.., found)| found.spread.as_ref().and_then(value));
        Values::Number(spreads.collect())
    };
    let verdicts = cells.iter().map(|(.., found)| {
        found.spread.map_or(String::new(), |spread| spread.verdict.name().to_owned())
    });
    let metrics = cells.iter().map(|(_, metric, _)| metric.name().to_owned());
    let confidence = Values::Number(vec![Some(params.confidence); cells.len()]);
    let columns = [
        ("a", text(&|comparison| comparison.a.to_owned())),
        ("b", text(&|comparison| comparison.b.to_owned())),
        ("metric", Values::Text(metrics.collect())),
        ("n", Values::Count(cells.iter().map(|(.., found)| found.n).collect())),
        ("mean_a", number(|found| found.mean_a)),
        ("mean_b", number(|found| found.mean_b)),
        ("mean", number(|found| found.mean)),
        ("sd", spread(|spread| Some(spread.sd))),
        ("ci_low", spread(|spread| Some(spread.interval.0))),
        ("ci_high", spread(|spread| Some(spread.interval.1))),
        ("confidence", confidence),
        ("t", spread(|spread| spread.t)),
        ("t_p", spread(|spread| Some(spread.t_p))),
        ("wilcoxon_p", spread(|spread| Some(spread.rank_p))),
        ("verdict", Values::Text(verdicts.collect())),
        ("seeds", text(&|comparison| runs(comparison, &params.paired_by))),
        ("selected_on", text(&selected_on)),
        ("peeked", flag(|comparison| comparison.items().any(|item| item.value.peeked))),
        ("split", text(&split)),
        ("splits_differ", flag(splits_differ)),
    ];
    let keys: Vec<&Key> = cells.iter().map(|(comparison, ..)| comparison.key.as_slice()).collect();
    let columns = columns.into_iter().map(|(name, values)| (name.to_owned(), values));
    with_axes(&keys, &OURS, columns.collect())
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

/// The labels of the pairs, in order; several axes with a stroke between.
fn runs(comparison: &Comparison<'_>, paired_by: &[String]) -> String {
    let run = |item: &Item| {
        let labels = paired_by.iter().map(|axis| label_on(item, axis).unwrap_or(NO_LABEL));
        labels.collect::<Vec<_>>().join("/")
    };
    comparison.pairs.iter().map(|(a, _)| run(a)).collect::<Vec<_>>().join(", ")
}
