//! A table: tidy data that programs read, and how people want to see it.
//!
//! The data is the truth: one observation a row, stored as parquet. The [`Presentation`] says which
//! of it becomes a printed row and column; Markdown, LaTeX and terminal text are derived from both
//! and never stored.
//!
//! ```text
//! "erpc-table" · u64 length · presentation as JSON · parquet until the end
//! ```

mod grid;
mod presentation;
mod tidy;
mod views;

use std::io;

use super::{Artifact, ArtifactKind, Blob, invalid};
use grid::Grid;
use tidy::Tidy;

pub use presentation::{Cell, Presentation, Scale, Stamp, TableColumn};
pub use tidy::{Values, read_columns};

const MAGIC: &[u8] = b"erpc-table";
const LENGTH_BYTES: usize = 8;

/// Tidy data with its presentation.
#[derive(Clone, Debug)]
pub struct Table {
    tidy: Tidy,
    presentation: Presentation,
    grid: Grid,
}

/// The forms in which a table is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableViews {
    /// The tidy data, for programs.
    pub parquet: Vec<u8>,
    /// The tidy data, for everything else.
    pub csv: String,
    /// The printed table for a repository.
    pub markdown: String,
    /// The printed table for a paper; it needs the package `booktabs`.
    pub latex: String,
}

impl Table {
    /// Makes a table of named columns of equal length.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if names repeat, lengths differ, or the presentation names a
    /// column that is not there.
    pub fn new(columns: Vec<(String, Values)>, presentation: Presentation) -> io::Result<Self> {
        Self::assemble(Tidy::new(columns)?, presentation)
    }

    fn assemble(tidy: Tidy, presentation: Presentation) -> io::Result<Self> {
        let grid = Grid::lay_out(&tidy, &presentation)?;
        Ok(Self { tidy, presentation, grid })
    }

    /// How the data is shown.
    #[must_use]
    pub fn presentation(&self) -> &Presentation {
        &self.presentation
    }

    /// The number of rows of the tidy data.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tidy.len()
    }

    /// Whether the tidy data has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names of the tidy columns, in order.
    #[must_use]
    pub fn column_names(&self) -> Vec<String> {
        self.tidy.names()
    }

    /// The numbers of a tidy column; counts become numbers. None if there is no such column.
    #[must_use]
    pub fn numbers(&self, column: &str) -> Option<Vec<Option<f64>>> {
        self.tidy.numbers(column)
    }

    /// The texts of a tidy column. None if there is no such column.
    #[must_use]
    pub fn texts(&self, column: &str) -> Option<Vec<String>> {
        self.tidy.texts(column)
    }

    /// All forms in which a table is published.
    #[must_use]
    pub fn views(&self) -> TableViews {
        TableViews {
            parquet: self.tidy.parquet().to_vec(),
            csv: self.tidy.csv(),
            markdown: views::markdown(&self.grid),
            latex: views::latex(&self.grid),
        }
    }

    /// The printed table in plain aligned columns.
    #[must_use]
    pub fn terminal(&self) -> String {
        views::terminal(&self.grid)
    }
}

impl Artifact for Table {
    const KIND: ArtifactKind = ArtifactKind("table");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let presentation = serde_json::to_vec(&self.presentation)?;
        out.write_all(MAGIC)?;
        out.write_all(&(presentation.len() as u64).to_le_bytes())?;
        out.write_all(&presentation)?;
        out.write_all(self.tidy.parquet())
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let rest = blob.strip_prefix(MAGIC).ok_or_else(|| invalid("not a table: wrong magic"))?;
        let cut_short = || invalid("not a table: it is cut short");
        let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut_short)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut_short())?;
        let (presentation, parquet) = rest.split_at_checked(length).ok_or_else(cut_short)?;
        let presentation = serde_json::from_slice(presentation)
            .map_err(|error| invalid(format!("presentation of a table: {error}")))?;
        Self::assemble(Tidy::from_parquet(parquet)?, presentation)
    }
}

#[cfg(test)]
mod tests;
