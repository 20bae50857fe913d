//! Rows of many tables under one set of columns.

use std::cmp::Ordering;
use std::fmt;

use crate::artifact::Values;
use crate::suggest::advice;

use super::super::CliError;

/// One place of a sheet.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) enum Datum {
    /// Nothing, as where another table has no such column.
    Missing,
    /// A name or label.
    Text(String),
    /// A measured number.
    Number(f64),
    /// How many of something.
    Count(usize),
    /// Yes or no.
    Flag(bool),
}

impl Datum {
    /// As a number, if it is one.
    pub(in super::super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
            Self::Count(count) => Some(*count as f64),
            _ => None,
        }
    }

    /// Nothing first, then flags, numbers and texts, each in their order.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let rank = |datum: &Self| match datum {
            Self::Missing => 0,
            Self::Flag(_) => 1,
            Self::Number(_) | Self::Count(_) => 2,
            Self::Text(_) => 3,
        };
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Flag(one), Self::Flag(two)) => one.cmp(two),
            _ => match (self.number(), other.number()) {
                (Some(one), Some(two)) => one.total_cmp(&two),
                _ => rank(self).cmp(&rank(other)),
            },
        }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// Named columns and rows as long as they are many.
#[derive(Clone, PartialEq, Debug, Default)]
pub(in super::super) struct Sheet {
    pub(in super::super) columns: Vec<String>,
    pub(in super::super) rows: Vec<Vec<Datum>>,
}

impl Sheet {
    /// Where a column stands.
    pub(in super::super) fn column(&self, name: &str) -> Result<usize, CliError> {
        self.find(name).ok_or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(String::as_str).collect();
            CliError::usage(format!("no column `{name}`"), advice(name, "columns", &known))
        })
    }

    /// Where a column stands, if there is one.
    pub(in super::super) fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Appends the rows of a table, by the names of its columns, after `labels` for all of them.
    pub(super) fn append(&mut self, labels: &[(&str, &str)], table: Vec<(String, Values)>) {
        let rows = table.first().map_or(0, |(_, values)| values.len());
        let mut columns: Vec<(String, Vec<Datum>)> = Vec::new();
        for (name, label) in labels {
            columns.push(((*name).to_owned(), vec![Datum::Text((*label).to_owned()); rows]));
        }
        columns.extend(table.into_iter().map(|(name, values)| (name, data(values))));
        let from = self.rows.len();
        self.rows.resize(from + rows, vec![Datum::Missing; self.columns.len()]);
        for (name, data) in columns {
            let at = self.find(&name).unwrap_or_else(|| self.add(name));
            for (row, datum) in self.rows[from..].iter_mut().zip(data) {
                row[at] = datum;
            }
        }
    }

    fn add(&mut self, name: String) -> usize {
        self.columns.push(name);
        self.rows.iter_mut().for_each(|row| row.push(Datum::Missing));
        self.columns.len() - 1
    }

    /// Keeps these columns, in this order.
    pub(super) fn select(&mut self, columns: &[usize]) {
        self.columns = columns.iter().map(|at| self.columns[*at].clone()).collect();
        for row in &mut self.rows {
            *row = columns.iter().map(|at| row[*at].clone()).collect();
        }
    }

    /// The columns as a table takes them; one that mixes kinds becomes text.
    pub(super) fn values(&self) -> Vec<(String, Values)> {
        let column = |(at, name): (usize, &String)| {
            let data: Vec<&Datum> = self.rows.iter().map(|row| &row[at]).collect();
            (name.clone(), values(&data))
        };
        self.columns.iter().enumerate().map(column).collect()
    }
}

fn data(values: Values) -> Vec<Datum> {
    match values {
        Values::Text(texts) => texts.into_iter().map(Datum::Text).collect(),
        Values::Count(counts) => counts.into_iter().map(Datum::Count).collect(),
        Values::Flag(flags) => flags.into_iter().map(Datum::Flag).collect(),
        Values::Number(numbers) => {
            numbers.into_iter().map(|number| number.map_or(Datum::Missing, Datum::Number)).collect()
        }
    }
}

fn values(data: &[&Datum]) -> Values {
    let counts: Option<Vec<usize>> = data
        .iter()
        .map(|datum| if let Datum::Count(count) = datum { Some(*count) } else { None })
        .collect();
    // A flag that is missing is not set.
    let flags: Option<Vec<bool>> = data
        .iter()
        .map(|datum| match datum {
            Datum::Flag(flag) => Some(*flag),
            Datum::Missing => Some(false),
            _ => None,
        })
        .collect();
    let has_flag = data.iter().any(|datum| matches!(datum, Datum::Flag(_)));
    let is_numeric = |datum: &&Datum| **datum == Datum::Missing || datum.number().is_some();
    let has_number = data.iter().any(|datum| datum.number().is_some());
    match (counts, flags) {
        (Some(counts), _) if has_number => Values::Count(counts),
        (_, Some(flags)) if has_flag => Values::Flag(flags),
        _ if has_number && data.iter().all(is_numeric) => {
            Values::Number(data.iter().map(|datum| datum.number()).collect())
        }
        _ => Values::Text(data.iter().map(ToString::to_string).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_with_other_columns_leave_gaps() {
        let mut sheet = Sheet::default();
        let text = |text: &str| Values::Text(vec![text.to_owned()]);
        sheet.append(
            &[("experiment", "a")],
            vec![("seed".into(), text("1")), ("n".into(), Values::Count(vec![3]))],
        );
        sheet.append(
            &[("experiment", "b")],
            vec![("n".into(), Values::Count(vec![4])), ("bits".into(), text("8"))],
        );
        assert_eq!(sheet.columns, ["experiment", "seed", "n", "bits"]);
        assert_eq!(sheet.rows[1][1], Datum::Missing);
        let values = sheet.values();
        assert_eq!(values[2].1, Values::Count(vec![3, 4]));
        assert_eq!(values[3].1, Values::Text(vec![String::new(), "8".into()]));
    }

    #[test]
    fn counts_with_a_gap_become_numbers() {
        let mut sheet = Sheet::default();
        sheet.append(&[], vec![("n".into(), Values::Count(vec![3]))]);
        sheet.append(&[], vec![("m".into(), Values::Flag(vec![true]))]);
        assert_eq!(sheet.values()[0].1, Values::Number(vec![Some(3.0), None]));
    }
}
