//! The tidy columns of both tables.

use super::super::estimate::Estimate;
use super::super::evaluation_table::{Columns, Key, several, short_split, split_of, with_axes};
use super::super::metric::Metric;
use super::super::rows::{Member, Row};
use super::TabulateParams;
use crate::artifact::Values;
use crate::zsl::Evaluation;

/// The columns of both tables that are no axes.
pub(super) const OURS: [&str; 19] = [
    "seed",
    "metric",
    "value",
    "n",
    "mean",
    "sd",
    "sd0",
    "ci95_low",
    "ci95_high",
    "min",
    "max",
    "chance",
    "seeds",
    "selected_on",
    "peeked",
    "split",
    "train_images",
    "test_seen_images",
    "test_unseen_images",
];

/// One tidy row a setting and metric.
pub(super) fn aggregated(rows: &[Row<'_>], params: &TabulateParams) -> Columns {
    let cells: Vec<(&Row<'_>, Metric, Estimate)> = rows
        .iter()
        .flat_map(|row| params.metrics.iter().map(move |metric| (row, *metric)))
        .filter_map(|(row, metric)| {
            let values = row.values(|evaluation| metric.of(evaluation));
            // What a method does not have is left out, and printed as such.
            let is_measured = values.iter().all(|value| value.is_finite());
            let estimate = Estimate::of(&values).filter(|_| is_measured)?;
            Some((row, metric, estimate))
        })
        .collect();
    let of_rows: Vec<&Row<'_>> = cells.iter().map(|(row, ..)| *row).collect();
    let number = |value: fn(&Estimate) -> Option<f64>| {
        Values::Number(cells.iter().map(|(.., estimate)| value(estimate)).collect())
    };
    let mut columns = Columns::new();
    let mut put = |name: &str, values| columns.push((name.to_owned(), values));
    put("metric", Values::Text(cells.iter().map(|(_, m, _)| m.name().to_owned()).collect()));
    put("n", Values::Count(cells.iter().map(|(.., estimate)| estimate.n).collect()));
    put("mean", number(|estimate| Some(estimate.mean)));
    put("sd", number(|estimate| estimate.sd));
    put("sd0", number(|estimate| Some(estimate.sd0)));
    put("ci95_low", number(|estimate| estimate.ci95.map(|(low, _)| low)));
    put("ci95_high", number(|estimate| estimate.ci95.map(|(_, high)| high)));
    put("min", number(|estimate| Some(estimate.min)));
    put("max", number(|estimate| Some(estimate.max)));
    put("chance", Values::Number(cells.iter().map(|(row, m, _)| chance(row, *m)).collect()));
    let text = |value: fn(&Row<'_>) -> String| {
        Values::Text(of_rows.iter().map(|row| value(row)).collect())
    };
    put("seeds", Values::Text(of_rows.iter().map(|row| row.seeds()).collect()));
    put("selected_on", text(selected_on));
    put("peeked", Values::Flag(of_rows.iter().map(|row| row.is_peeked()).collect()));
    put("split", text(split));
    let count = |value: fn(&Evaluation) -> usize| {
        Values::Count(of_rows.iter().map(|row| fewest(row, value)).collect())
    };
    put("train_images", count(|evaluation| evaluation.train_images));
    put("test_seen_images", count(|evaluation| evaluation.test_seen_images));
    put("test_unseen_images", count(|evaluation| evaluation.test_unseen_images));
    with_axes(&keys(&of_rows), &OURS, columns)
}

/// One tidy row a setting, seed and metric.
pub(super) fn per_seed(rows: &[Row<'_>], params: &TabulateParams) -> Columns {
    let cells: Vec<(&Row<'_>, &Member<'_>, Metric)> = rows
        .iter()
        .flat_map(|row| row.members.iter().map(move |member| (row, member)))
        .flat_map(|(row, member)| params.metrics.iter().map(move |metric| (row, member, *metric)))
        .collect();
    let of_rows: Vec<&Row<'_>> = cells.iter().map(|(row, ..)| *row).collect();
    let text = |value: &dyn Fn(&Member<'_>) -> String| {
        Values::Text(cells.iter().map(|(_, member, _)| value(member)).collect())
    };
    let count = |value: fn(&Evaluation) -> usize| {
        Values::Count(cells.iter().map(|(_, member, _)| value(member.value)).collect())
    };
    let mut columns = Columns::new();
    let mut put = |name: &str, values| columns.push((name.to_owned(), values));
    put("seed", text(&|member| member.seed.unwrap_or_default().to_owned()));
    put("metric", Values::Text(cells.iter().map(|(.., m)| m.name().to_owned()).collect()));
    let value = |(_, member, metric): &(&Row<'_>, &Member<'_>, Metric)| {
        Some(metric.of(member.value)).filter(|value| value.is_finite())
    };
    let values = cells.iter().map(value);
    put("value", Values::Number(values.collect()));
    put("selected_on", text(&|member| member.value.selected_on.clone()));
    let peeked = cells.iter().map(|(_, member, _)| member.value.peeked);
    put("peeked", Values::Flag(peeked.collect()));
    put("split", text(&|member| short_split(&member.value.split)));
    put("train_images", count(|evaluation| evaluation.train_images));
    put("test_seen_images", count(|evaluation| evaluation.test_seen_images));
    put("test_unseen_images", count(|evaluation| evaluation.test_unseen_images));
    with_axes(&keys(&of_rows), &OURS, columns)
}

/// The T1 of guessing among the unseen classes.
fn chance(row: &Row<'_>, metric: Metric) -> Option<f64> {
    let classes = &row.members.first()?.value.per_class;
    let unseen = classes.iter().filter(|class| !class.is_seen).count();
    #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
    let share = (unseen > 0 && metric == Metric::T1).then(|| 1.0 / unseen as f64);
    share
}

/// How the members of a row were selected.
pub(super) fn selected_on(row: &Row<'_>) -> String {
    several(row.members.iter().map(|member| member.value.selected_on.clone()))
}

/// The identity of the split, or of all of them.
pub(super) fn split(row: &Row<'_>) -> String {
    split_of(row.members.iter().map(|member| member.value))
}

/// The least count among the seeds; a note says so where they differ.
pub(super) fn fewest(row: &Row<'_>, count: fn(&Evaluation) -> usize) -> usize {
    row.members.iter().map(|member| count(member.value)).min().unwrap_or(0)
}

/// The labels of rows on their axes.
pub(super) fn keys<'a>(rows: &[&'a Row<'_>]) -> Vec<&'a Key> {
    rows.iter().map(|row| row.key.as_slice()).collect()
}
