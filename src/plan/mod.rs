//! [`StageGraph`] + [`Store`] → [`Plan`]: what would be reused, what would run and why.
//!
//! Planning only looks. Below a stage that must run, nothing can be said yet: keys are made of the
//! *content* of inputs, and equal content would stop the re-run there. Such a step says
//! [`Action::DecidedAfter`]; the runner asks [`Planner::decide`] again once the content is known.

mod error;
mod files;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use petgraph::graph::NodeIndex;

use crate::graph::{Connection, Node, Source, StageGraph};
use crate::id::{Digest, StageId, StageKey};
use crate::recipe::{DirtyReason, GatheredInput, Input, Platform, Recipe, Runtime};
use crate::stage::{Arity, Determinism, FileRef, FileTable, RuntimeUse};
use crate::store::{LastKeys, Lookup, Record, Store};

pub use error::{MissingFile, PlanError};
pub use files::DataRoots;

/// What will happen to a stage.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Its outputs are in the store.
    Reuse(Record),
    /// It must run.
    Run(DirtyReason),
    /// It depends on what this stage, which must run, will write.
    DecidedAfter(StageId),
}

/// A stage whose inputs are known, or one that waits for them.
pub struct Step {
    /// What will happen.
    pub action: Action,
    /// The recipe and its key, once the content of all inputs is known.
    pub recipe: Option<(Arc<Recipe>, StageKey)>,
}

/// What will happen to each stage, by node index.
pub struct Plan {
    /// One step a node, in the order of [`StageGraph::indices`].
    pub steps: Vec<Step>,
}

impl Plan {
    /// How many stages are reused, must run, and are decided later.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(&Action) -> bool| {
            self.steps.iter().filter(|step| wanted(&step.action)).count()
        };
        (
            count(|action| matches!(action, Action::Reuse(_))),
            count(|action| matches!(action, Action::Run(_))),
            count(|action| matches!(action, Action::DecidedAfter(_))),
        )
    }
}

/// Makes recipes and looks them up. Outside files are digested once, when it is made.
pub struct Planner<'a> {
    graph: &'a StageGraph,
    store: &'a Store,
    last: LastKeys,
    digests: BTreeMap<FileRef, (Digest, PathBuf)>,
    runtimes: HashMap<NodeIndex, RuntimeUse>,
    libraries: BTreeMap<PathBuf, Digest>,
    platform: Platform,
}

impl<'a> Planner<'a> {
    /// Looks at everything outside the store that the graph refers to.
    ///
    /// # Errors
    /// [`PlanError::Missing`] names every file or tool that is not there.
    pub fn new(
        graph: &'a StageGraph,
        store: &'a Store,
        roots: &DataRoots,
    ) -> Result<Self, PlanError> {
        let (digests, runtimes, libraries) = files::survey(graph, store, roots)?;
        let last = store.last_keys(&graph.experiment);
        let platform = Platform::current();
        Ok(Self { graph, store, last, digests, runtimes, libraries, platform })
    }

    /// The keys that the experiment's stages last had.
    pub fn last_keys(&mut self) -> &mut LastKeys {
        &mut self.last
    }

    /// Plans the whole graph, as far as content is known.
    ///
    /// # Errors
    /// [`PlanError::Store`].
    pub fn plan(&self) -> Result<Plan, PlanError> {
        // Most of what a plan asks for is there, under the key that it had last time.
        let known = self.store.lookup_all(&self.last.keys());
        let mut steps: Vec<Step> = Vec::with_capacity(self.graph.len());
        for index in self.graph.indices() {
            let unknown =
                self.graph.node(index).inputs.iter().flat_map(|c| &c.sources).find_map(|source| {
                    match &steps[source.node.index()].action {
                        Action::Reuse(_) => None,
                        Action::Run(_) => Some(self.graph.node(source.node).id.clone()),
                        Action::DecidedAfter(stage) => Some(stage.clone()),
                    }
                });
            let step = match unknown {
                Some(stage) => Step { action: Action::DecidedAfter(stage), recipe: None },
                None => {
                    let record_of = |node: NodeIndex| match &steps[node.index()].action {
                        Action::Reuse(record) => record,
                        _ => unreachable!("all sources are reused"),
                    };
                    self.decide_knowing(&known, index, &record_of)?
                }
            };
            steps.push(step);
        }
        Ok(Plan { steps })
    }

