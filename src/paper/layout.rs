//! Cells as a table: what stands in each, and the notes below in the order in which cells call for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexSet;

use crate::artifact::{Cell as TableCell, Presentation, Table, TableColumn, Values};

use super::answer::Estimate;
use super::cells::{Cell, Content};
use super::outline::{RowsAre, TableOutline};
use super::{Mark, Paper, PaperError};

/// Whose numbers a row has.
const THEIRS: &str = "the paper's";
const CITED: &str = "cited";
const OURS: &str = "ours";

/// A table in the layout of the paper.
pub(super) fn table(
    paper: &Paper,
    outline: &TableOutline,
    cells: &[Cell],
) -> Result<Table, PaperError> {
    let mut notes = IndexSet::new();
    let shown: Vec<String> = cells.iter().map(|cell| shown(paper, cell, &mut notes)).collect();
    let numbered = notes.iter().enumerate().map(|(at, note)| format!("[{}] {note}", at + 1));
    let presentation = Presentation {
        caption: format!("Table {}. {}", outline.name.get_ref(), outline.caption),
        rows: ["method", "by"].into_iter().chain(own_key(outline)).map(str::to_owned).collect(),
        columns: columns(paper, outline, cells),
        stamps: Vec::new(),
        notes: numbered.chain(outline.notes.iter().cloned()).collect(),
    };
    Table::new(tidy(paper, outline, cells, shown), presentation).map_err(PaperError::Bug)
}

/// What tells rows of one method apart.
fn own_key(outline: &TableOutline) -> Option<&'static str> {
    match outline.rows {
        RowsAre::Methods => None,
        RowsAre::Datasets => Some("dataset"),
    }
}

/// The text of a cell; its notes go below the table, each text once.
fn shown(paper: &Paper, cell: &Cell, notes: &mut IndexSet<String>) -> String {
    let mut text = match &cell.content {
        Content::Printed { text, .. } => text.clone(),
        Content::Ours { estimate: None, mark, .. } => mark.name().to_owned(),
        Content::Ours { estimate: Some(estimate), mark, .. } => {
            let digits = paper.outline.metric(&cell.key.metric).map_or(1, |metric| metric.digits);
            format!("{} ({})", measured(estimate, digits), word(mark, digits))
        }
    };
    let reason = match &cell.content {
        Content::Ours { mark, .. } => {
            mark.reason().map(|reason| format!("{}: {reason}.", sentence(mark.name())))
        }
        Content::Printed { .. } => None,
    };
    for note in reason.into_iter().chain(cell.notes.iter().cloned()) {
        let (at, _) = notes.insert_full(note);
        let _ = write!(text, " [{}]", at + 1);
    }
    text
}

/// `71.2 ± 0.6, n = 5`
fn measured(estimate: &Estimate, digits: u8) -> String {
    let digits = usize::from(digits);
    let mean = format!("{:.digits$}", estimate.mean);
    match estimate.sd {
        Some(sd) => format!("{mean} ± {sd:.digits$}, n = {}", estimate.n),
        None => mean,
    }
}

fn word(mark: &Mark, digits: u8) -> String {
    match mark {
        Mark::Differs(difference) => {
            format!("differs by {difference:+.digits$}", digits = usize::from(digits))
        }
        other => other.name().to_owned(),
    }
}

/// With a capital at its beginning.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of a printed column: the data set and the metric, as far as they tell columns apart.
fn place(paper: &Paper, outline: &TableOutline, cell: &Cell) -> String {
    let metric = paper.outline.metric(&cell.key.metric).expect("validated: it is known").heading();
    match (outline.rows, outline.metrics.len()) {
        (RowsAre::Datasets, _) => metric.to_owned(),
        (RowsAre::Methods, 1) => cell.key.dataset.clone(),
        (RowsAre::Methods, _) => format!("{} {metric}", cell.key.dataset),
    }
}

