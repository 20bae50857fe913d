//! What an earlier run published of stages that the experiment no longer has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fs;
use crate::published::{PROVENANCE, Stages, is_published, read_published};

use super::CliError;
use super::file_names::is_of;
use super::results::name;

/// As much of a stage in the provenance as is needed here.
#[derive(Deserialize)]
struct Origin {
    stage: String,
}

/// Removes the files that the run before published, by its `provenance.json`, and this one does not:
/// beside the next provenance they would be nobody's. Whatever else lies in the folder stays.
///
/// It must come before the next `provenance.json` is written. Gives what is gone.
pub(super) fn remove(folder: &Path, files: &BTreeSet<&str>) -> Result<Vec<PathBuf>, CliError> {
    let mut others = if is_published(folder) { fs::list(folder)? } else { Vec::new() };
    others.retain(|path| !files.contains(name(path)));
    if others.is_empty() {
        return Ok(Vec::new());
    }
    // Where it cannot be read nobody knows whose the files are.
    let Ok(Some(before)) = read_published::<Stages<Origin>>(folder, PROVENANCE) else {
        return Ok(Vec::new());
    };
    others.retain(|path| before.stages.iter().any(|origin| is_of(&origin.stage, name(path))));
    for path in &others {
        fs::remove(path)?;
    }
    Ok(others)
}
