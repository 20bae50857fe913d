//! Blueprint → nodes: one for each stage and each trial that it can tell apart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use crate::experiment::{Experiment, NeedsOverride, Setting, StageSpec};
use crate::id::{StageId, TrialId};
use crate::manifest::{ManifestError, Problem};
use crate::stage::{Arity, Needs, StageInfo};

use super::connect::{Blueprint, Wired};
use super::{Connection, Node, Source};

/// Axis position and option position, rising by axis.
pub(super) type Options = Vec<(usize, usize)>;

/// A choice on each axis and of a seed, as far as a stage can see them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Choice {
    pub(super) options: Options,
    pub(super) seed: Option<u64>,
}

impl Choice {
    /// Whether the two agree wherever both chose.
    fn agrees(&self, other: &Self) -> bool {
        let options_agree = self.options.iter().all(|(axis, option)| {
            other.options.iter().all(|(theirs, choice)| theirs != axis || choice == option)
        });
        let seeds_agree = match (self.seed, other.seed) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        };
        options_agree && seeds_agree
    }

    /// It with everything that `held` adds.
    fn with(&self, held: &Self) -> Self {
        let mut options: Options = self.options.iter().chain(&held.options).copied().collect();
        options.sort_unstable();
        Self { options, seed: self.seed.or(held.seed) }
    }

    /// The part of it that `stage` can see.
    fn seen_by(&self, stage: &Wired<'_>) -> Self {
        let visible = |(axis, _): &&(usize, usize)| stage.axes.contains(axis);
        Self {
            options: self.options.iter().filter(visible).copied().collect(),
            seed: self.seed.filter(|_| stage.is_seeded),
        }
    }

    fn trial(&self, experiment: &Experiment) -> TrialId {
        let label = |(axis, option): &(usize, usize)| {
            let axis = &experiment.axes[*axis];
            (axis.name.clone(), axis.options[*option].label.clone())
        };
        let mut labels: Vec<_> = self.options.iter().map(label).collect();
        labels.extend(self.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
        TrialId(labels)
    }
}

/// The nodes of one stage: its choices in order, and where each stands.
struct Instances {
    ordered: Vec<(Choice, NodeIndex)>,
    by_choice: BTreeMap<Choice, NodeIndex>,
}

/// Expands every stage. Node indices end up in an order in which they can run.
pub(super) fn expand(
    experiment: &Experiment,
    blueprint: &Blueprint<'_>,
) -> Result<DiGraph<Node, ()>, ManifestError> {
    let mut graph = DiGraph::new();
    let mut placed: Vec<Instances> = Vec::with_capacity(blueprint.stages.len());
    let mut problems = Vec::new();
    for stage in &blueprint.stages {
        let mut builder = NodeBuilder::new(experiment, stage);
        let mut instances = Instances { ordered: Vec::new(), by_choice: BTreeMap::new() };
        for choice in choices(experiment, stage) {
            let whole = choice.with(&stage.held);
            let inputs = inputs(stage, &whole, blueprint, &placed);
            match builder.node(&choice, &whole, inputs) {
                Ok(node) => {
                    let index = add(&mut graph, node);
                    instances.by_choice.insert(choice.clone(), index);
                    instances.ordered.push((choice, index));
                }
                Err(error) => {
                    // One trial's complaint is enough: the others would repeat it.
                    problems.extend(error.into_problems());
                    break;
                }
            }
        }
        if !problems.is_empty() {
            // What comes later may lack its sources, so its complaints would mislead.
            return Err(ManifestError::new(problems));
        }
        placed.push(instances);
    }
    Ok(graph)
}

/// All choices that `stage` can tell apart: the first axis varies slowest, the seed fastest.
fn choices(experiment: &Experiment, stage: &Wired<'_>) -> Vec<Choice> {
    let mut all = vec![Choice { options: Vec::new(), seed: None }];
    for axis in &stage.axes {
        let count = experiment.axes[*axis].options.len();
        all = all
            .into_iter()
            .flat_map(|choice| {
                (0..count).map(move |option| {
                    let mut longer = choice.clone();
                    longer.options.push((*axis, option));
                    longer
                })
            })
            .collect();
    }
    if stage.is_seeded {
        let with_seed = |choice: Choice| {
            experiment.seeds.iter().map(move |seed| Choice { seed: Some(*seed), ..choice.clone() })
        };
        all = all.into_iter().flat_map(with_seed).collect();
    }
    all
}

