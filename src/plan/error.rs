//! Why there is no plan.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::id::StageId;
use crate::stage::{FileRef, StageError};
use crate::store::StoreError;

/// A file that a stage needs and that is nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingFile {
    /// As the manifest names it.
    pub file: FileRef,
    /// The stage that needs it.
    pub stage: String,
    /// Where it was looked for.
    pub looked: Vec<PathBuf>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Outside files are not there.
    #[error("{}", describe(.0))]
    Missing(Vec<MissingFile>),
    /// A tool that the parameters demand is not there.
    #[error("stage `{stage}` cannot run here")]
    Runtime {
        /// The stage.
        stage: StageId,
        /// What is missing, and what to do.
        #[source]
        source: StageError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn describe(missing: &[MissingFile]) -> String {
    let mut text = match missing.len() {
        1 => "a file is missing:".to_owned(),
        count => format!("{count} files are missing:"),
    };
    for MissingFile { file, stage, looked } in missing {
        let _ = write!(text, "\n  `{file}`, needed by stage `{stage}`; looked for");
        for path in looked {
            let _ = write!(text, " `{}`", path.display());
        }
    }
    text
}
