//! What can be wrong with a paper's files, or with the results that they point to.

use std::io;
use std::ops::Range;

use crate::fs::FsError;
use crate::manifest::{ManifestError, Problem, Source};
use crate::published::PublishedError;

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// The outline or the numbers are wrong, at a place.
    #[error(transparent)]
    Wrong(#[from] ManifestError),
    /// A file cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// What stands beside published tables cannot be read.
    #[error(transparent)]
    Published(#[from] PublishedError),
    /// A published file is not what this program publishes.
    #[error("`{file}` is damaged: {what}")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// A table could not be made of sound cells.
    #[error("a paper's table: {0}")]
    Bug(#[source] io::Error),
}

impl PaperError {
    /// Blames a place.
    pub(super) fn at(
        source: &Source,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let problem = Problem::at(&source.place(span), message).help(help);
        Self::Wrong(ManifestError::new(vec![problem]))
    }
}
