//! What can go wrong with the store.

use std::path::PathBuf;

use crate::fs::FsError;
use crate::id::{Digest, StageKey};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Reading or writing failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// An object's content is not what its name says.
    #[error("object {} is damaged: its content hashes to {}", expected.short(), found.short())]
    Damaged {
        /// The digest it is named by.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// An object that an action refers to is not there.
    #[error("object {} is missing", digest.short())]
    Missing {
        /// The object.
        digest: Digest,
    },
    /// An action's file is not two lines of JSON.
    #[error("the record of action {} is damaged: {message}", key.0.short())]
    BadRecord {
        /// The action.
        key: StageKey,
        /// What the parser said.
        message: String,
    },
    /// An outside file changed while a stage was reading it.
    #[error("`{}` changed while the stage was running; nothing was recorded", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}
