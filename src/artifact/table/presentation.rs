//! How tidy data is shown: which of it becomes a printed row, column and mark.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything about a printed table that is not data.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Presentation {
    /// What the table shows, in a sentence.
    pub caption: String,
    /// The tidy columns that together make one printed row; if empty, each tidy row is printed.
    pub rows: Vec<String>,
    /// The printed columns, from left to right.
    pub columns: Vec<TableColumn>,
    /// Marks on rows that need a warning.
    pub stamps: Vec<Stamp>,
    /// Lines below the table.
    pub notes: Vec<String>,
}

/// One printed column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TableColumn {
    /// What stands above it.
    pub heading: String,
    /// What stands in it.
    pub cell: Cell,
}

/// Where the text of a printed cell comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "cell", rename_all = "kebab-case")]
pub enum Cell {
    /// A tidy column as it is, taken from the first tidy row of the printed row.
    Value {
        /// The tidy column.
        column: String,
        /// Other words for some of its values.
        labels: BTreeMap<String, String>,
    },
    /// A tidy column of numbers, rounded; what is no number stands as it is.
    Number {
        /// The tidy column.
        column: String,
        /// Digits after the point.
        digits: u8,
    },
    /// A number with its spread, as in `30.7 ± 1.2`.
    Measure {
        /// The value of the tidy column `metric` that picks the tidy row.
        metric: String,
        /// The tidy column of the number.
        value: String,
        /// The tidy column of its spread; it is left out where that is absent.
        spread: Option<String>,
        /// Digits after the point.
        digits: u8,
        /// The unit.
        scale: Scale,
    },
    /// A number with its spread, of the tidy row in which a column reads a certain text.
    Found {
        /// The tidy column that picks the tidy row.
        column: String,
        /// What it reads there.
        equals: String,
        /// The tidy column of the number.
        value: String,
        /// The tidy column of its spread; it is left out where that is absent.
        spread: Option<String>,
        /// Two tidy columns: how many runs have the number, and of how many. Where the counts differ
        /// they are printed, as in `12.0 ± 1.4 (7 of 10)`.
        counts: Option<(String, String)>,
        /// Digits after the point.
        digits: u8,
    },
    /// A tidy column as it is, of the tidy row in which another column reads a certain text.
    Words {
        /// The tidy column that picks the tidy row.
        column: String,
        /// What it reads there.
        equals: String,
        /// The tidy column that is shown.
        words: String,
    },
    /// A tidy column of probabilities, rounded; what would round to nothing is printed as smaller
    /// than the last digit can show, as in `< 0.001`.
    Probability {
        /// The tidy column.
        column: String,
        /// Digits after the point.
        digits: u8,
    },
    /// The first of several cells that has something to print, for columns whose unit differs
    /// from row to row.
    First {
        /// The cells.
        cells: Vec<Cell>,
    },
}

impl Cell {
    /// The tidy columns that it reads.
    pub(super) fn columns(&self) -> Vec<&str> {
        match self {
            Self::Value { column, .. }
            | Self::Number { column, .. }
            | Self::Probability { column, .. } => vec![column],
            Self::Words { column, words, .. } => vec![column, words],
            Self::Measure { value, spread, .. } => {
                ["metric", value].into_iter().chain(spread.as_deref()).collect()
            }
            Self::Found { column, value, spread, counts, .. } => {
                let counts = counts.iter().flat_map(|(have, of)| [have.as_str(), of]);
                [column, value.as_str()]
                    .into_iter()
                    .chain(spread.as_deref())
                    .chain(counts)
                    .collect()
            }
            Self::First { cells } => cells.iter().flat_map(Self::columns).collect(),
        }
    }
}

/// The unit in which a number is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// As it is.
    Plain,
    /// A fraction of one, times a hundred.
    Percent,
}

impl Scale {
    /// The number in this unit.
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::Percent => value * 100.0,
        }
    }
}

/// A mark on each printed row for which a flag is set, explained below the table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stamp {
    /// The tidy column with the flag.
    pub column: String,
    /// The mark, such as `†`.
    pub mark: String,
    /// What it means.
    pub meaning: String,
}