fn columns(paper: &Paper, outline: &TableOutline, cells: &[Cell]) -> Vec<TableColumn> {
    let value = |heading: &str, column: &str| TableColumn {
        heading: heading.to_owned(),
        cell: TableCell::Value { column: column.to_owned(), labels: BTreeMap::new() },
    };
    let groups: IndexSet<&String> = cells.iter().map(|cell| &cell.group).collect();
    let mut columns = Vec::new();
    match outline.rows {
        RowsAre::Methods if groups.len() > 1 => {
            columns.extend([value("kind", "group"), value("method", "method")]);
        }
        RowsAre::Methods => columns.push(value("method", "method")),
        RowsAre::Datasets => columns.push(value("data", "dataset")),
    }
    columns.push(value("numbers", "by"));
    // In the order of the outline: a row need not have all of them.
    let mut places = IndexSet::new();
    for dataset in &outline.datasets {
        for metric in &outline.metrics {
            let of = |cell: &&Cell| {
                cell.key.dataset == *dataset.get_ref() && cell.key.metric == *metric.get_ref()
            };
            places.extend(cells.iter().find(of).map(|cell| place(paper, outline, cell)));
        }
    }
    columns.extend(places.into_iter().map(|place| TableColumn {
        heading: place.clone(),
        cell: TableCell::Words {
            column: "place".to_owned(),
            equals: place,
            words: "shown".to_owned(),
        },
    }));
    columns
}

/// A row a cell.
fn tidy(
    paper: &Paper,
    outline: &TableOutline,
    cells: &[Cell],
    shown: Vec<String>,
) -> Vec<(String, Values)> {
    let text = |of: &dyn Fn(&Cell) -> String| Values::Text(cells.iter().map(of).collect());
    let number = |of: &dyn Fn(&Cell) -> Option<f64>| Values::Number(cells.iter().map(of).collect());
    let estimate = |cell: &Cell| match &cell.content {
        Content::Ours { estimate, .. } => estimate.clone(),
        Content::Printed { .. } => None,
    };
    let mark = |cell: &Cell| match &cell.content {
        Content::Ours { mark, .. } => Some(mark.clone()),
        Content::Printed { .. } => None,
    };
    let by = |cell: &Cell| match &cell.content {
        Content::Ours { .. } => OURS.to_owned(),
        Content::Printed { is_cited: false, .. } => THEIRS.to_owned(),
        Content::Printed { is_cited: true, .. } => CITED.to_owned(),
    };
    let experiment = |cell: &Cell| match &cell.content {
        Content::Ours { experiment, .. } => experiment.clone(),
        Content::Printed { .. } => String::new(),
    };
    let reason = |cell: &Cell| {
        mark(cell).and_then(|mark| mark.reason().map(str::to_owned)).unwrap_or_default()
    };
    let difference = |cell: &Cell| Some(estimate(cell)?.mean - cell.paper?);
    let columns = [
        ("method", text(&|cell| cell.key.method.clone())),
        ("group", text(&|cell| cell.group.clone())),
        ("dataset", text(&|cell| cell.key.dataset.clone())),
        ("setting", text(&|cell| cell.setting.clone())),
        ("metric", text(&|cell| cell.key.metric.clone())),
        ("by", text(&by)),
        ("place", text(&|cell| place(paper, outline, cell))),
        ("paper", number(&|cell| cell.paper)),
        ("ours", number(&|cell| Some(estimate(cell)?.mean))),
        ("ours_sd", number(&|cell| estimate(cell)?.sd)),
        (
            "runs",
            Values::Count(cells.iter().map(|cell| estimate(cell).map_or(0, |e| e.n)).collect()),
        ),
        ("seeds", text(&|cell| estimate(cell).map(|e| e.seeds).unwrap_or_default())),
        ("difference", number(&difference)),
        ("mark", text(&|cell| mark(cell).map_or("", |mark| mark.name()).to_owned())),
        ("reason", text(&reason)),
        ("experiment", text(&experiment)),
        ("notes", text(&|cell| cell.notes.join(" "))),
        ("shown", Values::Text(shown)),
    ];
    columns.map(|(name, values)| (name.to_owned(), values)).into()
}
