//! A paper's tables in its own layout: its numbers, ours, and a mark at each cell of ours.
//!
//! Two files hold what is known of a paper. A table of numbers says what it prints, one number a row; an
//! outline (TOML) says how its tables are laid out, which published experiment answers which data set,
//! what budget an answer must have had, and which arithmetic must hold between printed numbers.
//!
//! ```text
//! outline.toml ─┐                          ┌─ mark ──▶ reproduced / differs / not comparable / not run
//! numbers.csv ──┴─▶ Paper ─ results/*/*.parquet ─▶ cells ─▶ Table a table, Table of the marks
//!                     └──── checks ──────────▶ notes at cells
//! ```
//!
//! An outline is read by serde with spans, one mistake at a time: unlike a manifest it is written once
//! a paper and not by everybody. Nothing here runs an experiment; what is not published is `not run`.

mod answer;
mod cells;
mod checks;
mod error;
mod formula;
mod layout;
mod lost_search;
mod mark;
mod numbers;
mod outline;
mod provenance;
mod summary;
#[cfg(test)]
mod tests;
mod validate;

use std::path::Path;

use crate::artifact::Table;
use crate::fs;
use crate::manifest::Source;

use answer::Answers;
use cells::{Cell, cells};
use checks::Notes;
use numbers::{CellKey, Numbers};
use outline::{Answer, Outline, TableOutline};

pub use error::PaperError;
pub use mark::Mark;
pub use summary::Summary;

/// What is known of a paper: its numbers, and how they are to be shown and answered.
pub struct Paper {
    source: Source,
    outline: Outline,
    numbers: Numbers,
}

/// The tables of a paper, by name, and what became of the cells that are ours.
pub struct PaperTables {
    /// File name without ending, and table.
    pub tables: Vec<(String, Table)>,
    /// How many cells have which mark.
    pub summary: Summary,
}

impl Paper {
    /// Reads an outline and the numbers that it names.
    ///
    /// # Errors
    /// [`PaperError`]: what is wrong, with its place.
    pub fn open(outline: &Path) -> Result<Self, PaperError> {
        let source = read(outline)?;
        let parsed = Outline::parse(&source)?;
        let folder = outline.parent().unwrap_or(Path::new(""));
        let numbers = read(&fs::joined(folder, parsed.numbers.get_ref()))?;
        Self::new(source, parsed, &numbers)
    }

    fn new(source: Source, outline: Outline, numbers: &Source) -> Result<Self, PaperError> {
        let numbers = Numbers::parse(numbers, &outline)?;
        let paper = Self { source, outline, numbers };
        validate::validate(&paper)?;
        Ok(paper)
    }

    /// The folder below the results.
    #[must_use]
    pub fn name(&self) -> &str {
        self.outline.name.get_ref()
    }

    /// What the paper is called.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.outline.title
    }

    /// Its number at arXiv.
    #[must_use]
    pub fn arxiv(&self) -> &str {
        &self.outline.arxiv
    }

    /// The names of its tables, as their files have them.
    pub fn table_names(&self) -> impl Iterator<Item = String> {
        self.outline.table.iter().map(file_name)
    }

    /// The experiment that is to answer a cell.
    fn answer(&self, key: &CellKey) -> Option<&Answer> {
        self.outline.answer.iter().find(|answer| {
            let is_table = answer.tables.iter().any(|table| *table.get_ref() == key.table);
            is_table && *answer.dataset.get_ref() == key.dataset
        })
    }

    /// The tables, from what is published below `results`.
    ///
    /// # Errors
    /// [`PaperError`]: a published table cannot be read, or the outline asks it for what it cannot have.
    pub fn tables(&self, results: &Path) -> Result<PaperTables, PaperError> {
        let notes = Notes::of(self)?;
        let mut answers = Answers::new(self, results);
        let mut tables = Vec::new();
        let mut all: Vec<(&str, Vec<Cell>)> = Vec::new();
        for spec in &self.outline.table {
            let cells = cells(self, spec, &mut answers, &notes)?;
            tables.push((file_name(spec), layout::table(self, spec, &cells)?));
            all.push((spec.name.get_ref(), cells));
        }
        let summary = Summary::of(&all);
        tables.push(("marks".to_owned(), summary.table(self.title())?));
        Ok(PaperTables { tables, summary })
    }
}

fn file_name(table: &TableOutline) -> String {
    format!("table{}", table.name.get_ref())
}

fn read(path: &Path) -> Result<Source, PaperError> {
    let name = path.display().to_string();
    let bytes = fs::read(path)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
            Err(PaperError::at(&source, at..at, "the file is not UTF-8", "save it as UTF-8"))
        }
    }
}
