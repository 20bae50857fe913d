//! `erpc-pipe graph`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::graph::{to_dot, to_svg};

use super::project::Project;
use super::{CliError, Exit};

/// The arguments of `graph`.
#[derive(Args)]
pub(super) struct GraphArgs {
    /// The manifest.
    manifest: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Dot)]
    format: Format,
}

/// The forms of a drawn graph.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The DOT language.
    Dot,
    /// A picture.
    Svg,
}

pub(super) fn graph(args: &GraphArgs) -> Result<Exit, CliError> {
    let project = Project::read(&args.manifest)?;
    let text = match args.format {
        Format::Dot => to_dot(&project.graph),
        Format::Svg => to_svg(&project.graph).map_err(CliError::Bug)?,
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Fine)
}
