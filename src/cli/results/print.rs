//! A sheet as a table for people or for programs.

use std::collections::BTreeMap;
use std::io;

use crate::artifact::{Cell, Presentation, Stamp, Table, TableColumn, TableViews};

use super::super::CliError;
use super::arrange::PEEKED;
use super::sheet::{Datum, Sheet};

/// Digits after the point of a fraction: a hundredth of a percent.
const DIGITS: u8 = 4;

/// Aligned columns.
pub(super) fn terminal(sheet: &Sheet) -> Result<String, CliError> {
    let caption = match sheet.rows.len() {
        1 => "1 row; shares are fractions of one".to_owned(),
        rows => format!("{rows} rows; shares are fractions of one"),
    };
    Ok(table(sheet, caption)?.terminal())
}

/// Every form for programs.
pub(super) fn views(sheet: &Sheet) -> Result<TableViews, CliError> {
    Ok(table(sheet, String::new())?.views())
}

/// A sheet with numbers rounded and the flag of selection on test as a mark.
pub(in super::super) fn table(sheet: &Sheet, caption: String) -> Result<Table, CliError> {
    let columns = sheet.columns.iter().enumerate();
    let columns = columns.filter(|(_, name)| *name != PEEKED).map(|(at, name)| TableColumn {
        heading: name.clone(),
        cell: match sheet.rows.iter().any(|row| matches!(row[at], Datum::Number(_))) {
            true => Cell::Number { column: name.clone(), digits: DIGITS },
            false => Cell::Value { column: name.clone(), labels: BTreeMap::new() },
        },
    });
    let stamp = Stamp {
        column: PEEKED.to_owned(),
        mark: "†".to_owned(),
        meaning: "selected on test".to_owned(),
    };
    let presentation = Presentation {
        caption,
        rows: Vec::new(),
        columns: columns.collect(),
        stamps: sheet.find(PEEKED).map(|_| stamp).into_iter().collect(),
        notes: Vec::new(),
    };
    let bug = |error: io::Error| CliError::Bug(error.to_string());
    Table::new(sheet.values(), presentation).map_err(bug)
}