    /// Decides about one stage whose sources all have records.
    ///
    /// # Errors
    /// [`PlanError::Store`].
    pub fn decide<'r>(
        &self,
        index: NodeIndex,
        record_of: &dyn Fn(NodeIndex) -> &'r Record,
    ) -> Result<Step, PlanError> {
        self.decide_knowing(&HashMap::new(), index, record_of)
    }

    fn decide_knowing<'r>(
        &self,
        known: &HashMap<StageKey, Record>,
        index: NodeIndex,
        record_of: &dyn Fn(NodeIndex) -> &'r Record,
    ) -> Result<Step, PlanError> {
        let node = self.graph.node(index);
        let recipe = Arc::new(self.recipe(index, record_of));
        let key = recipe.key();
        let found = known.get(&key).cloned().map(Lookup::Found);
        let action = match found.map_or_else(|| self.store.lookup(&key), Ok)? {
            Lookup::Found(record) => Action::Reuse(record),
            Lookup::OutputMissing(digest) => Action::Run(DirtyReason::OutputMissing(digest)),
            Lookup::Unknown => {
                let last = match self.last.get(&node.id) {
                    Some(last) => self.store.recipe(&last)?,
                    None => None,
                };
                Action::Run(DirtyReason::between(last.as_ref(), &recipe))
            }
        };
        Ok(Step { action, recipe: Some((recipe, key)) })
    }

    /// Where the outside files of a stage are.
    #[must_use]
    pub fn files_of(&self, index: NodeIndex) -> FileTable {
        let files = FileRef::all_in(&self.graph.node(index).params);
        files.iter().map(|file| self.digests[file].clone()).collect()
    }

    /// The name under which the manifest knows each outside file: as it stands there, or, where it is
    /// relative to the manifest, with the folder.
    pub fn file_names(&self) -> impl Iterator<Item = (String, &Digest)> {
        self.digests.iter().map(|(file, (digest, path))| match file.beside() {
            Some(_) => (path.display().to_string(), digest),
            None => (file.name().to_owned(), digest),
        })
    }

    fn runtime_of(&self, index: NodeIndex) -> Option<Runtime> {
        self.runtimes.get(&index).map(|found| Runtime {
            name: found.name.clone(),
            version: found.version.clone(),
            provider: found.provider.clone(),
            library: found.library.as_ref().map(|path| self.libraries[path]),
        })
    }

    fn recipe<'r>(&self, index: NodeIndex, record_of: &dyn Fn(NodeIndex) -> &'r Record) -> Recipe {
        let node = self.graph.node(index);
        let digest = |file: &FileRef| self.digests[file].0.to_string();
        let platform = match node.info.determinism {
            Determinism::BitExact => None,
            Determinism::Platform => Some(self.platform.clone()),
        };
        Recipe {
            kind: node.info.kind.to_owned(),
            version: node.info.version,
            params: FileRef::replace_in(&node.params, &digest),
            seed: node.seed,
            inputs: inputs(self.graph, node, record_of),
            outputs: node.info.outputs.iter().map(|p| (p.name.to_owned(), p.codec)).collect(),
            runtime: self.runtime_of(index),
            platform,
        }
    }
}

fn inputs<'r>(
    graph: &StageGraph,
    node: &Node,
    record_of: &dyn Fn(NodeIndex) -> &'r Record,
) -> BTreeMap<String, Input> {
    let digest = |source: &Source| {
        let record = record_of(source.node);
        record.outputs.get(source.port).expect("a record has every output port").digest
    };
    let input = |connection: &Connection| match connection.arity {
        Arity::Gathered => {
            let gathered = |source: &Source| {
                let StageId { name, trial } = graph.node(source.node).id.clone();
                GatheredInput { stage: name, trial, digest: digest(source) }
            };
            Input::Gathered(connection.sources.iter().map(gathered).collect())
        }
        Arity::One | Arity::Optional => Input::One(digest(&connection.sources[0])),
    };
    node.inputs.iter().map(|c| (c.port.to_owned(), input(c))).collect()
}
