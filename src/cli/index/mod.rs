//! `erpc-pipe index`: a page that leads to everything that is published.
//!
//! It holds no number of its own and no time, so that it changes only where an experiment or a paper does.

mod experiment;
mod papers;

use std::path::PathBuf;

use clap::Args;

use crate::fs;

use super::project::manifests;
use super::publish::write_if_changed;
use super::{CliError, Exit, text_out};

/// The arguments of `index`.
#[derive(Args)]
pub(super) struct IndexArgs {
    /// The manifests of the experiments, or folders of them.
    #[arg(default_value = "experiments")]
    manifests: Vec<PathBuf>,
    /// The folder with the outlines of papers.
    #[arg(long, default_value = "experiments/published", value_name = "DIR")]
    papers: PathBuf,
    /// Where experiments are published, and the page goes.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
}

/// The name of the page.
const PAGE: &str = "README.md";

const HEAD: &str = "\
<!-- `erpc-pipe index` writes this page; `make reproduce-tables` ends with it. -->

# Results

One folder an experiment, written by `erpc-pipe run`: tables as Parquet (the source of truth), CSV,
Markdown and LaTeX; figures as PNG and SVG; `provenance.json` with the recipes and digests behind
every file; `run.json` with the time that each stage took when it ran. `make results` makes them all
again from the manifests in `experiments/`; what is known is reused.
";

pub(super) fn index(args: &IndexArgs) -> Result<Exit, CliError> {
    let mut page = HEAD.to_owned();
    for manifest in manifests(&args.manifests)? {
        page.push('\n');
        page.push_str(&experiment::section(&manifest, &args.results)?);
    }
    let is_outline = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    if fs::is_dir(&args.papers) {
        for outline in fs::list(&args.papers)?.into_iter().filter(is_outline) {
            page.push('\n');
            page.push_str(&papers::section(&outline, &args.results)?);
        }
    }
    let path = args.results.join(PAGE);
    let word = if write_if_changed(&path, page.as_bytes())? { "wrote" } else { "unchanged:" };
    text_out(format!("{word} {}\n", path.display()).as_bytes())?;
    Ok(Exit::Fine)
}
