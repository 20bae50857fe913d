//! Outside files: where they are looked for, and what they hold.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use petgraph::graph::NodeIndex;

use crate::fs;
use crate::graph::StageGraph;
use crate::id::Digest;
use crate::stage::{FileRef, RuntimeUse};
use crate::store::Store;

use super::{MissingFile, PlanError};

/// The folders in which a relative file name is looked for, in order.
#[derive(Clone, Debug)]
pub struct DataRoots(pub Vec<PathBuf>);

impl DataRoots {
    /// The places where a file could be. What is named relative to a manifest has one.
    #[must_use]
    pub fn candidates(&self, file: &FileRef) -> Vec<PathBuf> {
        let name = Path::new(file.name());
        match file.beside() {
            Some(folder) => vec![fs::joined(Path::new(folder), file.name())],
            None if name.is_absolute() => vec![name.to_owned()],
            None => self.0.iter().map(|root| root.join(name)).collect(),
        }
    }

    /// Where a file is, if it is anywhere.
    #[must_use]
    pub fn find(&self, file: &FileRef) -> Option<PathBuf> {
        self.candidates(file).into_iter().find(|path| fs::exists(path))
    }
}

/// Files as the manifest names them, runtimes by node, libraries by path.
pub(super) type Survey = (
    BTreeMap<FileRef, (Digest, PathBuf)>,
    HashMap<NodeIndex, RuntimeUse>,
    BTreeMap<PathBuf, Digest>,
);

/// Digests every outside file and locates every runtime, or lists all that is missing.
pub(super) fn survey(
    graph: &StageGraph,
    store: &Store,
    roots: &DataRoots,
) -> Result<Survey, PlanError> {
    let mut digests = BTreeMap::new();
    let mut missing: Vec<MissingFile> = Vec::new();
    let mut runtimes = HashMap::new();
    let mut libraries = BTreeMap::new();
    for index in graph.indices() {
        let node = graph.node(index);
        for file in FileRef::all_in(&node.params) {
            if digests.contains_key(&file) || missing.iter().any(|other| other.file == file) {
                continue;
            }
            match roots.find(&file) {
                Some(path) => {
                    digests.insert(file, (store.digest_of(&path)?, path));
                }
                None => missing.push(MissingFile {
                    looked: roots.candidates(&file),
                    stage: node.id.name.clone(),
                    file,
                }),
            }
        }
        let runtime = node.stage.runtime(&node.params);
        let runtime =
            runtime.map_err(|source| PlanError::Runtime { stage: node.id.clone(), source })?;
        if let Some(found) = runtime {
            if let Some(library) = &found.library {
                libraries.insert(library.clone(), store.digest_of(library)?);
            }
            runtimes.insert(index, found);
        }
    }
    match missing.is_empty() {
        true => Ok((digests, runtimes, libraries)),
        false => Err(PlanError::Missing(missing)),
    }
}
