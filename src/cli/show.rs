//! `erpc-pipe show`: a stage kind, what a stage made, a published table, or a network.

mod artifact;
mod kind;
mod network;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::fs;
use crate::stages::registry;

use super::{CliError, Exit, Place};

/// The arguments of `show`.
#[derive(Args)]
pub(super) struct ShowArgs {
    /// A stage kind, a manifest, a published Markdown table, or an ONNX file.
    target: String,
    /// With a manifest: the stage, `score`, `score@seed=3` or `score.scores`.
    stage: Option<String>,
}

pub(super) fn show(place: &Place, args: &ShowArgs) -> Result<Exit, CliError> {
    let text = match &args.stage {
        Some(stage) => artifact::show(place, &PathBuf::from(&args.target), stage)?,
        None => show_one(place, &args.target)?,
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn show_one(place: &Place, target: &str) -> Result<String, CliError> {
    let registry = registry();
    if let Some(stage) = registry.get(target) {
        return Ok(kind::describe(stage.as_ref()));
    }
    let path = Path::new(target);
    let has_ending = |ending: &str| path.extension().is_some_and(|found| found == ending);
    if has_ending("md") && fs::exists(path) {
        return Ok(fs::read_text(path)?);
    }
    if has_ending("onnx") {
        return network::show(place, path);
    }
    if has_ending("toml") {
        let help = "add the stage: `show MANIFEST STAGE`";
        return Err(CliError::usage("a manifest alone shows nothing", help));
    }
    let kinds: Vec<_> = registry.iter().map(|(kind, _)| kind).collect();
    Err(CliError::usage(
        format!("`{target}` is neither a stage kind, nor a table, nor an ONNX file"),
        format!("stage kinds: {}", kinds.join(", ")),
    ))
}
