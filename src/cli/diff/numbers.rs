//! Which numbers moved, in units of their spread over seeds.
//!
//! A row is known by its table and by all its labels. Its means are compared; the spread is
//! `sqrt((sd1^2 + sd2^2) / 2)`, and a difference below one spread is no news.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::artifact::Table;

use super::super::CliError;
use super::super::results::{Datum, Sheet, print_table};

/// Columns that say something about a row and do not name it.
const NO_LABELS: [&str; 5] = ["experiment", "seeds", "selected_on", "split", "verdict"];

/// The one count that names a row, in the tables of curves.
const EPOCH: &str = "epoch";

/// The differences of two experiments.
pub(super) struct Differences {
    moved: Vec<Move>,
    equal: usize,
    only_before: usize,
    only_after: usize,
    /// How many rows were selected otherwise or on another split, so that they do not compare.
    incomparable: usize,
}

/// A number that is not the same.
struct Move {
    labels: String,
    before: f64,
    after: f64,
    spread: Option<f64>,
}

impl Move {
    /// The difference in units of the spread.
    fn in_spreads(&self) -> Option<f64> {
        let spread = self.spread.filter(|spread| *spread > 0.0)?;
        Some((self.after - self.before) / spread)
    }
}

type Rows<'a> = IndexMap<String, &'a Vec<Datum>>;

/// Compares the means of all rows that both have.
pub(super) fn compare(before: &Sheet, after: &Sheet) -> Differences {
    let (old, new) = (rows(before), rows(after));
    let mut found = Differences {
        moved: Vec::new(),
        equal: 0,
        only_before: old.keys().filter(|key| !new.contains_key(*key)).count(),
        only_after: new.keys().filter(|key| !old.contains_key(*key)).count(),
        incomparable: 0,
    };
    for (labels, row) in &old {
        let Some(other) = new.get(labels) else { continue };
        let (Some(one), Some(two)) = (number(before, row, "mean"), number(after, other, "mean"))
        else {
            continue;
        };
        let same = |column: &str| text(before, row, column) == text(after, other, column);
        found.incomparable += usize::from(!same("split") || !same("selected_on"));
        if one == two {
            found.equal += 1;
            continue;
        }
        let deviations = number(before, row, "sd").zip(number(after, other, "sd"));
        let spread = deviations.map(|(one, two)| f64::midpoint(one * one, two * two).sqrt());
        found.moved.push(Move { labels: labels.clone(), before: one, after: two, spread });
    }
    let size = |moved: &Move| moved.in_spreads().map_or(f64::INFINITY, f64::abs);
    found.moved.sort_by(|one, other| size(other).total_cmp(&size(one)));
    found
}

/// The rows of a sheet by their labels.
fn rows(sheet: &Sheet) -> Rows<'_> {
    let labels = |row: &Vec<Datum>| {
        let pairs = sheet.columns.iter().zip(row);
        let texts = pairs.filter_map(|(column, datum)| match datum {
            Datum::Text(text) if !NO_LABELS.contains(&column.as_str()) => Some(text.clone()),
            Datum::Count(epoch) if column == EPOCH => Some(format!("{EPOCH} {epoch}")),
            _ => None,
        });
        texts.collect::<Vec<_>>().join(", ")
    };
    sheet.rows.iter().map(|row| (labels(row), row)).collect()
}

fn number(sheet: &Sheet, row: &[Datum], column: &str) -> Option<f64> {
    row[sheet.find(column)?].number()
}

fn text(sheet: &Sheet, row: &[Datum], column: &str) -> String {
    sheet.find(column).map_or_else(String::new, |at| row[at].to_string())
}

impl Differences {
    /// A table of what moved, the largest moves first, and counts.
    pub(super) fn write(&self, text: &mut String, most: usize) -> Result<(), CliError> {
        if self.moved.is_empty() {
            let _ = writeln!(text, "Numbers: no difference");
        } else {
            text.push_str(&self.table(most)?.terminal());
        }
        let counts = [
            (self.moved.len().saturating_sub(most), "more moved; `--all` shows them"),
            (self.equal, "equal"),
            (self.only_before, "only in the first"),
            (self.only_after, "only in the second"),
            (self.incomparable, "on other splits or selected otherwise: they do not compare"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        for (count, what) in counts {
            let noun = if *count == 1 { "row" } else { "rows" };
            let _ = writeln!(text, "{count} {noun} {what}");
        }
        Ok(())
    }

    fn table(&self, most: usize) -> Result<Table, CliError> {
        let columns = ["row", "before", "after", "difference", "in spreads"].map(str::to_owned);
        let row = |moved: &Move| {
            vec![
                Datum::Text(moved.labels.clone()),
                Datum::Number(moved.before),
                Datum::Number(moved.after),
                Datum::Number(moved.after - moved.before),
                moved.in_spreads().map_or(Datum::Missing, Datum::Number),
            ]
        };
        let rows = self.moved.iter().take(most).map(row).collect();
        let caption = "Numbers that moved; a spread is the deviation over seeds".to_owned();
        print_table(&Sheet { columns: columns.to_vec(), rows }, caption)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[(&str, f64, Option<f64>, &str)]) -> Sheet {
        let columns = ["experiment", "metric", "mean", "sd", "split"].map(str::to_owned).to_vec();
        let text = |text: &str| Datum::Text(text.into());
        let row = |&(metric, mean, sd, split): &(&str, f64, Option<f64>, &str)| {
            let sd = sd.map_or(Datum::Missing, Datum::Number);
            vec![text("x"), text(metric), Datum::Number(mean), sd, text(split)]
        };
        Sheet { columns, rows: rows.iter().map(row).collect() }
    }

    #[test]
    fn a_move_is_measured_in_spreads() {
        let before = sheet(&[
            ("t1", 0.30, Some(0.03), "a"),
            ("seen", 0.5, Some(0.1), "a"),
            ("ausuc", 0.2, None, "a"),
            ("old", 0.1, None, "a"),
        ]);
        let after = sheet(&[
            ("t1", 0.35, Some(0.04), "a"),
            ("seen", 0.5, Some(0.2), "b"),
            ("ausuc", 0.3, None, "a"),
            ("new", 0.1, None, "a"),
        ]);
        let found = compare(&before, &after);
        // sqrt((0.0009 + 0.0016) / 2) = 0.035355; 0.05 is sqrt(2) of it.
        let moves: Vec<_> =
            found.moved.iter().map(|m| (m.labels.as_str(), m.in_spreads())).collect();
        assert_eq!(moves[0], ("ausuc", None));
        assert_eq!(moves[1].0, "t1");
        assert!((moves[1].1.unwrap() - 2_f64.sqrt()).abs() < 1e-9);
        assert_eq!((found.equal, found.only_before, found.only_after), (1, 1, 1));
        assert_eq!(found.incomparable, 1);
    }

    #[test]
    fn each_epoch_of_a_curve_is_a_row() {
        let curve = |numbers: [f64; 2]| Sheet {
            columns: ["metric", "epoch", "mean"].map(str::to_owned).to_vec(),
            rows: (1..)
                .zip(numbers)
                .map(|(epoch, mean)| {
                    vec![Datum::Text("hits".into()), Datum::Count(epoch), Datum::Number(mean)]
                })
                .collect(),
        };
        let found = compare(&curve([0.1, 0.2]), &curve([0.3, 0.2]));
        assert_eq!((found.moved.len(), found.equal), (1, 1));
        assert_eq!(found.moved[0].labels, "hits, epoch 1");
    }
}