fn inputs(
    stage: &Wired<'_>,
    choice: &Choice,
    blueprint: &Blueprint<'_>,
    placed: &[Instances],
) -> Vec<Connection> {
    let connect = |(rank, port): &(usize, &'static str), arity: Arity| -> Vec<Source> {
        let instances = &placed[*rank];
        if arity == Arity::Gathered {
            let agreeing = instances.ordered.iter().filter(|(other, _)| other.agrees(choice));
            return agreeing.map(|(_, node)| Source { node: *node, port }).collect();
        }
        let seen = choice.seen_by(&blueprint.stages[*rank]);
        vec![Source { node: instances.by_choice[&seen], port }]
    };
    let connection = |wired: &super::connect::WiredPort| Connection {
        port: wired.port.name,
        arity: wired.port.arity,
        sources: wired.sources.iter().flat_map(|s| connect(s, wired.port.arity)).collect(),
    };
    stage.ports.iter().map(connection).collect()
}

fn add(graph: &mut DiGraph<Node, ()>, node: Node) -> NodeIndex {
    let sources: BTreeSet<NodeIndex> =
        node.inputs.iter().flat_map(|c| c.sources.iter().map(|source| source.node)).collect();
    let index = graph.add_node(node);
    for source in sources {
        graph.add_edge(source, index, ());
    }
    index
}

/// Makes the nodes of one stage; parameters are resolved once for all trials that share them.
struct NodeBuilder<'a, 'e> {
    experiment: &'a Experiment,
    spec: &'e StageSpec,
    info: Arc<StageInfo>,
    resolved: BTreeMap<Options, (Arc<Value>, Needs)>,
}

impl<'a, 'e> NodeBuilder<'a, 'e> {
    fn new(experiment: &'a Experiment, stage: &Wired<'e>) -> Self {
        let info = Arc::new(stage.info.clone());
        Self { experiment, spec: stage.spec, info, resolved: BTreeMap::new() }
    }

    /// The node of a choice; `whole` adds to it what the stage is held to.
    fn node(
        &mut self,
        choice: &Choice,
        whole: &Choice,
        inputs: Vec<Connection>,
    ) -> Result<Node, ManifestError> {
        let (params, needs) = self.resolve(whole)?;
        Ok(Node {
            id: StageId { name: self.spec.name.clone(), trial: choice.trial(self.experiment) },
            stage: Arc::clone(&self.spec.stage),
            info: Arc::clone(&self.info),
            params,
            seed: whole.seed.filter(|_| self.info.seeded),
            inputs,
            needs,
        })
    }

    fn resolve(&mut self, choice: &Choice) -> Result<(Arc<Value>, Needs), ManifestError> {
        let own = |(axis, option): &&(usize, usize)| {
            let settings = &self.experiment.axes[*axis].options[*option].settings;
            settings.iter().any(|setting| setting.stage == self.spec.name)
        };
        let key: Vec<(usize, usize)> = choice.options.iter().filter(own).copied().collect();
        if let Some(known) = self.resolved.get(&key) {
            return Ok(known.clone());
        }
        let settings: Vec<&Setting> = key
            .iter()
            .flat_map(|(axis, option)| &self.experiment.axes[*axis].options[*option].settings)
            .filter(|setting| setting.stage == self.spec.name)
            .collect();
        let params = self.spec.params_for(&settings)?;
        let needs = self.spec.stage.needs(&params).map_err(|error| {
            ManifestError::new(vec![Problem::at(&self.spec.params_place, error.to_string())])
        })?;
        let resolved = (Arc::new(params), overridden(needs, &self.spec.needs));
        self.resolved.insert(key, resolved.clone());
        Ok(resolved)
    }
}

fn overridden(needs: Needs, manifest: &NeedsOverride) -> Needs {
    Needs {
        threads: manifest.threads.unwrap_or(needs.threads),
        memory_mib: manifest.memory_mib.unwrap_or(needs.memory_mib),
    }
}
