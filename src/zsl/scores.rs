//! The scores of test images on all candidates.
//!
//! ```text
//! header length (u64) | header (JSON) | one row of f64 an image: seen test images, then unseen
//! ```
//!
//! A method that looks at the candidates before it scores (where a search ends depends on what it is
//! sure of) has other scores when only unseen classes are candidates: a second block of rows, of the
//! unseen images.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, BlobWriter, invalid};

use super::candidates::{Candidate, Candidates};
use super::decision::{Decision, MetricError};
use super::model::Provenance;
use super::search_summary::SearchSummary;

/// Whose scores these are and what the right answers are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScoresHeader {
    /// The columns.
    pub candidates: Candidates,
    /// The true classes of the test images of seen classes, in the order of the rows.
    pub seen_labels: Vec<Candidate>,
    /// The true classes of the test images of unseen classes.
    pub unseen_labels: Vec<Candidate>,
    /// Where the model comes from.
    pub provenance: Provenance,
    /// How the images were looked at, for methods that search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// Whether the unseen images have rows of their own for the zero-shot setting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_zero_shot_rows: bool,
}

/// A score table on disk.
#[derive(Clone)]
pub struct Scores {
    header: ScoresHeader,
    rows_at: usize,
    blob: Blob,
}

impl ScoresHeader {
    fn rows(&self) -> usize {
        let zero_shot = if self.has_zero_shot_rows { self.unseen_labels.len() } else { 0 };
        self.seen_labels.len() + self.unseen_labels.len() + zero_shot
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        out.write_all(&(text.len() as u64).to_le_bytes())?;
        out.write_all(&text)
    }
}

impl Scores {
    /// Whose scores these are.
    #[must_use]
    pub fn header(&self) -> &ScoresHeader {
        &self.header
    }

    /// The scores of one image, `[C]`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, image: usize) -> Vec<f64> {
        let bytes = 8 * self.header.candidates.len();
        let row = &self.blob[self.rows_at + image * bytes..][..bytes];
        let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        row.chunks_exact(8).map(number).collect()
    }

    /// What the test images of seen classes come down to.
    ///
    /// # Errors
    /// [`MetricError::NotANumber`].
    pub fn seen(&self) -> Result<Vec<Decision>, MetricError> {
        self.decisions(0, &self.header.seen_labels)
    }

    /// What the test images of unseen classes come down to.
    ///
    /// # Errors
    /// [`MetricError::NotANumber`].
    pub fn unseen(&self) -> Result<Vec<Decision>, MetricError> {
        self.decisions(self.header.seen_labels.len(), &self.header.unseen_labels)
    }

    /// What they come down to in the zero-shot setting.
    ///
    /// # Errors
    /// [`MetricError::NotANumber`].
    pub fn zero_shot(&self) -> Result<Vec<Decision>, MetricError> {
        let own = if self.header.has_zero_shot_rows { self.header.unseen_labels.len() } else { 0 };
        self.decisions(self.header.seen_labels.len() + own, &self.header.unseen_labels)
    }

    fn decisions(&self, first: usize, labels: &[Candidate]) -> Result<Vec<Decision>, MetricError> {
        let mask = self.header.candidates.seen_mask();
        let decision = |(image, &label): (usize, &Candidate)| {
            let row = self.row(first + image);
            Decision::of(&row, &mask, label).map_err(|at| MetricError::NotANumber {
                image: first + image,
                class: self.header.candidates.name(at),
                score: row[at],
            })
        };
        labels.iter().enumerate().map(decision).collect()
    }

    /// A score table in memory, for tests.
    ///
    /// # Panics
    /// If the rows do not fit the header.
    #[must_use]
    pub fn in_memory(header: &ScoresHeader, rows: &[Vec<f64>]) -> Self {
        let mut bytes = Vec::new();
        header.write(&mut bytes).expect("writing to memory cannot fail");
        for score in rows.iter().flatten() {
            bytes.extend_from_slice(&score.to_le_bytes());
        }
        Self::decode(Blob::from_bytes(&bytes)).expect("the rows fit the header")
    }
}

impl Artifact for Scores {
    const KIND: ArtifactKind = ArtifactKind("scores");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.blob)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let damaged = || invalid("the score table is damaged");
        let length = blob.get(..8).ok_or_else(damaged)?;
        let length = u64::from_le_bytes(length.try_into().expect("eight bytes"));
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(8));
        let rows_at = end.ok_or_else(damaged)?;
        let text = blob.get(8..rows_at).ok_or_else(damaged)?;
        let header: ScoresHeader =
            serde_json::from_slice(text).map_err(|error| invalid(error.to_string()))?;
        let classes = header.candidates.len();
        let is_candidate = |label: &Candidate| label.get() < classes;
        let labels_fit = header.seen_labels.iter().chain(&header.unseen_labels).all(is_candidate);
        let expected = header.rows().checked_mul(8 * classes).ok_or_else(damaged)?;
        if !labels_fit || blob.len() - rows_at != expected {
            return Err(damaged());
        }
        Ok(Self { header, rows_at, blob })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

/// Writes a score table row by row.
pub struct ScoresWriter {
    out: BlobWriter,
}

impl ScoresWriter {
    /// Begins a table.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn new(mut out: BlobWriter, header: &ScoresHeader) -> io::Result<Self> {
        header.write(&mut out)?;
        Ok(Self { out })
    }

    /// Appends the scores of the next image, `[C]`: seen ones, unseen ones, and the unseen ones again
    /// if they have rows of their own for the zero-shot setting.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn push(&mut self, row: &[f64]) -> io::Result<()> {
        row.iter().try_for_each(|score| self.out.write_all(&score.to_le_bytes()))
    }

    /// Finishes the file; the result is a view of it.
    ///
    /// # Errors
    /// Whatever the system reports, and [`io::ErrorKind::InvalidData`] if rows are missing.
    pub fn finish(self) -> io::Result<Scores> {
        Scores::decode(self.out.finish().map_err(io::Error::other)?)
    }
}
