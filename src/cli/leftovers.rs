//! What an earlier run published of stages that the experiment no longer has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fs;

use super::CliError;

/// The endings of published files.
const ENDINGS: [&str; 8] = ["parquet", "csv", "md", "tex", "svg", "png", "onnx", "safetensors"];

/// As much of `provenance.json` as is needed here.
#[derive(Deserialize)]
struct Provenance {
    stages: Vec<Origin>,
}

#[derive(Deserialize)]
struct Origin {
    stage: String,
}

/// Removes the files that the run before published, by its `provenance.json`, and this one does not:
/// beside the next provenance they would be nobody's. Whatever else lies in the folder stays.
///
/// It must come before the next `provenance.json` is written. Gives what is gone.
pub(super) fn remove(folder: &Path, files: &BTreeSet<&str>) -> Result<Vec<PathBuf>, CliError> {
    if !fs::exists(folder) {
        return Ok(Vec::new());
    }
    let mut others = fs::list(folder)?;
    others.retain(|path| !files.contains(name(path)) && has_our_ending(path));
    let before = folder.join("provenance.json");
    if others.is_empty() || !fs::exists(&before) {
        return Ok(Vec::new());
    }
    // Where it cannot be read nobody knows whose the files are.
    let Ok(before) = serde_json::from_slice::<Provenance>(&fs::read(&before)?) else {
        return Ok(Vec::new());
    };
    others.retain(|path| before.stages.iter().any(|origin| is_of(&origin.stage, name(path))));
    for path in &others {
        fs::remove(path)?;
    }
    Ok(others)
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn has_our_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|ours| ending == *ours))
}

/// Whether a file is called after a stage: `train@seed=1.md`, or `train.md` where it stood once.
fn is_of(stage: &str, file: &str) -> bool {
    let name = stage.split('@').next().unwrap_or(stage);
    [stage, name]
        .iter()
        .any(|stem| file.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_stage_that_it_is_called_after() {
        for (stage, file) in
            [("table", "table.per_seed.md"), ("fit@margin=0.1", "fit@margin=0.1.md")]
        {
            assert!(is_of(stage, file), "{stage} {file}");
        }
        assert!(is_of("fit@seed=1", "fit.md"));
        for (stage, file) in
            [("table", "tables.md"), ("table", "notes.md"), ("fit@seed=1", "fit@seed=10.md")]
        {
            assert!(!is_of(stage, file), "{stage} {file}");
        }
    }
}
