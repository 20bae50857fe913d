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
    /// The places where `name` could be.
    #[must_use]
    pub fn candidates(&self, name: &str) -> Vec<PathBuf> {
        if Path::new(name).is_absolute() {
            return vec![PathBuf::from(name)];
        }
        self.0.iter().map(|root| root.join(name)).collect()
    }

    /// Where `name` is, if it is anywhere.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.candidates(name).into_iter().find(|path| fs::exists(path))
    }
}

/// Files by name, runtimes by node, libraries by path.
pub(super) type Survey = (
    BTreeMap<String, (Digest, PathBuf)>,
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
        for name in FileRef::all_in(&node.params) {
            if digests.contains_key(name) || missing.iter().any(|file| file.name == name) {
                continue;
            }
            match roots.find(name) {
                Some(path) => {
                    digests.insert(name.to_owned(), (store.digest_of(&path)?, path));
                }
                None => missing.push(MissingFile {
                    name: name.to_owned(),
                    stage: node.id.name.clone(),
                    looked: roots.candidates(name),
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
