//! Features in the columns of a table: which columns they are, and their numbers out of csv.

use std::io::Read;

/// Which columns are features: those named, in that order, and those with the prefix, in the order of
/// the table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeatureColumns {
    /// The names of single columns.
    pub names: Vec<String>,
    /// How the names of further columns begin.
    pub prefix: Option<String>,
}

/// What is wrong with the table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureTableError {
    /// It is not a table of comma-separated values.
    #[error("not a table of comma-separated values: {0}")]
    Csv(#[from] csv::Error),
    /// A column is not there.
    #[error("there is no column `{column}`; the columns are {}", brief(available))]
    Column {
        /// The column.
        column: String,
        /// Those there are.
        available: Vec<String>,
    },
    /// A column is there twice.
    #[error("two columns are called `{0}`")]
    Twice(String),
    /// No column has the prefix.
    #[error("no column begins with `{prefix}`; the columns are {}", brief(available))]
    Prefix {
        /// The prefix.
        prefix: String,
        /// The columns there are.
        available: Vec<String>,
    },
    /// Something is not a number.
    #[error("line {line}, column `{column}`: `{text}` is not a number")]
    Number {
        /// The line, counted from 1; the header is line 1.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A cell that must not be empty is.
    #[error("line {line}: the column `{column}` is empty")]
    EmptyCell {
        /// The line.
        line: u64,
        /// The column.
        column: String,
    },
}

/// At most this many columns are listed in a message: a table of features may have thousands.
const LISTED_COLUMNS: usize = 8;

fn brief(columns: &[String]) -> String {
    let listed = columns.iter().take(LISTED_COLUMNS).cloned().collect::<Vec<_>>().join(", ");
    match columns.len().checked_sub(LISTED_COLUMNS) {
        None | Some(0) => listed,
        Some(more) => format!("{listed} and {more} more"),
    }
}

/// The position of a column.
///
/// # Errors
/// [`FeatureTableError::Column`] and [`FeatureTableError::Twice`].
pub fn find_column(header: &[String], column: &str) -> Result<usize, FeatureTableError> {
    let mut found = header.iter().enumerate().filter(|(_, name)| *name == column);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => Err(FeatureTableError::Twice(column.to_owned())),
        (None, _) => {
            let available = header.to_vec();
            Err(FeatureTableError::Column { column: column.to_owned(), available })
        }
    }
}

impl FeatureColumns {
    /// The names of the columns of a table that are features.
    ///
    /// # Errors
    /// [`FeatureTableError`].
    pub fn choose(&self, header: &[String]) -> Result<Vec<String>, FeatureTableError> {
        let mut chosen = self.names.clone();
        if let Some(prefix) = &self.prefix {
            let matching = header.iter().filter(|name| name.starts_with(prefix.as_str()));
            if matching.clone().next().is_none() {
                let available = header.to_vec();
                return Err(FeatureTableError::Prefix { prefix: prefix.clone(), available });
            }
            chosen.extend(matching.filter(|name| !self.names.contains(name)).cloned());
        }
        for name in &chosen {
            find_column(header, name)?;
        }
        Ok(chosen)
    }
}

/// Reads a csv table row by row.
pub struct CsvRows<R> {
    reader: csv::Reader<R>,
    header: Vec<String>,
    record: csv::StringRecord,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`FeatureTableError::Csv`].
    pub fn new(input: R) -> Result<Self, FeatureTableError> {
        let mut reader = csv::Reader::from_reader(input);
        let header = reader.headers()?.iter().map(str::to_owned).collect();
        Ok(Self { reader, header, record: csv::StringRecord::new() })
    }

    /// The names of the columns.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Goes to the next row; false if there is none.
    ///
    /// # Errors
    /// [`FeatureTableError::Csv`].
    pub fn advance(&mut self) -> Result<bool, FeatureTableError> {
        Ok(self.reader.read_record(&mut self.record)?)
    }

    /// The line of the row, counted from 1; the header is line 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    /// The text at a position of the row, which must not be empty.
    ///
    /// # Errors
    /// [`FeatureTableError::EmptyCell`].
    pub fn text(&self, at: usize) -> Result<&str, FeatureTableError> {
        self.record.get(at).filter(|text| !text.is_empty()).ok_or_else(|| {
            FeatureTableError::EmptyCell { line: self.line(), column: self.header[at].clone() }
        })
    }

    /// The number at a position of the row.
    ///
    /// # Errors
    /// [`FeatureTableError::Number`].
    pub fn number(&self, at: usize) -> Result<f64, FeatureTableError> {
        let text = self.record.get(at).unwrap_or_default();
        text.trim().parse().map_err(|_| FeatureTableError::Number {
            line: self.line(),
            column: self.header[at].clone(),
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_are_chosen_by_name_and_prefix() {
        let header = header(&["class", "f1", "f0", "size"]);
        let columns = FeatureColumns { names: vec!["size".into()], prefix: Some("f".into()) };
        assert_eq!(columns.choose(&header).unwrap(), ["size", "f1", "f0"]);
        let both = FeatureColumns { names: vec!["f0".into()], prefix: Some("f".into()) };
        assert_eq!(both.choose(&header).unwrap(), ["f0", "f1"]);
        let message = |names: &[&str], prefix: Option<&str>| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let columns = FeatureColumns { names, prefix: prefix.map(str::to_owned) };
            columns.choose(&header).unwrap_err().to_string()
        };
        assert_eq!(
            message(&["weight"], None),
            "there is no column `weight`; the columns are class, f1, f0, size"
        );
        assert_eq!(
            message(&[], Some("x")),
            "no column begins with `x`; the columns are class, f1, f0, size"
        );
        let many: Vec<String> = (0..20).map(|at| format!("f{at}")).collect();
        let error = find_column(&many, "x").unwrap_err().to_string();
        assert!(error.ends_with("f0, f1, f2, f3, f4, f5, f6, f7 and 12 more"), "{error}");
    }

    #[test]
    fn cells_are_read_with_their_places() {
        let mut rows = CsvRows::new("class,f0\nant, 1e-3\n,NaN\nbee,x\n".as_bytes()).unwrap();
        assert_eq!(rows.header(), ["class", "f0"]);
        assert!(rows.advance().unwrap());
        assert_eq!((rows.text(0).unwrap(), rows.number(1).unwrap()), ("ant", 0.001));
        assert!(rows.advance().unwrap());
        assert_eq!(rows.text(0).unwrap_err().to_string(), "line 3: the column `class` is empty");
        assert!(rows.number(1).unwrap().is_nan());
        assert!(rows.advance().unwrap());
        let error = rows.number(1).unwrap_err().to_string();
        assert_eq!(error, "line 4, column `f0`: `x` is not a number");
        assert!(!rows.advance().unwrap());
    }
}
