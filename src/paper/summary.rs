//! How many cells have which mark.

use std::collections::BTreeMap;
use std::fmt;

use crate::artifact::{Cell as TableCell, Presentation, Table, TableColumn, Values};

use super::cells::{Cell, Content};
use super::{Mark, PaperError};

/// The row of all tables together.
const ALL: &str = "all";

/// How many of our cells have which mark, table by table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary(Vec<(String, [usize; Mark::NAMES.len()])>);

impl Summary {
    pub(super) fn of(tables: &[(&str, Vec<Cell>)]) -> Self {
        let counts = |cells: &[Cell]| {
            Mark::NAMES.map(|name| cells.iter().filter(|cell| mark(cell) == Some(name)).count())
        };
        let rows = tables.iter().map(|(name, cells)| (format!("Table {name}"), counts(cells)));
        Self(rows.collect())
    }

    /// Over all tables.
    #[must_use]
    pub fn total(&self) -> [usize; Mark::NAMES.len()] {
        std::array::from_fn(|mark| self.0.iter().map(|(_, counts)| counts[mark]).sum())
    }

    /// A row a table and a column a mark.
    pub(super) fn table(&self, title: &str) -> Result<Table, PaperError> {
        let all = (ALL.to_owned(), self.total());
        let mut columns: [Vec<String>; 2] = Default::default();
        let mut counts = Vec::new();
        for (name, row) in self.0.iter().chain([&all]) {
            for (mark, count) in Mark::NAMES.into_iter().zip(row) {
                columns[0].push(name.clone());
                columns[1].push(mark.to_owned());
                counts.push(*count);
            }
        }
        let [of, marks] = columns;
        let tidy = vec![
            ("of".to_owned(), Values::Text(of)),
            ("mark".to_owned(), Values::Text(marks)),
            ("cells".to_owned(), Values::Count(counts)),
        ];
        let name = TableColumn {
            heading: "cells of ours".to_owned(),
            cell: TableCell::Value { column: "of".to_owned(), labels: BTreeMap::new() },
        };
        let marked = Mark::NAMES.map(|mark| TableColumn {
            heading: mark.to_owned(),
            cell: TableCell::Words {
                column: "mark".to_owned(),
                equals: mark.to_owned(),
                words: "cells".to_owned(),
            },
        });
        let presentation = Presentation {
            caption: format!("{title}: marks at our numbers beside the paper's"),
            rows: vec!["of".to_owned()],
            columns: [name].into_iter().chain(marked).collect(),
            ..Presentation::default()
        };
        Table::new(tidy, presentation).map_err(PaperError::Bug)
    }
}

/// As in `21 cells: 3 reproduced, 1 differing, 8 not comparable, 9 not run`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(f, "{} cells:", total.iter().sum::<usize>())?;
        for (at, (count, name)) in total.iter().zip(Mark::NAMES).enumerate() {
            let name = if name == "differs" { "differing" } else { name };
            write!(f, "{} {count} {name}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

fn mark(cell: &Cell) -> Option<&'static str> {
    match &cell.content {
        Content::Ours { mark, .. } => Some(mark.name()),
        Content::Printed { .. } => None,
    }
}
