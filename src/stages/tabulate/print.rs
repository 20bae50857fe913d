//! How both tables are printed.

use super::super::evaluation_table::{
    Key, Printed, column_or_note, distinct, peeked, split_in_brief,
};
use super::super::metric::Metric;
use super::super::rows::Row;
use super::TabulateParams;
use super::columns::{OURS, fewest, keys, selected_on, split};
use crate::artifact::{Cell, Presentation, Scale, TableColumn};
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
    let printed = printed(params);
    let keys = keys_of(rows);
    let mut columns = printed.axis_columns(&keys);
    columns.push(printed.value("n", "n"));
    for metric in &params.metrics {
        columns.push(measure(printed, *metric, "mean", Some("sd")));
        if params.chance && *metric == Metric::T1 {
            columns.push(chance(printed));
        }
    }
    let mut notes =
        vec!["Accuracies in percent: mean ± standard deviation (n - 1) over n seeds.".to_owned()];
    let policies = distinct(rows.iter().map(selected_on));
    let splits = distinct(rows.iter().map(split));
    columns.extend(column_or_note(&printed, "selected_on", "selected on", &policies, &mut notes));
    let mut split_column = column_or_note(&printed, "split", "split", &splits, &mut notes);
    if let Some(TableColumn { cell: Cell::Value { labels, .. }, .. }) = &mut split_column {
        labels.extend(splits.into_iter().map(|split| (split.clone(), split_in_brief(&split))));
    }
    columns.extend(split_column);
    columns.extend(IMAGES.iter().map(|(name, default, _)| printed.value(name, default)));
    if IMAGES.iter().any(|(.., count)| rows.iter().any(|row| varies(row, *count))) {
        notes.push("Image counts differ among seeds; the smallest is shown.".to_owned());
    }
    notes.extend(params.notes.iter().cloned());
    Presentation {
        caption: params.caption.clone(),
        rows: printed.axes(&keys),
        columns,
        stamps: vec![peeked()],
        notes,
    }
}

/// The presentation of the table with one row a seed.
pub(super) fn per_seed(rows: &[Row<'_>], params: &TabulateParams) -> Presentation {
    let printed = printed(params);
    let keys = keys_of(rows);
    let mut columns = printed.axis_columns(&keys);
    columns.push(printed.value("seed", "seed"));
    let measures = params.metrics.iter().map(|metric| measure(printed, *metric, "value", None));
    columns.extend(measures);
    columns.extend(IMAGES.iter().map(|(name, default, _)| printed.value(name, default)));
    let mut rows = printed.axes(&keys);
    rows.push("seed".to_owned());
    let mut notes = vec!["Accuracies in percent.".to_owned()];
    notes.extend(params.notes.iter().cloned());
    Presentation {
        caption: format!("{}: each seed", params.caption),
        rows,
        columns,
        stamps: vec![peeked()],
        notes,
    }
}

fn printed(params: &TabulateParams) -> Printed<'_> {
    Printed { headings: &params.headings, digits: params.digits, own: &OURS }
}

fn keys_of<'a>(rows: &'a [Row<'_>]) -> Vec<&'a Key> {
    keys(&rows.iter().collect::<Vec<_>>())
}

fn measure(printed: Printed<'_>, metric: Metric, value: &str, spread: Option<&str>) -> TableColumn {
    TableColumn {
        heading: printed.heading(metric.name(), metric.heading()),
        cell: printed.measure(metric, value, spread),
    }
}

fn chance(printed: Printed<'_>) -> TableColumn {
    TableColumn {
        heading: printed.heading("chance", "chance T1"),
        cell: Cell::Measure {
            metric: Metric::T1.name().to_owned(),
            value: "chance".to_owned(),
            spread: None,
            digits: printed.digits,
            scale: Scale::Percent,
        },
    }
}

fn varies(row: &Row<'_>, count: fn(&Evaluation) -> usize) -> bool {
    row.members.iter().any(|member| count(member.value) != fewest(row, count))
}
