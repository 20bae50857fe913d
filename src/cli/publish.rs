//! Tables, figures and networks of a run → files for people, with where they came from.
//!
//! ```text
//! results/EXPERIMENT/
//!   STAGE.parquet .csv .md .tex     each table; STAGE.PORT… for outputs beside the main one
//!   STAGE.svg .png                  each figure
//!   STAGE.onnx                      each network that is exported
//!   STAGE.weights.safetensors       the weights of each that is written with them
//!   provenance.json                 what made them, from which digests
//!   run.json                        what ran or was reused, and how long it took when it ran
//! ```
//!
//! Where a stage stands more than once, its trial is part of the name: `STAGE@AXIS=LABEL`.
//! All of it is of one run: while a stage is not done, the folder stays as it was, because tables of
//! an earlier run beside the provenance of a later one would be nobody's. `show` has the tables that
//! are ready. A file whose content is already there is not touched; what a killed run left
//! half-written goes, and so do the files of stages that the experiment no longer has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use petgraph::graph::NodeIndex;
use rayon::prelude::*;

use crate::artifact::{Artifact as _, ArtifactKind, Blob, Figure, Table};
use crate::fs;
use crate::id::Digest;
use crate::onnx::OnnxFile;
use crate::plan::Planner;
use crate::published::{COSTS, PROVENANCE};
use crate::run::Outcome;
use crate::stages::parameters_file::ParametersFile;
use crate::store::Store;

use super::file_names::{FIGURE, NETWORK, PARAMETERS, TABLE, stem};
use super::project::Project;
use super::provenance::{provenance, run_report};
use super::{CliError, leftovers};

/// What became of a folder of results.
pub(super) enum Publication {
    /// What changed in the folder; other files read so already.
    Done {
        /// Files that are new or changed.
        written: Vec<PathBuf>,
        /// Files of stages that are no more.
        removed: Vec<PathBuf>,
    },
    /// Nothing was written: so many stages are not done.
    Withheld(usize),
}

/// Writes everything that the run made for people, once all its stages are done.
pub(super) fn publish(
    folder: &Path,
    project: &Project,
    planner: &Planner<'_>,
    store: &Store,
    outcome: &Outcome,
) -> Result<Publication, CliError> {
    let left = outcome.settled.iter().filter(|settled| settled.is_none()).count();
    if left > 0 {
        return Ok(Publication::Withheld(left));
    }
    let indices: Vec<NodeIndex> = project.graph.indices().collect();
    let views = indices.par_iter().map(|index| views_of(project, store, outcome, *index));
    let mut files: Vec<File> =
        views.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    if files.is_empty() {
        return Ok(Publication::Done { written: Vec::new(), removed: Vec::new() });
    }
    files.push((PROVENANCE.to_owned(), provenance(project, planner, outcome)?));
    files.push((COSTS.to_owned(), run_report(project, outcome)?));
    fs::sweep_unfinished(folder)?;
    let names: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let removed = leftovers::remove(folder, &names)?;
    let paths = files.par_iter().map(|(name, content)| {
        let path = folder.join(name);
        // The store knows most of them by their stat, and reads them no more.
        let is_there = fs::exists(&path) && store.digest_of(&path)? == Digest::of(content);
        Ok(write_unless(is_there, &path, content)?.then_some(path))
    });
    let written = paths.collect::<Result<Vec<_>, CliError>>()?.into_iter().flatten().collect();
    Ok(Publication::Done { written, removed })
}

/// A file name and its content.
pub(super) type File = (String, Vec<u8>);

/// What people can read.
const PUBLISHED: [ArtifactKind; 4] =
    [Table::KIND, Figure::KIND, OnnxFile::KIND, ParametersFile::KIND];

fn views_of(
    project: &Project,
    store: &Store,
    outcome: &Outcome,
    index: NodeIndex,
) -> Result<Vec<File>, CliError> {
    let node = project.graph.node(index);
    let Some(settled) = &outcome.settled[index.index()] else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for (position, port) in node.info.outputs.iter().enumerate() {
        if !PUBLISHED.contains(&port.kind) {
            continue;
        }
        let mut stem = stem(&node.id, stands_once(project, index));
        if position > 0 {
            stem = format!("{stem}.{}", port.name);
        }
        let blob = store.open_object(&settled.record.outputs[port.name].digest)?;
        files.extend(views(&stem, port.kind, blob)?);
    }
    Ok(files)
}

fn stands_once(project: &Project, index: NodeIndex) -> bool {
    let name = |index| &project.graph.node(index).id.name;
    project.graph.indices().filter(|other| name(*other) == name(index)).count() == 1
}

fn views(stem: &str, kind: ArtifactKind, blob: Blob) -> Result<Vec<File>, CliError> {
    let bug = |error: std::io::Error| CliError::Bug(format!("`{stem}` does not decode: {error}"));
    let file = |ending: &str, content: &[u8]| (format!("{stem}.{ending}"), content.to_vec());
    if kind == OnnxFile::KIND {
        return Ok(vec![file(NETWORK, &blob)]);
    }
    if kind == ParametersFile::KIND {
        return Ok(vec![file(PARAMETERS, &blob)]);
    }
    if kind == Figure::KIND {
        let figure = Figure::decode(blob).map_err(bug)?;
        let contents = [figure.svg().as_bytes(), figure.png()];
        return Ok(FIGURE.iter().zip(contents).map(|(ending, one)| file(ending, one)).collect());
    }
    Ok(table_files(stem, &Table::decode(blob).map_err(bug)?))
}

/// The files in which a table is published.
pub(super) fn table_files(stem: &str, table: &Table) -> Vec<File> {
    let views = table.views();
    let texts = [views.csv, views.markdown, views.latex].map(String::into_bytes);
    let contents = std::iter::once(views.parquet).chain(texts);
    TABLE.iter().zip(contents).map(|(ending, one)| (format!("{stem}.{ending}"), one)).collect()
}

/// Writes a file whole, unless it reads so already; says whether it was written.
pub(super) fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool, CliError> {
    write_unless(fs::exists(path) && fs::read(path)? == content, path, content)
}

fn write_unless(is_there: bool, path: &Path, content: &[u8]) -> Result<bool, CliError> {
    if !is_there {
        fs::write_atomic(path, content)?;
    }
    Ok(!is_there)
}
