//! How the table is printed: one row a comparison and metric.

use super::super::evaluation_table::{
    Key, Printed, column_or_note, distinct, peeked, split_in_brief,
};
use super::CompareParams;
use super::columns::{OURS, selected_on, split};
use super::pairing::Comparison;
use crate::artifact::{Cell, Presentation, Stamp, TableColumn};

/// Digits of a printed p.
const P_DIGITS: u8 = 3;

/// The presentation of the table.
pub(super) fn table(comparisons: &[Comparison<'_>], params: &CompareParams) -> Presentation {
    let printed = Printed { headings: &params.headings, digits: params.digits, own: &OURS };
    let mut notes = what_the_columns_say(params);
    let policies = distinct(comparisons.iter().map(selected_on));
    let policy = column_or_note(&printed, "selected_on", "selected on", &policies, &mut notes);
    let splits = distinct(comparisons.iter().map(split));
    let splits: Vec<String> = splits.iter().map(|split| split_in_brief(split)).collect();
    notes.push(format!("{}: {}.", printed.heading("split", "Split"), splits.join("; ")));
    notes.extend(params.notes.iter().cloned());
    let mut columns = columns(printed, comparisons, params);
    columns.extend(policy);
    Presentation {
        caption: params.caption.clone(),
        rows: Vec::new(),
        columns,
        stamps: vec![peeked(), splits_differ()],
        notes,
    }
}

fn what_the_columns_say(params: &CompareParams) -> Vec<String> {
    let percent = percent(params);
    vec![
        format!(
            "Differences a - b over n pairs of equal {}: mean ± standard deviation (n - 1), \
             accuracies in points of percent.",
            params.paired_by.join(" and ")
        ),
        format!(
            "Two-sided p of the paired t test and of Wilcoxon's signed ranks; the verdict names \
             a side where the {percent} interval by t leaves out zero."
        ),
    ]
}

fn columns(
    printed: Printed<'_>,
    comparisons: &[Comparison<'_>],
    params: &CompareParams,
) -> Vec<TableColumn> {
    let keys: Vec<&Key> = comparisons.iter().map(|comparison| comparison.key.as_slice()).collect();
    let labelled = |column: &str, labels| TableColumn {
        heading: printed.heading(column, column),
        cell: Cell::Value { column: column.to_owned(), labels },
    };
    let side = |column: &str| {
        let labels = comparisons.iter().flat_map(|comparison| [comparison.a, comparison.b]);
        labelled(column, printed.labels(&params.between, labels))
    };
    let metrics = params.metrics.iter().map(|metric| {
        let name = metric.name();
        (name.to_owned(), printed.heading(name, metric.heading()))
    });
    let mut columns = printed.axis_columns(&keys);
    columns.extend([
        side("a"),
        side("b"),
        labelled("metric", metrics.collect()),
        printed.value("n", "n"),
        number(printed, params, ("mean", Some("sd")), "a - b"),
        number(printed, params, ("ci_low", None), &format!("{} from", percent(params))),
        number(printed, params, ("ci_high", None), "to"),
        probability(printed, "t_p", "p (t)"),
        probability(printed, "wilcoxon_p", "p (Wilcoxon)"),
        printed.value("verdict", "verdict"),
    ]);
    columns
}

/// A tidy column of numbers, each in the unit of its metric.
fn number(
    printed: Printed<'_>,
    params: &CompareParams,
    (value, spread): (&str, Option<&str>),
    default: &str,
) -> TableColumn {
    let cells = params.metrics.iter().map(|metric| printed.measure(*metric, value, spread));
    let cell = Cell::First { cells: cells.collect() };
    TableColumn { heading: printed.heading(value, default), cell }
}

fn probability(printed: Printed<'_>, column: &str, default: &str) -> TableColumn {
    let cell = Cell::Probability { column: column.to_owned(), digits: P_DIGITS };
    TableColumn { heading: printed.heading(column, default), cell }
}

/// The confidence in percent, without the digits that its float has beyond 0.01.
fn percent(params: &CompareParams) -> String {
    let digits = format!("{:.2}", params.confidence * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn splits_differ() -> Stamp {
    Stamp {
        column: "splits_differ".to_owned(),
        mark: "‡".to_owned(),
        meaning: "the sides of a pair were measured on different splits".to_owned(),
    }
}
