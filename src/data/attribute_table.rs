//! Class attributes as one table with a header, as spreadsheets write it.
//!
//! ```text
//! class,has stripes,can swim
//! zebra,1.0,0.1
//! seal,0.0,0.9
//! ```
//!
//! The first column names the classes, the others are attributes. Fields are separated by commas, or
//! by tabs if the header has some.

/// A table as read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AttributeTable {
    /// One a row.
    pub classes: Vec<String>,
    /// One a column after the first.
    pub names: Vec<String>,
    /// [classes, attributes].
    pub rows: Vec<Vec<f64>>,
}

/// Why a table cannot be used; lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeTableError {
    /// A line has fields that do not fit, or is damaged otherwise.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// The header names fewer than two columns.
    #[error("line 1: the header has {got} column; expected one for the class and one an attribute")]
    Header {
        /// How many there are.
        got: usize,
    },
    /// The first line is data.
    #[error("line 1: `{text}` is a number; expected a header with the names of the columns")]
    NoHeader {
        /// What stands there.
        text: String,
    },
    /// Something is not a finite number.
    #[error(
        "line {line}, column {column} (class `{class}`, attribute `{attribute}`): `{text}` is not a \
         number; give -1 for what nobody judged, or the attribute's mean"
    )]
    Number {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The class of the line.
        class: String,
        /// The attribute of the column.
        attribute: String,
        /// What stands there.
        text: String,
    },
}

/// Whether a text is such a table rather than a bare matrix: its first line has separators.
#[must_use]
pub fn is_table(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.contains(',')
        || first.split('\t').any(|field| field.parse::<f64>().is_err()) && first.contains('\t')
}

/// Reads a table.
///
/// # Errors
/// [`AttributeTableError`].
pub fn parse_table(text: &str) -> Result<AttributeTable, AttributeTableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let has_tabs = text.lines().next().is_some_and(|line| line.contains('\t'));
    let delimiter = if has_tabs { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers()?.clone();
    if header.len() < 2 {
        return Err(AttributeTableError::Header { got: header.len() });
    }
    if let Some(text) = header.iter().skip(1).find(|name| name.parse::<f64>().is_ok()) {
        return Err(AttributeTableError::NoHeader { text: text.to_owned() });
    }
    let mut table = AttributeTable {
        names: header.iter().skip(1).map(str::to_owned).collect(),
        ..AttributeTable::default()
    };
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let class = record[0].to_owned();
        let number = |(at, text): (usize, &str)| {
            let value = text.parse().ok().filter(|value: &f64| value.is_finite());
            value.ok_or_else(|| AttributeTableError::Number {
                line: usize::try_from(line).unwrap_or(usize::MAX),
                column: at + 1,
                class: class.clone(),
                attribute: header[at].to_owned(),
                text: text.to_owned(),
            })
        };
        let row: Result<Vec<f64>, _> = record.iter().enumerate().skip(1).map(number).collect();
        table.rows.push(row?);
        table.classes.push(class);
    }
    Ok(table)
}

#[cfg(test)]
mod tests;
