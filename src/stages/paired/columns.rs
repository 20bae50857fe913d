//! The tidy columns of differences, whatever was compared.

use super::super::evaluation_table::{Columns, Key};
use super::super::rows::{Item, NO_LABEL, label_on};
use super::{Comparison, Difference, Pairing};
use crate::artifact::Values;
use crate::statistics::{PairedDifference, Spread};

/// The names of the columns.
pub(in super::super) const OURS: [&str; 16] = [
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
];

/// One tidy row a difference.
pub(in super::super) fn columns<T>(
    differences: &[Difference<'_, '_, T>],
    pairing: &Pairing<'_>,
) -> Columns {
    let text = |value: &dyn Fn(&Comparison<'_, T>) -> String| {
        Values::Text(differences.iter().map(|one| value(one.comparison)).collect())
    };
    let number = |value: fn(&PairedDifference) -> Option<f64>| {
        Values::Number(differences.iter().map(|one| one.found.as_ref().and_then(value)).collect())
    };
    let spreads = || differences.iter().map(|one| one.found.and_then(|found| found.spread));
    let spread = |value: fn(&Spread) -> Option<f64>| {
        Values::Number(spreads().map(|spread| spread.as_ref().and_then(value)).collect())
    };
    let verdicts = differences.iter().map(|one| pairing.verdict(one).to_owned());
    let metrics = differences.iter().map(|one| one.metric.clone());
    let counts = differences.iter().map(|one| one.pairs.len());
    let seeds = differences.iter().map(|one| runs(one, pairing.paired_by));
    let columns = [
        text(&|comparison| comparison.a.to_owned()),
        text(&|comparison| comparison.b.to_owned()),
        Values::Text(metrics.collect()),
        Values::Count(counts.collect()),
        number(|found| Some(found.mean_a)),
        number(|found| Some(found.mean_b)),
        number(|found| Some(found.mean)),
        spread(|spread| Some(spread.sd)),
        spread(|spread| Some(spread.interval.0)),
        spread(|spread| Some(spread.interval.1)),
        Values::Number(vec![Some(pairing.confidence); differences.len()]),
        spread(|spread| spread.t),
        spread(|spread| Some(spread.t_p)),
        spread(|spread| Some(spread.rank_p)),
        Values::Text(verdicts.collect()),
        Values::Text(seeds.collect()),
    ];
    OURS.iter().map(|name| (*name).to_owned()).zip(columns).collect()
}

/// The labels of the groups of differences on their axes.
pub(in super::super) fn keys<'c, T>(differences: &[Difference<'c, '_, T>]) -> Vec<&'c Key> {
    differences.iter().map(|one| one.comparison.key.as_slice()).collect()
}

/// The labels of the pairs, in order; several axes with a stroke between.
fn runs<T>(difference: &Difference<'_, '_, T>, paired_by: &[String]) -> String {
    let run = |item: &Item<T>| {
        let labels = paired_by.iter().map(|axis| label_on(item, axis).unwrap_or(NO_LABEL));
        labels.collect::<Vec<_>>().join("/")
    };
    difference.pairs.iter().map(|(a, _)| run(a)).collect::<Vec<_>>().join(", ")
}
