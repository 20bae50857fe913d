//! How both tables are printed.

use std::collections::BTreeMap;

use super::super::metric::Metric;
use super::super::rows::{Row, heading, shown_label};
use super::TabulateParams;
use super::columns::{axis_column, fewest, several, split, split_in_brief};
use crate::artifact::{Cell, Presentation, Scale, Stamp, TableColumn};
use crate::zsl::Evaluation;

/// Counts images of an evaluation.
type Count = fn(&Evaluation) -> usize;

/// The columns that count images: tidy name, heading and count.
const IMAGES: [(&str, &str, Count); 3] = [
    ("train_images", "train images", |evaluation| evaluation.train_images),
    ("test_seen_images", "test seen", |evaluation| evaluation.test_seen_images),
    ("test_unseen_images", "test unseen", |evaluation| evaluation.test_unseen_images),
];

/// The presentation of the table with statistics over seeds.
pub(super) fn table(rows: &[Row<'_>], params: &TabulateParams) -> Presentation {
    let mut columns = key_columns(rows, params);
    columns.push(value(params, "n", "n"));
    for metric in &params.metrics {
        columns.push(measure(params, *metric, "mean", Some("sd")));
        if params.chance && *metric == Metric::T1 {
            columns.push(chance(params));
        }
    }
    let mut notes =
        vec!["Accuracies in percent: mean ± standard deviation (n - 1) over n seeds.".to_owned()];
    let policies = distinct(rows, |row| several(row, |evaluation| evaluation.selected_on.clone()));
    let splits = distinct(rows, split);
    columns.extend(column_or_note(params, "selected_on", "selected on", &policies, &mut notes));
    let mut split_column = column_or_note(params, "split", "split", &splits, &mut notes);
    if let Some(TableColumn { cell: Cell::Value { labels, .. }, .. }) = &mut split_column {
        labels.extend(splits.into_iter().map(|split| (split.clone(), split_in_brief(&split))));
    }
    columns.extend(split_column);
    columns.extend(IMAGES.iter().map(|(name, default, _)| value(params, name, default)));
    if IMAGES.iter().any(|(.., count)| rows.iter().any(|row| varies(row, *count))) {
        notes.push("Image counts differ among seeds; the smallest is shown.".to_owned());
    }
    notes.extend(params.notes.iter().cloned());
    Presentation {
        caption: params.caption.clone(),
        rows: keys(rows),
        columns,
        stamps: vec![stamp()],
        notes,
    }
}

/// The presentation of the table with one row a seed.
pub(super) fn per_seed(rows: &[Row<'_>], params: &TabulateParams) -> Presentation {
    let mut columns = key_columns(rows, params);
    columns.push(value(params, "seed", "seed"));
    columns.extend(params.metrics.iter().map(|metric| measure(params, *metric, "value", None)));
    columns.extend(IMAGES.iter().map(|(name, default, _)| value(params, name, default)));
    let mut keys = keys(rows);
    keys.push("seed".to_owned());
    let mut notes = vec!["Accuracies in percent.".to_owned()];
    notes.extend(params.notes.iter().cloned());
    Presentation {
        caption: format!("{}: each seed", params.caption),
        rows: keys,
        columns,
        stamps: vec![stamp()],
        notes,
    }
}

fn keys(rows: &[Row<'_>]) -> Vec<String> {
    rows.first()
        .map_or_else(Vec::new, |row| row.key.iter().map(|(axis, _)| axis_column(axis)).collect())
}

fn key_columns(rows: &[Row<'_>], params: &TabulateParams) -> Vec<TableColumn> {
    let axes = rows.first().map_or(&[][..], |row| &row.key);
    axes.iter()
        .enumerate()
        .map(|(position, (axis, _))| {
            let labels = rows.iter().map(|row| &row.key[position]);
            let labels = labels
                .map(|pair| (pair.1.clone(), shown_label(&params.headings, pair)))
                .filter(|(label, shown)| label != shown)
                .collect();
            TableColumn {
                heading: heading(&params.headings, axis, axis),
                cell: Cell::Value { column: axis_column(axis), labels },
            }
        })
        .collect()
}

fn value(params: &TabulateParams, column: &str, default: &str) -> TableColumn {
    TableColumn {
        heading: heading(&params.headings, column, default),
        cell: Cell::Value { column: column.to_owned(), labels: BTreeMap::new() },
    }
}

fn measure(
    params: &TabulateParams,
    metric: Metric,
    value: &str,
    spread: Option<&str>,
) -> TableColumn {
    let scale = metric.scale();
    // A calibration is a score of about one, where a percentage has two digits more.
    let digits = if scale == Scale::Plain { params.digits + 2 } else { params.digits };
    TableColumn {
        heading: heading(&params.headings, metric.name(), metric.heading()),
        cell: Cell::Measure {
            metric: metric.name().to_owned(),
            value: value.to_owned(),
            spread: spread.map(str::to_owned),
            digits,
            scale,
        },
    }
}

fn chance(params: &TabulateParams) -> TableColumn {
    TableColumn {
        heading: heading(&params.headings, "chance", "chance T1"),
        cell: Cell::Measure {
            metric: Metric::T1.name().to_owned(),
            value: "chance".to_owned(),
            spread: None,
            digits: params.digits,
            scale: Scale::Percent,
        },
    }
}

fn stamp() -> Stamp {
    Stamp {
        column: "peeked".to_owned(),
        mark: "†".to_owned(),
        meaning: "selected on test".to_owned(),
    }
}

/// A column where rows differ, a note below the table where they agree.
fn column_or_note(
    params: &TabulateParams,
    column: &str,
    default: &str,
    distinct: &[String],
    notes: &mut Vec<String>,
) -> Option<TableColumn> {
    match distinct {
        [only] => {
            let mut words = heading(&params.headings, column, default);
            if let Some(first) = words.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            notes.push(format!("{words}: {only}."));
            None
        }
        _ => Some(value(params, column, default)),
    }
}

fn distinct(rows: &[Row<'_>], value: impl Fn(&Row<'_>) -> String) -> Vec<String> {
    let mut values: Vec<String> = rows.iter().map(value).collect();
    values.sort();
    values.dedup();
    values
}

fn varies(row: &Row<'_>, count: fn(&Evaluation) -> usize) -> bool {
    row.members.iter().any(|member| count(member.evaluation) != fewest(row, count))
}
