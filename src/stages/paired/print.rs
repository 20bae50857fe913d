//! How differences are printed: one row a comparison and metric.

use std::collections::BTreeMap;

use super::super::evaluation_table::{Key, Printed};
use super::super::rows::shown_label;
use super::{Comparison, Pairing};
use crate::artifact::{Cell, TableColumn};

/// Digits of a printed p.
const P_DIGITS: u8 = 3;

/// What the printed columns need to know.
pub(in super::super) struct PrintedDifferences<'p> {
    /// The headings of the table.
    pub(in super::super) printed: Printed<'p>,
    /// What is compared.
    pub(in super::super) pairing: &'p Pairing<'p>,
    /// What each metric is called.
    pub(in super::super) metrics: BTreeMap<String, String>,
}

impl PrintedDifferences<'_> {
    /// The columns; `cells` are those of a tidy column of numbers and of its spread, one a metric.
    pub(in super::super) fn columns<T>(
        self,
        comparisons: &[Comparison<'_, T>],
        cells: impl Fn(&str, Option<&str>) -> Vec<Cell>,
    ) -> Vec<TableColumn> {
        let Self { printed, pairing, metrics } = self;
        let keys: Vec<&Key> =
            comparisons.iter().map(|comparison| comparison.key.as_slice()).collect();
        let labelled = |column: &str, labels| TableColumn {
            heading: printed.heading(column, column),
            cell: Cell::Value { column: column.to_owned(), labels },
        };
        let side = |column: &str| {
            let labels = comparisons.iter().flat_map(|comparison| [comparison.a, comparison.b]);
            labelled(column, printed.labels(pairing.between, labels))
        };
        let number = |value: &str, spread: Option<&str>, default: &str| TableColumn {
            heading: printed.heading(value, default),
            cell: Cell::First { cells: cells(value, spread) },
        };
        let probability = |column: &str, default: &str| TableColumn {
            heading: printed.heading(column, default),
            cell: Cell::Probability { column: column.to_owned(), digits: P_DIGITS },
        };
        let mut columns = printed.axis_columns(&keys);
        columns.extend([
            side("a"),
            side("b"),
            labelled("metric", metrics),
            printed.value("n", "n"),
            number("mean", Some("sd"), "a - b"),
            number("ci_low", None, &format!("{} from", percent(pairing))),
            number("ci_high", None, "to"),
            probability("t_p", "p (t)"),
            probability("wilcoxon_p", "p (Wilcoxon)"),
            printed.value("verdict", "verdict"),
        ]);
        columns
    }
}

/// What the columns say, and what they leave out; `unit` is that of the differences, with a comma
/// before it.
pub(in super::super) fn notes<T>(
    pairing: &Pairing<'_>,
    alone: &[Comparison<'_, T>],
    headings: &BTreeMap<String, String>,
    unit: &str,
) -> Vec<String> {
    let percent = percent(pairing);
    let verdict = match pairing.claims.is_empty() {
        true => "names a side",
        false => "decides, on a claim or for a side,",
    };
    let mut notes = vec![
        format!(
            "Differences a - b over n pairs of equal {}: mean ± standard deviation (n - 1){unit}.",
            pairing.paired_by.join(" and ")
        ),
        format!(
            "Two-sided p of the paired t test and of Wilcoxon's signed ranks; the verdict \
             {verdict} where the {percent} interval by t, as printed, leaves out zero."
        ),
    ];
    if !alone.is_empty() {
        let places: Vec<String> = alone.iter().map(|one| place(one, pairing, headings)).collect();
        notes.push(format!("Left out, as only one side was run: {}.", places.join("; ")));
    }
    notes
}

/// Both sides of a comparison and its group, in the words of the manifest.
pub(in super::super) fn place<T>(
    comparison: &Comparison<'_, T>,
    pairing: &Pairing<'_>,
    headings: &BTreeMap<String, String>,
) -> String {
    let shown =
        |axis: &str, label: &str| shown_label(headings, &(axis.to_owned(), label.to_owned()));
    let (a, b) = (shown(pairing.between, comparison.a), shown(pairing.between, comparison.b));
    let mut place = format!("{a} - {b}");
    for (axis, label) in &comparison.key {
        place.push_str(", ");
        place.push_str(&shown(axis, label));
    }
    place
}

/// The confidence in percent, without the digits that its float has beyond 0.01.
fn percent(pairing: &Pairing<'_>) -> String {
    let digits = format!("{:.2}", pairing.confidence * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}
