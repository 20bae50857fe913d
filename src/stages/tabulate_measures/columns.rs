//! The tidy columns of both tables.

use super::super::estimate::Estimate;
use super::super::evaluation_table::{Columns, Key, with_axes};
use super::super::rows::{Member, Row};
use crate::artifact::{Measures, Values};

/// The columns of both tables that are no axes.
pub(super) const OURS: [&str; 13] = [
    "seed",
    "metric",
    "value",
    "runs",
    "n",
    "missing",
    "mean",
    "sd",
    "ci95_low",
    "ci95_high",
    "min",
    "max",
    "seeds",
];

/// One number of a setting.
pub(super) struct Cell<'r, 'a> {
    pub(super) row: &'r Row<'a, Measures>,
    name: &'r str,
    /// How many runs have the number, and how many lack it.
    n: usize,
    pub(super) missing: usize,
    /// Over the runs that have it.
    estimate: Option<Estimate>,
}

/// All numbers of all settings.
pub(super) fn cells<'r, 'a>(
    rows: &'r [Row<'a, Measures>],
    names: &'r [String],
) -> Vec<Cell<'r, 'a>> {
    let of = |row: &'r Row<'a, Measures>, name: &'r str| {
        let numbers: Vec<f64> =
            row.values(|measures| measures.get(name)).into_iter().flatten().collect();
        let (n, missing) = (numbers.len(), row.members.len() - numbers.len());
        Cell { row, name, n, missing, estimate: Estimate::of(&numbers) }
    };
    rows.iter().flat_map(|row| names.iter().map(move |name| of(row, name))).collect()
}

/// One tidy row a setting and number.
pub(super) fn aggregated(cells: &[Cell<'_, '_>]) -> Columns {
    let number = |value: fn(&Estimate) -> Option<f64>| {
        Values::Number(cells.iter().map(|cell| cell.estimate.as_ref().and_then(value)).collect())
    };
    let count =
        |value: fn(&Cell<'_, '_>) -> usize| Values::Count(cells.iter().map(value).collect());
    let columns = [
        ("metric", Values::Text(cells.iter().map(|cell| cell.name.to_owned()).collect())),
        ("runs", count(|cell| cell.n + cell.missing)),
        ("n", count(|cell| cell.n)),
        ("missing", count(|cell| cell.missing)),
        ("mean", number(|estimate| Some(estimate.mean))),
        ("sd", number(|estimate| estimate.sd)),
        ("ci95_low", number(|estimate| estimate.ci95.map(|(low, _)| low))),
        ("ci95_high", number(|estimate| estimate.ci95.map(|(_, high)| high))),
        ("min", number(|estimate| Some(estimate.min))),
        ("max", number(|estimate| Some(estimate.max))),
        ("seeds", Values::Text(cells.iter().map(|cell| cell.row.seeds()).collect())),
    ];
    let columns = columns.into_iter().map(|(name, values)| (name.to_owned(), values));
    let keys: Vec<&Key> = cells.iter().map(|cell| cell.row.key.as_slice()).collect();
    with_axes(&keys, &OURS, columns.collect())
}

/// One tidy row a setting, seed and number; empty where the run lacks it.
pub(super) fn per_seed(rows: &[Row<'_, Measures>], names: &[String]) -> Columns {
    let runs: Vec<(&Row<'_, Measures>, &Member<'_, Measures>, &String)> = rows
        .iter()
        .flat_map(|row| row.members.iter().map(move |member| (row, member)))
        .flat_map(|(row, member)| names.iter().map(move |name| (row, member, name)))
        .collect();
    let seeds = runs.iter().map(|(_, member, _)| member.seed.unwrap_or_default().to_owned());
    let metrics = runs.iter().map(|(.., name)| (*name).clone());
    let values = runs.iter().map(|(_, member, name)| member.value.get(name));
    let columns = vec![
        ("seed".to_owned(), Values::Text(seeds.collect())),
        ("metric".to_owned(), Values::Text(metrics.collect())),
        ("value".to_owned(), Values::Number(values.collect())),
    ];
    let keys: Vec<&Key> = runs.iter().map(|(row, ..)| row.key.as_slice()).collect();
    with_axes(&keys, &OURS, columns)
}
