//! How both tables are printed.

use super::super::evaluation_table::{Key, Printed};
use super::super::measured::{COUNTS, MEANS, heading};
use super::super::rows::Row;
use super::TabulateMeasuresParams;
use super::columns::{self, OURS};
use crate::artifact::{Cell, Measures, Presentation, TableColumn};

/// The presentation of the table with statistics over seeds.
pub(super) fn table(
    cells: &[columns::Cell<'_, '_>],
    names: &[String],
    params: &TabulateMeasuresParams,
) -> Presentation {
    let printed = printed(params);
    let keys: Vec<&Key> = cells.iter().map(|cell| cell.row.key.as_slice()).collect();
    let mut columns = printed.axis_columns(&keys);
    columns.push(printed.value("runs", "n"));
    columns.extend(names.iter().map(|name| number(printed, name, "mean", Some("sd"))));
    let mut notes = vec![MEANS.to_owned()];
    if cells.iter().any(|cell| cell.missing > 0) {
        notes.push(COUNTS.to_owned());
    }
    notes.extend(params.notes.iter().cloned());
    Presentation {
        caption: params.caption.clone(),
        rows: printed.axes(&keys),
        columns,
        stamps: Vec::new(),
        notes,
    }
}

/// The presentation of the table with one row a seed.
pub(super) fn per_seed(
    rows: &[Row<'_, Measures>],
    names: &[String],
    params: &TabulateMeasuresParams,
) -> Presentation {
    let printed = printed(params);
    let keys: Vec<&Key> = rows.iter().map(|row| row.key.as_slice()).collect();
    let mut columns = printed.axis_columns(&keys);
    columns.push(printed.value("seed", "seed"));
    columns.extend(names.iter().map(|name| number(printed, name, "value", None)));
    let mut rows = printed.axes(&keys);
    rows.push("seed".to_owned());
    Presentation {
        caption: format!("{}: each seed", params.caption),
        rows,
        columns,
        stamps: Vec::new(),
        notes: params.notes.clone(),
    }
}

fn printed(params: &TabulateMeasuresParams) -> Printed<'_> {
    Printed { headings: &params.headings, digits: params.digits, own: &OURS }
}

/// A number of each row; with a spread, how many runs have it.
fn number(printed: Printed<'_>, name: &str, value: &str, spread: Option<&str>) -> TableColumn {
    TableColumn {
        heading: heading(printed.headings, name),
        cell: Cell::Found {
            column: "metric".to_owned(),
            equals: name.to_owned(),
            value: value.to_owned(),
            spread: spread.map(str::to_owned),
            counts: spread.map(|_| ("n".to_owned(), "runs".to_owned())),
            digits: printed.digits,
        },
    }
}
