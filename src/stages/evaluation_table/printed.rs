//! The printed columns that tables of evaluations share.

use std::collections::BTreeMap;

use super::super::metric::Metric;
use super::super::rows::{heading, shown_label};
use super::{Key, axis_column};
use crate::artifact::{Cell, Scale, Stamp, TableColumn};

/// How the columns of one table are printed.
#[derive(Clone, Copy)]
pub(in super::super) struct Printed<'a> {
    /// The headings of the manifest.
    pub(in super::super) headings: &'a BTreeMap<String, String>,
    /// Digits after the point of a percentage.
    pub(in super::super) digits: u8,
    /// The tidy columns that are no axes.
    pub(in super::super) own: &'a [&'a str],
}

impl Printed<'_> {
    /// The heading of the manifest, or else `default`.
    pub(in super::super) fn heading(&self, name: &str, default: &str) -> String {
        heading(self.headings, name, default)
    }

    /// The tidy columns of the axes, which tell printed rows apart.
    pub(in super::super) fn axes(&self, keys: &[&Key]) -> Vec<String> {
        let axes = keys.first().map_or(&[][..], |key| key);
        axes.iter().map(|(axis, _)| axis_column(axis, self.own)).collect()
    }

    /// A column for each axis, with the words of the manifest for its labels.
    pub(in super::super) fn axis_columns(&self, keys: &[&Key]) -> Vec<TableColumn> {
        let axes = keys.first().map_or(&[][..], |key| key);
        axes.iter()
            .enumerate()
            .map(|(position, (axis, _))| {
                let labels = keys.iter().map(|key| key[position].1.as_str());
                let labels = self.labels(axis, labels);
                let cell = Cell::Value { column: axis_column(axis, self.own), labels };
                TableColumn { heading: self.heading(axis, axis), cell }
            })
            .collect()
    }

    /// The words of the manifest for those `labels` of an axis that have any.
    pub(in super::super) fn labels<'l>(
        &self,
        axis: &str,
        labels: impl Iterator<Item = &'l str>,
    ) -> BTreeMap<String, String> {
        labels
            .map(|label| {
                let shown = shown_label(self.headings, &(axis.to_owned(), label.to_owned()));
                (label.to_owned(), shown)
            })
            .filter(|(label, shown)| label != shown)
            .collect()
    }

    /// A tidy column as it is.
    pub(in super::super) fn value(&self, column: &str, default: &str) -> TableColumn {
        let cell = Cell::Value { column: column.to_owned(), labels: BTreeMap::new() };
        TableColumn { heading: self.heading(column, default), cell }
    }

    /// A number of the rows of `metric`, in the metric's unit.
    pub(in super::super) fn measure(
        &self,
        metric: Metric,
        value: &str,
        spread: Option<&str>,
    ) -> Cell {
        let scale = metric.scale();
        // A calibration is a score of about one, where a percentage has two digits more.
        let digits = if scale == Scale::Plain { self.digits + 2 } else { self.digits };
        Cell::Measure {
            metric: metric.name().to_owned(),
            value: value.to_owned(),
            spread: spread.map(str::to_owned),
            digits,
            scale,
        }
    }
}

/// The mark of rows that looked at test images.
pub(in super::super) fn peeked() -> Stamp {
    Stamp {
        column: "peeked".to_owned(),
        mark: "†".to_owned(),
        meaning: "selected on test".to_owned(),
    }
}

/// A column where rows differ, a note below the table where they agree.
pub(in super::super) fn column_or_note(
    printed: &Printed<'_>,
    column: &str,
    default: &str,
    distinct: &[String],
    notes: &mut Vec<String>,
) -> Option<TableColumn> {
    match distinct {
        [only] => {
            let mut words = printed.heading(column, default);
            if let Some(first) = words.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            notes.push(format!("{words}: {only}."));
            None
        }
        _ => Some(printed.value(column, default)),
    }
}

/// All values, sorted, each once.
pub(in super::super) fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut values: Vec<String> = values.collect();
    values.sort();
    values.dedup();
    values
}
