//! The section of an experiment: what it asks, and where its answers are.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::fs;
use crate::published::is_published;

use super::super::CliError;
use super::super::file_names::{FIGURE, PER_IMAGE, PER_SEED, TABLE};
use super::super::project::Project;

/// How the name of a table ends that another one is made of.
const PARTS: [(&str, &str); 2] = [(PER_SEED, "each seed"), (PER_IMAGE, "each image")];

pub(super) fn section(manifest: &Path, results: &Path) -> Result<String, CliError> {
    let project = Project::read(manifest)?;
    let experiment = &project.experiment;
    let title = experiment.title.as_ref().unwrap_or(&experiment.name);
    let mut text = format!("## {title}\n\n");
    let source = &experiment.sources[0];
    let asks = experiment.description.clone().unwrap_or_else(|| comment(&source.text));
    if !asks.is_empty() {
        let _ = writeln!(text, "{}\n", asks.trim());
    }
    let name = manifest.file_name().unwrap_or_default().to_string_lossy();
    let seeds = seeds(&experiment.seeds);
    let _ = writeln!(text, "Manifest `{name}`{seeds}.");
    let folder = results.join(&experiment.name);
    if is_published(&folder) {
        text.push_str(&links(&folder, &experiment.name)?);
    } else {
        let _ = writeln!(text, "\n**Not run here.** {}", needs(&project));
    }
    Ok(text)
}

/// The comment at the head of a manifest, up to its first indented line: there commands begin.
fn comment(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("# "));
    lines.take_while(|line| !line.starts_with(' ')).collect::<Vec<_>>().join("\n")
}

fn seeds(seeds: &[u64]) -> String {
    match seeds {
        [] => String::new(),
        [one] => format!(", seed {one}"),
        [first, .., last] => {
            let is_run = seeds.len() > 2 && seeds.windows(2).all(|pair| pair[1] == pair[0] + 1);
            let all: Vec<String> = seeds.iter().map(u64::to_string).collect();
            let which = if is_run { format!("{first} to {last}") } else { all.join(", ") };
            format!(", {} seeds ({which})", seeds.len())
        }
    }
}

fn needs(project: &Project) -> String {
    let outside: Vec<String> = project
        .files()
        .iter()
        .filter(|file| file.beside().is_none())
        .map(|file| format!("`{file}`"))
        .collect();
    match outside.as_slice() {
        [] => "It needs no data.".to_owned(),
        _ => format!(
            "It needs {} in the data folder; `erpc-pipe doctor` says which of them are there.",
            outside.join(", ")
        ),
    }
}

fn links(folder: &Path, name: &str) -> Result<String, CliError> {
    let files = fs::list(folder)?;
    let mut text = String::from("\n");
    for stem in stems(&files, "md") {
        if PARTS.iter().all(|(part, _)| !stem.ends_with(part)) {
            text.push_str(&table(folder, name, &stem)?);
        }
    }
    let figures = stems(&files, "png").into_iter().map(|stem| {
        let address = address(name, &stem);
        format!("[{stem}]({address}.png) ([SVG]({address}.svg))")
    });
    let figures: Vec<String> = figures.collect();
    if !figures.is_empty() {
        let _ = writeln!(text, "- figures: {}", figures.join(", "));
    }
    let is_known = |path: &&PathBuf| {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        TABLE.iter().chain(&FIGURE).chain(&["json"]).any(|known| *known == ending)
            || fs::is_unfinished(path)
    };
    for other in files.iter().filter(|path| !is_known(path)) {
        let file = other.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(text, "- [{file}]({})", address(name, &file));
    }
    let _ = writeln!(text, "- [how it was made]({name}/provenance.json)");
    Ok(text)
}

fn stems(files: &[PathBuf], ending: &str) -> Vec<String> {
    let has_ending = |path: &&PathBuf| path.extension().is_some_and(|found| found == ending);
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    files.iter().filter(has_ending).map(stem).collect()
}

fn table(folder: &Path, name: &str, stem: &str) -> Result<String, CliError> {
    let markdown = fs::read_text(&folder.join(format!("{stem}.md")))?;
    let caption = caption(&markdown);
    let address = address(name, stem);
    let mut text = format!("- [{caption}]({address}.md)");
    for (part, what) in PARTS {
        if fs::exists(&folder.join(format!("{stem}{part}.csv"))) {
            let _ = write!(text, ", [{what}]({address}{part}.csv)");
        }
    }
    let others = [("CSV", "csv"), ("Parquet", "parquet"), ("LaTeX", "tex")];
    let others = others.map(|(what, ending)| format!("[{what}]({address}.{ending})"));
    let _ = writeln!(text, " ({})", others.join(", "));
    Ok(text)
}

/// The first line of a printed table, without its stars.
pub(super) fn caption(markdown: &str) -> &str {
    markdown.lines().next().unwrap_or_default().trim_matches('*')
}

/// A file below the results, as a link takes it.
fn address(folder: &str, file: &str) -> String {
    format!("{folder}/{}", file.replace(' ', "%20").replace('(', "%28").replace(')', "%29"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_experiment_asks_stands_before_its_commands() {
        let text =
            "# Do looks help?\n# They may.\n#   erpc-pipe run x.toml\n# no more\n\n[experiment]";
        assert_eq!(comment(text), "Do looks help?\nThey may.");
        assert_eq!(comment("[experiment]\n# later"), "");
    }

    #[test]
    fn seeds_in_a_row_are_not_listed() {
        assert_eq!(seeds(&[1, 2, 3]), ", 3 seeds (1 to 3)");
        assert_eq!(seeds(&[1, 5]), ", 2 seeds (1, 5)");
        assert_eq!(seeds(&[7]), ", seed 7");
    }
}
