//! What stands beside published tables: where they came from, and what they cost.
//!
//! Both files list stages. Who reads them takes as much of a stage as is of use there.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fs::{self, FsError};

/// The file that says what made the others; a folder without it holds no results.
pub const PROVENANCE: &str = "provenance.json";
/// The file that says how long each stage took.
pub const COSTS: &str = "run.json";

/// What both files hold, as far as `T` goes for a stage.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Stages<T> {
    /// One entry a stage.
    pub stages: Vec<T>,
}

/// A file that cannot be taken for what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedError {
    /// It cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// It holds something else.
    #[error("`{file}` is damaged: {what}")]
    Damaged {
        /// Its path.
        file: String,
        /// What does not fit.
        what: String,
    },
}

/// Whether a folder holds results.
#[must_use]
pub fn is_published(folder: &Path) -> bool {
    fs::exists(&folder.join(PROVENANCE))
}

/// Reads a file of a folder of results; none if it is not there.
///
/// # Errors
/// [`PublishedError`] if it cannot be read, or is not what `T` takes.
pub fn read_published<T: DeserializeOwned>(
    folder: &Path,
    file: &str,
) -> Result<Option<T>, PublishedError> {
    let path = folder.join(file);
    if !fs::exists(&path) {
        return Ok(None);
    }
    serde_json::from_slice(&fs::read(&path)?).map(Some).map_err(|error| PublishedError::Damaged {
        file: path.display().to_string(),
        what: error.to_string(),
    })
}
