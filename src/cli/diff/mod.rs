//! `erpc-pipe diff`: which settings of two published experiments differ, and which numbers moved.

mod numbers;
mod settings;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::fs;
use crate::published::is_published;
use crate::suggest::advice;

use super::results::{Grain, name, tables_of};
use super::{CliError, Exit, text_out};

/// How many lines a part shows unless all are asked for.
const SHOWN: usize = 40;

/// The arguments of `diff`.
#[derive(Args)]
pub(super) struct DiffArgs {
    /// A published experiment, or the folder of one.
    before: String,
    /// Another one.
    after: String,
    /// Where experiments are published.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
    /// Show every difference.
    #[arg(short, long)]
    all: bool,
}

pub(super) fn diff(args: &DiffArgs) -> Result<Exit, CliError> {
    let before = folder(&args.results, &args.before)?;
    let after = folder(&args.results, &args.after)?;
    let most = if args.all { usize::MAX } else { SHOWN };
    let mut text = String::new();
    let settings = settings::compare(&before, &after)?;
    let numbers = numbers::compare(
        &tables_of(&before, Grain::Statistics)?,
        &tables_of(&after, Grain::Statistics)?,
    );
    part(&mut text, "Settings", &settings, most);
    text.push('\n');
    numbers.write(&mut text, most)?;
    text_out(text.as_bytes())?;
    Ok(Exit::Fine)
}

/// The folder that `named` means: a folder, or an experiment among the results.
fn folder(results: &Path, named: &str) -> Result<PathBuf, CliError> {
    let places = [results.join(named), PathBuf::from(named)];
    if let Some(found) = places.into_iter().find(|path| is_published(path)) {
        return Ok(found);
    }
    let folders = if fs::is_dir(results) { fs::list(results)? } else { Vec::new() };
    let known: Vec<&str> =
        folders.iter().filter(|path| is_published(path)).map(|path| name(path)).collect();
    let message = format!("no published experiment `{named}` in `{}`", results.display());
    Err(CliError::usage(message, advice(named, "experiments", &known)))
}

/// A heading with lines below it, the first ones of many.
fn part(text: &mut String, heading: &str, lines: &[String], most: usize) {
    if lines.is_empty() {
        let _ = writeln!(text, "{heading}: no difference");
        return;
    }
    let _ = writeln!(text, "{heading}");
    for line in lines.iter().take(most) {
        let _ = writeln!(text, "  {line}");
    }
    if lines.len() > most {
        let _ = writeln!(text, "  … {} more; `--all` shows them", lines.len() - most);
    }
}
