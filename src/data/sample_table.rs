//! A csv table of samples: one row a sample, with its name or path and its class.

use std::collections::BTreeMap;
use std::io::Read;

/// A row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SampleRow {
    /// The line in the file, counted from 1; the header is line 1.
    pub line: u64,
    /// The name.
    pub name: String,
    /// The class.
    pub class: String,
    /// The values of the columns asked for, in that order.
    pub columns: Vec<String>,
}

/// What is wrong with the table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleTableError {
    /// It is not a table of comma-separated values.
    #[error("not a table of comma-separated values: {0}")]
    Csv(#[from] csv::Error),
    /// A column is not there.
    #[error("there is no column `{column}`; the columns are {}", available.join(", "))]
    Column {
        /// The column.
        column: String,
        /// Those there are.
        available: Vec<String>,
    },
    /// A name or class is empty.
    #[error("line {line}: the column `{column}` is empty")]
    EmptyCell {
        /// The line.
        line: u64,
        /// The column.
        column: String,
    },
    /// A name occurs twice.
    #[error("line {line}: the {column} `{name}` is on line {first} already")]
    Duplicate {
        /// The later line.
        line: u64,
        /// The earlier line.
        first: u64,
        /// The column of names.
        column: String,
        /// The name.
        name: String,
    },
}

/// Reads all rows in their order. The names are in the first of `name_columns` that is there, the
/// classes in the column `class`.
///
/// # Errors
/// [`SampleTableError`].
///
/// # Panics
/// If `name_columns` is empty.
pub fn read_sample_table(
    input: impl Read,
    name_columns: &[&str],
    kept: &[String],
) -> Result<Vec<SampleRow>, SampleTableError> {
    let mut reader = csv::Reader::from_reader(input);
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let find = |name: &str| header.iter().position(|column| column == name);
    let column = |name: &str| {
        find(name).ok_or_else(|| SampleTableError::Column {
            column: name.to_owned(),
            available: header.clone(),
        })
    };
    let name_column = name_columns.iter().copied().find(|name| find(name).is_some());
    let name_column = name_column.unwrap_or(name_columns[0]);
    let (name_at, class_at) = (column(name_column)?, column("class")?);
    let kept = kept.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
    let mut first_lines: BTreeMap<String, u64> = BTreeMap::new();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let (name, class) = (cell(name_at), cell(class_at));
        for (column, value) in [(name_column, &name), ("class", &class)] {
            if value.is_empty() {
                return Err(SampleTableError::EmptyCell { line, column: column.to_owned() });
            }
        }
        if let Some(first) = first_lines.insert(name.clone(), line) {
            let column = name_column.to_owned();
            return Err(SampleTableError::Duplicate { line, first, column, name });
        }
        rows.push(SampleRow {
            line,
            name,
            class,
            columns: kept.iter().map(|at| cell(*at)).collect(),
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
