//! Numbers that were measured elsewhere: a CSV table of runs, its columns labels or numbers.

use std::collections::BTreeMap;
use std::io::Read;

use crate::artifact::Measures;

/// What is wrong with the table, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureTableError {
    /// It is no CSV.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A column that is asked for is not there.
    #[error("line 1: there is no column `{column}`; the columns are `{}`", known.join("`, `"))]
    Column {
        /// The column.
        column: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// Not one row is left.
    #[error("{count} rows have {wanted}; expected one")]
    Rows {
        /// How many.
        count: usize,
        /// What they should have.
        wanted: String,
    },
    /// A row has no number at all.
    #[error("line {line}: no column but those of `where` holds a number")]
    NoNumber {
        /// The line.
        line: u64,
    },
}

/// The numbers of the one row whose columns read as `wanted`: all columns besides that hold a number.
///
/// # Errors
/// [`MeasureTableError`].
pub fn read_measures(
    input: impl Read,
    wanted: &BTreeMap<String, String>,
) -> Result<Measures, MeasureTableError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let headers: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    if let Some(column) = wanted.keys().find(|column| !headers.contains(column)) {
        return Err(MeasureTableError::Column { column: column.clone(), known: headers });
    }
    let mut found: Vec<(u64, Measures)> = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = || headers.iter().zip(&record);
        if cells().any(|(name, cell)| wanted.get(name).is_some_and(|text| text != cell)) {
            continue;
        }
        let mut measures = Measures::default();
        for (name, cell) in cells().filter(|(name, _)| !wanted.contains_key(*name)) {
            let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
            if let Some(number) = number {
                measures.push(name.clone(), Some(number));
            }
        }
        if measures.names().next().is_none() {
            return Err(MeasureTableError::NoNumber { line });
        }
        found.push((line, measures));
    }
    match found.len() {
        1 => Ok(found.remove(0).1),
        count => {
            let wanted: Vec<String> =
                wanted.iter().map(|(column, text)| format!("`{column}` = `{text}`")).collect();
            let wanted =
                if wanted.is_empty() { "no `where`".to_owned() } else { wanted.join(", ") };
            Err(MeasureTableError::Rows { count, wanted })
        }
    }
}

#[cfg(test)]
mod tests;
