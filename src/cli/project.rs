//! From the arguments to a connected graph: the steps that all commands share.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::experiment::Experiment;
use crate::fs;
use crate::graph::StageGraph;
use crate::manifest::{ManifestError, Problem, Source};
use crate::plan::DataRoots;
use crate::stage::FileRef;
use crate::stages::registry;
use crate::store::{Store, Trust};

use super::{CliError, Place};

/// An experiment and its graph.
pub(super) struct Project {
    pub(super) experiment: Experiment,
    pub(super) graph: StageGraph,
}

impl Project {
    /// Reads a manifest and everything it names.
    pub(super) fn read(manifest: &Path) -> Result<Self, CliError> {
        let source = read_source(manifest)?;
        let load = |name: &str, from: &Source| {
            let path = find(Path::new(&from.name), name);
            read_source(&path).map_err(|error| match std::error::Error::source(&error) {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            })
        };
        let experiment = Experiment::resolve(&source, &registry(), &load)?;
        let graph = StageGraph::build(&experiment)?;
        Ok(Self { experiment, graph })
    }

    /// The outside files that its stages name.
    pub(super) fn files(&self) -> BTreeSet<FileRef> {
        let nodes = self.graph.indices().map(|index| self.graph.node(index));
        nodes.flat_map(|node| FileRef::all_in(&node.params)).collect()
    }
}

/// The manifests that are named, and those in named folders.
pub(super) fn manifests(named: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut manifests = Vec::new();
    for path in named {
        if fs::is_dir(path) {
            let entries = fs::list(path)?;
            let is_manifest = |path: &PathBuf| path.extension().is_some_and(|e| e == "toml");
            manifests.extend(entries.into_iter().filter(is_manifest));
        } else {
            manifests.push(path.clone());
        }
    }
    Ok(manifests)
}

fn read_source(path: &Path) -> Result<Source, CliError> {
    if !fs::exists(path) {
        let is_pipeline = path.components().any(|part| part.as_os_str() == "pipelines");
        let where_else = match is_pipeline {
            true => ", nor is it in `pipelines/` of a folder above the manifest",
            false => "",
        };
        let message = format!("there is no manifest `{}`{where_else}", path.display());
        let help = "name a TOML file, such as experiments/quickstart.toml";
        return Err(CliError::usage(message, help));
    }
    let name = path.display().to_string();
    match String::from_utf8(fs::read(path)?) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
            let problem = Problem::at(&source.place(valid..valid), "the manifest is not UTF-8")
                .label("this byte")
                .help("save the file as UTF-8");
            Err(ManifestError::new(vec![problem]).into())
        }
    }
}

/// The file that `name` means in the file `from`. Pipelines lie beside `experiments`, so they are
/// looked for in every folder above the manifest.
fn find(from: &Path, name: &str) -> PathBuf {
    let near = beside(from, name);
    if !name.starts_with("pipelines/") {
        return near;
    }
    let above = from.ancestors().skip(1).map(|folder| folder.join(name));
    above.into_iter().find(|path| fs::exists(path)).unwrap_or(near)
}

/// The path that `name` means in the file `from`.
fn beside(from: &Path, name: &str) -> PathBuf {
    fs::joined(from.parent().unwrap_or(Path::new("")), name)
}

impl Place {
    /// Opens the store.
    pub(super) fn store(&self) -> Result<Store, CliError> {
        let trust = if self.paranoid { Trust::Nothing } else { Trust::Stat };
        Ok(Store::open(&self.store, trust)?)
    }

    /// Where outside files are looked for: the data folder, then the project itself.
    pub(super) fn data_roots(&self) -> DataRoots {
        let data = self.data.clone().unwrap_or_else(|| PathBuf::from("data"));
        DataRoots(vec![data, PathBuf::from(".")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_file_that_says_them() {
        let from = Path::new("experiments/ablations/a.toml");
        assert_eq!(beside(from, "../base.toml"), Path::new("experiments/base.toml"));
        assert_eq!(beside(from, "./b.toml"), Path::new("experiments/ablations/b.toml"));
        assert_eq!(beside(Path::new("a.toml"), "../b.toml"), Path::new("../b.toml"));
    }
}
