//! The section of a paper: its tables, and how many of its numbers came out.

use std::fmt::Write as _;
use std::path::Path;

use crate::fs;
use crate::paper::Paper;

use super::super::CliError;
use super::experiment::caption;

pub(super) fn section(outline: &Path, results: &Path) -> Result<String, CliError> {
    let paper = Paper::open(outline)?;
    let mut text = format!("## The paper: {}\n\n", paper.title());
    let _ = writeln!(
        text,
        "arXiv {}, its tables with our numbers beside its own and a mark at each cell of ours.\n",
        paper.arxiv()
    );
    let name = paper.name();
    let folder = results.join(name);
    let marks = folder.join("marks.md");
    if !fs::exists(&marks) {
        let _ = writeln!(text, "**Not made here.** `erpc-pipe paper {}`", outline.display());
        return Ok(text);
    }
    for table in paper.table_names() {
        let path = folder.join(format!("{table}.md"));
        if fs::exists(&path) {
            let markdown = fs::read_text(&path)?;
            let others = [("CSV", "csv"), ("Parquet", "parquet"), ("LaTeX", "tex")];
            let others = others.map(|(what, ending)| format!("[{what}]({name}/{table}.{ending})"));
            let caption = caption(&markdown);
            let _ = writeln!(text, "- [{caption}]({name}/{table}.md) ({})", others.join(", "));
        }
    }
    let _ = write!(text, "\n{}", fs::read_text(&marks)?);
    Ok(text)
}
