//! `erpc-pipe paper`: the tables of a paper with our numbers and a mark at each.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::fs;
use crate::paper::{Paper, PaperError};

use super::publish::{table_files, write_if_changed};
use super::{CliError, Exit, text_out};

/// The arguments of `paper`.
#[derive(Args)]
pub(super) struct PaperArgs {
    /// The outline of the paper, such as experiments/published/erpcnet.toml.
    outline: PathBuf,
    /// Where experiments are published, and the tables go.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
}

pub(super) fn paper(args: &PaperArgs) -> Result<Exit, CliError> {
    if !fs::exists(&args.outline) {
        let message = format!("there is no outline `{}`", args.outline.display());
        let help = "name a TOML file, such as experiments/published/erpcnet.toml";
        return Err(CliError::usage(message, help));
    }
    let paper = Paper::open(&args.outline)?;
    let made = paper.tables(&args.results)?;
    let folder = args.results.join(paper.name());
    fs::sweep_unfinished(&folder)?;
    let mut text = String::new();
    for (name, table) in made.tables {
        for (file, content) in table_files(&name, &table) {
            let path = folder.join(file);
            if write_if_changed(&path, &content)? {
                let _ = writeln!(text, "wrote {}", path.display());
            }
        }
    }
    let _ = writeln!(text, "{} (arXiv {}), {}", paper.title(), paper.arxiv(), made.summary);
    text_out(text.as_bytes())?;
    Ok(Exit::Fine)
}

impl From<PaperError> for CliError {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::Wrong(error) => Self::Manifest(error),
            PaperError::Fs(error) => Self::Fs(error),
            PaperError::Bug(error) => Self::Bug(error.to_string()),
            error => Self::usage(error.to_string(), "run its experiment again, or remove the file"),
        }
    }
}
