//! What published files are called.

use std::path::Path;

use crate::id::StageId;

/// The endings of a table.
pub(super) const TABLE: [&str; 4] = ["parquet", "csv", "md", "tex"];
/// The endings of a figure.
pub(super) const FIGURE: [&str; 2] = ["svg", "png"];
/// The ending of an exported network.
pub(super) const NETWORK: &str = "onnx";
/// The ending of exported parameters.
pub(super) const PARAMETERS: &str = "safetensors";

/// How the name of a table with one row a seed ends.
pub(super) const PER_SEED: &str = ".per_seed";
/// How the name of a table with one row an image ends.
pub(super) const PER_IMAGE: &str = ".per_image";

/// What the files of a stage are called: as it, and its trial if the stage stands more than once.
pub(super) fn stem(id: &StageId, stands_once: bool) -> String {
    if stands_once { id.name.clone() } else { id.to_string() }
}

/// Whether a file is one of a stage's, by its name.
pub(super) fn is_of(id: &str, file: &str) -> bool {
    let name = StageId::name_in(id);
    // How many trials the stage had is not known any more, so either stem will do.
    let is_called = |stem: &str| file.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
    has_our_ending(Path::new(file)) && (is_called(id) || is_called(name))
}

fn has_our_ending(file: &Path) -> bool {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let others = [NETWORK, PARAMETERS];
    TABLE.iter().chain(&FIGURE).chain(&others).any(|ours| *ours == ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_stage_that_it_is_called_after() {
        for (stage, file) in [
            ("table", "table.per_seed.md"),
            ("fit@margin=0.1", "fit@margin=0.1.md"),
            ("fit@seed=1", "fit.onnx"),
        ] {
            assert!(is_of(stage, file), "{stage} {file}");
        }
        for (stage, file) in [
            ("table", "tables.md"),
            ("table", "notes.md"),
            ("table", "table.txt"),
            ("fit@seed=1", "fit@seed=10.md"),
        ] {
            assert!(!is_of(stage, file), "{stage} {file}");
        }
    }
}
