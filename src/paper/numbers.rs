//! The numbers that a paper prints.
//!
//! ```text
//! table,method,group,dataset,setting,metric,value
//! 1,SP-AEN,non-end-to-end,SUN,zero-shot,T1,59.2
//! ```
//!
//! The table `text` holds what stands outside of tables; nothing is laid out of it.

use std::ops::Range;

use toml::Spanned;

use crate::manifest::Source;
use crate::suggest::advice;

use super::PaperError;
use super::outline::Outline;

const COLUMNS: [&str; 7] = ["table", "method", "group", "dataset", "setting", "metric", "value"];

/// The name of the table of what stands in the text.
const TEXT: &str = "text";

/// Where a number stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct CellKey {
    pub(super) table: String,
    pub(super) method: String,
    pub(super) dataset: String,
    pub(super) metric: String,
}

impl CellKey {
    /// Reads `table/method/data set/metric`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<String> = text.split('/').map(str::to_owned).collect();
        let [table, method, dataset, metric] = <[String; 4]>::try_from(parts).ok()?;
        Some(Self { table, method, dataset, metric })
    }
}

/// A printed number.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Printed {
    pub(super) key: CellKey,
    pub(super) group: String,
    pub(super) setting: String,
    pub(super) value: f64,
    /// As it is printed: how many digits it has says how far it was rounded.
    pub(super) text: String,
}

impl Printed {
    /// Half a unit of the last printed digit.
    pub(super) fn rounding(&self) -> f64 {
        let digits = self.text.split_once('.').map_or(0, |(_, digits)| digits.len());
        0.5 * 0.1_f64.powi(i32::try_from(digits).unwrap_or(i32::MAX))
    }
}

/// All of them, in the order of the file.
pub(super) struct Numbers(pub(super) Vec<Printed>);

impl Numbers {
    pub(super) fn parse(source: &Source, outline: &Outline) -> Result<Self, PaperError> {
        let mut reader = csv::ReaderBuilder::new().from_reader(source.text.as_bytes());
        let headers = reader.headers().map_err(|error| damaged(source, &error))?;
        if headers.iter().ne(COLUMNS) {
            let help = format!("the first line is `{}`", COLUMNS.join(","));
            let end = source.text.find('\n').unwrap_or(source.text.len());
            return Err(PaperError::at(source, 0..end, "these are not the columns", help));
        }
        let mut found: Vec<Printed> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| damaged(source, &error))?;
            let line = Line { source, record: &record };
            let printed = line.read(outline)?;
            if found.iter().any(|other| other.key == printed.key) {
                return Err(line.blame(5, "this number stands in the file twice", "keep one"));
            }
            found.push(printed);
        }
        Ok(Self(found))
    }

    pub(super) fn get(&self, key: &CellKey) -> Option<&Printed> {
        self.0.iter().find(|printed| printed.key == *key)
    }

    pub(super) fn of_table<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Printed> {
        self.0.iter().filter(move |printed| printed.key.table == table)
    }
}

fn words<'a>(words: impl IntoIterator<Item = &'a Spanned<String>>) -> Vec<&'a str> {
    words.into_iter().map(|word| word.get_ref().as_str()).collect()
}

fn damaged(source: &Source, error: &csv::Error) -> PaperError {
    let start = error.position().map_or(0, |position| byte(position.byte()));
    PaperError::at(source, start..start, error.to_string(), "each line has the seven columns")
}

fn byte(offset: u64) -> usize {
    usize::try_from(offset).expect("the text is in memory")
}

/// A record and the text that it stands in.
struct Line<'a> {
    source: &'a Source,
    record: &'a csv::StringRecord,
}

impl Line<'_> {
    fn read(&self, outline: &Outline) -> Result<Printed, PaperError> {
        let field = |at: usize| self.record[at].to_owned();
        let key =
            CellKey { table: field(0), method: field(1), dataset: field(3), metric: field(5) };
        self.check(&key, outline)?;
        let text = field(6);
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        let wrong = || {
            let message = format!("column `value` holds `{text}`, which is no number");
            self.blame(6, message, "write it as in `59.2`")
        };
        let value = value.ok_or_else(wrong)?;
        Ok(Printed { key, group: field(2), setting: field(4), value, text })
    }

    fn check(&self, key: &CellKey, outline: &Outline) -> Result<(), PaperError> {
        if key.table == TEXT {
            return Ok(());
        }
        let tables: Vec<&str> = words(outline.table.iter().map(|table| &table.name));
        self.among(0, "table", &tables)?;
        let table = outline.table(&key.table).expect("it is one of them");
        self.among(3, "dataset", &words(&table.datasets))?;
        self.among(5, "metric", &words(&table.metrics))
    }

    fn among(&self, at: usize, column: &str, known: &[&str]) -> Result<(), PaperError> {
        let name = &self.record[at];
        if known.contains(&name) {
            return Ok(());
        }
        let message = format!("column `{column}` holds `{name}`, which the outline does not list");
        Err(self.blame(at, message, advice(name, column, known)))
    }

    fn blame(&self, at: usize, message: impl Into<String>, help: impl Into<String>) -> PaperError {
        PaperError::at(self.source, self.span(at), message, help)
    }

    /// The bytes of a field: those before it are as long as they read, and two quotes longer where
    /// they are quoted.
    fn span(&self, at: usize) -> Range<usize> {
        let start = self.record.position().map_or(0, |position| byte(position.byte()));
        let mut from = start;
        for field in 0..=at {
            let is_quoted = self.source.text[from..].starts_with('"');
            let inner = self.record[field].len();
            let quotes = self.record[field].matches('"').count();
            let length = if is_quoted { inner + quotes + 2 } else { inner };
            if field == at {
                return from..from + length;
            }
            from += length + 1;
        }
        from..from
    }
}
