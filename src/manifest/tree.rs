//! A TOML text as a tree in which every key and value knows its place.
//!
//! Unlike the parser's own tree it owns its text, keeps the order of the file, and holds nothing
//! that a manifest may not contain: dates, infinities and holes left by syntax errors have been
//! reported and stand as [`Content::Invalid`], which every accessor passes over in silence.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

use super::{Located, Problem, Source};
use crate::suggest::advice;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) place: super::Place,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// Reported already.
    Invalid,
}

/// The entries of a table, in the order of the text.
#[derive(Clone, Default, Debug)]
pub(crate) struct Table(pub(crate) Vec<Entry>);

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Located<String>,
    pub(crate) value: Node,
}

/// Reads a whole text.
pub(super) fn read(source: &Source, problems: &mut Vec<Problem>) -> Table {
    let (root, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        let end = source.text.len();
        let place = source.place(error.span().unwrap_or(end..end));
        problems.push(Problem::at(&place, error.message()).hole());
    }
    convert_table(source, root.into_inner(), problems)
}

fn convert_table(source: &Source, table: DeTable<'_>, problems: &mut Vec<Problem>) -> Table {
    let mut entries: Vec<_> = table
        .into_iter()
        .map(|(key, value)| {
            let place = source.place(key.span());
            let key = Located { value: key.into_inner().into_owned(), place };
            Entry { key, value: convert(source, value, problems) }
        })
        .collect();
    // The parser sorts by name; the order of axes and stages is that of the text.
    entries.sort_by_key(|entry| entry.key.place.span.start);
    Table(entries)
}

fn convert(source: &Source, value: Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Node {
    let span = value.span();
    let place = source.place(span.clone());
    // The parser's stand-in for a value that it could not read.
    if span.is_empty() {
        return Node { content: Content::Invalid, place };
    }
    let number = |content: Result<Content, String>, problems: &mut Vec<Problem>| {
        content.unwrap_or_else(|message| {
            problems.push(Problem::at(&place, message));
            Content::Invalid
        })
    };
    let content = match value.into_inner() {
        DeValue::String(text) => Content::Text(text.into_owned()),
        DeValue::Boolean(boolean) => Content::Boolean(boolean),
        DeValue::Integer(integer) => number(read_integer(&integer), problems),
        DeValue::Float(float) => number(read_float(&float), problems),
        DeValue::Datetime(_) => {
            let problem = Problem::at(&place, "a manifest has no use for dates");
            problems.push(problem.help("write it as a string, in quotes"));
            Content::Invalid
        }
        DeValue::Array(items) => {
            Content::List(items.into_iter().map(|item| convert(source, item, problems)).collect())
        }
        DeValue::Table(table) => Content::Table(convert_table(source, table, problems)),
    };
    Node { content, place }
}

fn read_integer(integer: &DeInteger<'_>) -> Result<Content, String> {
    i64::from_str_radix(integer.as_str(), integer.radix())
        .map(Content::Integer)
        .map_err(|_| format!("integer `{integer}` does not fit 64 bits"))
}

fn read_float(float: &DeFloat<'_>) -> Result<Content, String> {
    match float.as_str().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Content::Float(number)),
        _ => Err(format!("expected a finite number, found `{float}`")),
    }
}

impl Node {
    /// What the value is, with its article.
    pub(crate) fn describe(&self) -> &'static str {
        match self.content {
            Content::Text(_) => "a string",
            Content::Integer(_) => "an integer",
            Content::Float(_) => "a float",
            Content::Boolean(_) => "a boolean",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
            Content::Invalid => "nothing",
        }
    }

    /// Reports that something else was expected, unless the value has been blamed before.
    pub(crate) fn reject(&self, expected: &str, problems: &mut Vec<Problem>) {
        if !matches!(self.content, Content::Invalid) {
            let message = format!("expected {expected}, found {}", self.describe());
            problems.push(Problem::at(&self.place, message).label(format!("expected {expected}")));
        }
    }

    pub(crate) fn text(&self, problems: &mut Vec<Problem>) -> Option<Located<String>> {
        match &self.content {
            Content::Text(text) => Some(Located { value: text.clone(), place: self.place.clone() }),
            _ => {
                self.reject("a string", problems);
                None
            }
        }
    }

    pub(crate) fn list(&self, expected: &str, problems: &mut Vec<Problem>) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => {
                self.reject(expected, problems);
                None
            }
        }
    }

    pub(crate) fn table(&self, problems: &mut Vec<Problem>) -> Option<&Table> {
        match &self.content {
            Content::Table(table) => Some(table),
            _ => {
                self.reject("a table", problems);
                None
            }
        }
    }

    pub(crate) fn boolean(&self, problems: &mut Vec<Problem>) -> Option<bool> {
        match self.content {
            Content::Boolean(boolean) => Some(boolean),
            _ => {
                self.reject("`true` or `false`", problems);
                None
            }
        }
    }

    /// The value without its places; what was reported already becomes null.
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Text(text) => Value::String(text.clone()),
            Content::Integer(integer) => Value::from(*integer),
            Content::Float(float) => Number::from_f64(*float).map_or(Value::Null, Value::Number),
            Content::Boolean(boolean) => Value::Bool(*boolean),
            Content::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Content::Table(table) => Value::Object(table.to_map()),
            Content::Invalid => Value::Null,
        }
    }
}

impl Table {
    /// The entry of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key.value == key)
    }

    /// Reports keys other than `known`; `owner` says whose keys they are, as in "a stage".
    pub(crate) fn reject_unknown(&self, owner: &str, known: &[&str], problems: &mut Vec<Problem>) {
        for Entry { key, .. } in &self.0 {
            if !known.contains(&key.value.as_str()) {
                let problem =
                    Problem::at(&key.place, format!("{owner} has no key `{}`", key.value));
                problems.push(problem.help(advice(&key.value, "keys", known)));
            }
        }
    }

    pub(crate) fn to_map(&self) -> Map<String, Value> {
        self.0.iter().map(|entry| (entry.key.value.clone(), entry.value.to_value())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        let mut problems = Vec::new();
        let table = read(&Source::new("test.toml", text), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        table
    }

    #[test]
    fn entries_keep_the_order_of_the_text() {
        let table = table("[stage.z]\n[stage.a]\n[stage.m]");
        let mut problems = Vec::new();
        let stages = table.0[0].value.table(&mut problems).expect("it is a table");
        let names: Vec<_> = stages.0.iter().map(|entry| entry.key.value.as_str()).collect();
        assert_eq!(names, ["z", "a", "m"]);
    }

    #[test]
    fn dates_and_infinities_are_reported_once() {
        let mut problems = Vec::new();
        let source =
            Source::new("test.toml", "a = 2020-01-01\nb = inf\nc = 1e999\nd = 9999999999999999999");
        let table = read(&source, &mut problems);
        assert_eq!(problems.len(), 4);
        assert!(table.0.iter().all(|entry| entry.value.to_value() == Value::Null));
        assert!(table.0[0].value.text(&mut problems).is_none());
        assert_eq!(problems.len(), 4);
    }
}
