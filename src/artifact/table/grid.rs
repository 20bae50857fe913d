//! The printed table as plain text in rows and columns, before any markup.

use std::io;

use super::presentation::{Cell, Presentation, Scale, Stamp};
use super::tidy::{Tidy, Value};
use crate::artifact::invalid;

/// What is printed where there is nothing to print.
const ABSENT: &str = "–";

/// On which side the text of a column begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Align {
    Left,
    Right,
}

/// A laid out table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Grid {
    pub(super) caption: String,
    pub(super) headings: Vec<String>,
    pub(super) aligns: Vec<Align>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) notes: Vec<String>,
}

impl Grid {
    pub(super) fn lay_out(tidy: &Tidy, presentation: &Presentation) -> io::Result<Self> {
        check_columns(tidy, presentation)?;
        let groups = group(tidy, &presentation.rows);
        let columns = &presentation.columns;
        let mut rows = Vec::new();
        let mut used = vec![false; presentation.stamps.len()];
        for group in &groups {
            let mut row: Vec<String> =
                columns.iter().map(|column| text(tidy, group, &column.cell)).collect();
            for (stamp, used) in presentation.stamps.iter().zip(&mut used) {
                if is_stamped(tidy, group, stamp) {
                    *used = true;
                    put_mark(&mut row, &stamp.mark);
                }
            }
            rows.push(row);
        }
        let footnotes = presentation.stamps.iter().zip(used).filter(|(_, used)| *used);
        let footnotes = footnotes.map(|(stamp, _)| format!("{} {}", stamp.mark, stamp.meaning));
        Ok(Self {
            caption: presentation.caption.clone(),
            headings: columns.iter().map(|column| column.heading.clone()).collect(),
            aligns: columns.iter().map(|column| align(tidy, &column.cell)).collect(),
            rows,
            notes: footnotes.chain(presentation.notes.iter().cloned()).collect(),
        })
    }
}

fn check_columns(tidy: &Tidy, presentation: &Presentation) -> io::Result<()> {
    let mut names: Vec<&str> = presentation.rows.iter().map(String::as_str).collect();
    names.extend(presentation.stamps.iter().map(|stamp| stamp.column.as_str()));
    names.extend(presentation.columns.iter().flat_map(|column| column.cell.columns()));
    match names.into_iter().find(|name| !tidy.has(name)) {
        None => Ok(()),
        Some(name) => {
            let known = tidy.names().join("`, `");
            Err(invalid(format!("a table has no column `{name}`; its columns are `{known}`")))
        }
    }
}

/// The tidy rows of each printed row, in the order in which they first appear.
fn group(tidy: &Tidy, keys: &[String]) -> Vec<Vec<usize>> {
    if keys.is_empty() {
        return (0..tidy.len()).map(|row| vec![row]).collect();
    }
    let mut groups: indexmap::IndexMap<Vec<String>, Vec<usize>> = indexmap::IndexMap::new();
    for row in 0..tidy.len() {
        let key = keys.iter().map(|key| shown(tidy.value(key, row))).collect();
        groups.entry(key).or_default().push(row);
    }
    groups.into_values().collect()
}

fn shown(value: Option<Value<'_>>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// The text of a cell, or what stands for nothing.
fn text(tidy: &Tidy, group: &[usize], cell: &Cell) -> String {
    let text = content(tidy, group, cell);
    if text.is_empty() { ABSENT.to_owned() } else { text }
}

/// The text of a cell; empty if there is nothing to print.
fn content(tidy: &Tidy, group: &[usize], cell: &Cell) -> String {
    match cell {
        Cell::Value { column, labels } => {
            let text = shown(tidy.value(column, group[0]));
            labels.get(&text).cloned().unwrap_or(text)
        }
        Cell::Number { column, digits } => match tidy.value(column, group[0]) {
            Some(Value::Number(number)) => measure(number, None, *digits, Scale::Plain),
            other => shown(other),
        },
        Cell::Measure { metric, value, spread, digits, scale } => {
            let is_metric = |row: &&usize| tidy.value("metric", **row) == Some(Value::Text(metric));
            match group.iter().find(is_metric) {
                None => String::new(),
                Some(&row) => {
                    let number = |column: &str| number(tidy, row, column);
                    let spread = spread.as_deref().and_then(number);
                    measure(number(value), spread, *digits, *scale)
                }
            }
        }
        Cell::Found { column, equals, value, spread, counts, digits } => {
            let is_there = |row: &&usize| shown(tidy.value(column, **row)) == *equals;
            let Some(&row) = group.iter().find(is_there) else { return String::new() };
            let spread = spread.as_deref().and_then(|spread| number(tidy, row, spread));
            let text = measure(number(tidy, row, value), spread, *digits, Scale::Plain);
            let counts = counts
                .as_ref()
                .map(|(have, of)| (shown(tidy.value(have, row)), shown(tidy.value(of, row))));
            match counts.filter(|(have, of)| have != of) {
                None => text,
                Some((have, of)) if text.is_empty() => format!("{ABSENT} ({have} of {of})"),
                Some((have, of)) => format!("{text} ({have} of {of})"),
            }
        }
        Cell::Words { column, equals, words } => {
            let is_there = |row: &&usize| shown(tidy.value(column, **row)) == *equals;
            group
                .iter()
                .find(is_there)
                .map_or_else(String::new, |&row| shown(tidy.value(words, row)))
        }
        Cell::Probability { column, digits } => match tidy.value(column, group[0]) {
            Some(Value::Number(Some(number))) => probability(number, *digits),
            other => shown(other),
        },
        Cell::First { cells } => {
            let mut texts = cells.iter().map(|cell| content(tidy, group, cell));
            texts.find(|text| !text.is_empty()).unwrap_or_default()
        }
    }
}

fn number(tidy: &Tidy, row: usize, column: &str) -> Option<f64> {
    match tidy.value(column, row) {
        Some(Value::Number(number)) => number,
        _ => None,
    }
}

fn probability(value: f64, digits: u8) -> String {
    let least = 0.1_f64.powi(i32::from(digits));
    let digits = usize::from(digits);
    if value < least { format!("< {least:.digits$}") } else { format!("{value:.digits$}") }
}

fn measure(value: Option<f64>, spread: Option<f64>, digits: u8, scale: Scale) -> String {
    let rounded = |number: f64| {
        let text = format!("{:.*}", usize::from(digits), scale.apply(number));
        // A small negative number must not be printed as minus nothing.
        if text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.')) {
            text.trim_start_matches('-').to_owned()
        } else {
            text
        }
    };
    match (value, spread) {
        (None, _) => String::new(),
        (Some(value), None) => rounded(value),
        (Some(value), Some(spread)) => format!("{} ± {}", rounded(value), rounded(spread)),
    }
}

fn is_stamped(tidy: &Tidy, group: &[usize], stamp: &Stamp) -> bool {
    group.iter().any(|&row| tidy.value(&stamp.column, row) == Some(Value::Flag(true)))
}

fn put_mark(row: &mut [String], mark: &str) {
    if let Some(first) = row.first_mut() {
        first.push(' ');
        first.push_str(mark);
    }
}

fn align(tidy: &Tidy, cell: &Cell) -> Align {
    match cell {
        Cell::Value { column, .. } => match tidy.value(column, 0) {
            Some(Value::Number(_) | Value::Count(_)) => Align::Right,
            _ => Align::Left,
        },
        Cell::Number { .. }
        | Cell::Measure { .. }
        | Cell::Found { .. }
        | Cell::Words { .. }
        | Cell::Probability { .. }
        | Cell::First { .. } => Align::Right,
    }
}
