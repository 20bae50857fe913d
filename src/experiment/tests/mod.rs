//! Whole manifests through [`Experiment::resolve`].

mod files;
mod overlays;
mod parameters;
mod reports;
mod sweeps;
mod words;

use super::Experiment;
use crate::manifest::testing::registry;
use crate::manifest::{ManifestError, Source};

/// Resolves the first of `files`; the others can be loaded by their names.
fn resolve_files(files: &[(&str, &str)]) -> Result<Experiment, ManifestError> {
    let sources: Vec<_> = files.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    let load = |path: &str, _: &Source| {
        let source = sources.iter().find(|source| source.name == path);
        source.cloned().ok_or_else(|| format!("could not read `{path}`"))
    };
    Experiment::resolve(&sources[0], &registry(), &load)
}

/// Resolves one manifest called `toy`; `body` starts on the third line.
fn resolve(body: &str) -> Result<Experiment, ManifestError> {
    resolve_files(&[("toy.toml", &format!("[experiment]\nname = \"toy\"\n{body}"))])
}

fn good(body: &str) -> Experiment {
    resolve(body).unwrap_or_else(|error| panic!("{}", error.render(false, 100)))
}

fn render(result: Result<Experiment, ManifestError>) -> String {
    result.err().expect("the manifest is wrong").render(false, 100)
}

fn report(body: &str) -> String {
    render(resolve(body))
}

fn report_files(files: &[(&str, &str)]) -> String {
    render(resolve_files(files))
}

const DATA: &str = r#"
[stage.data]
kind = "load-data"
params = { file = "toy.npy" }
"#;
