//! Blueprint → nodes: one for each stage and each trial that it can tell apart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use crate::experiment::{Experiment, NeedsOverride, Setting, StageSpec};
use crate::id::StageId;
use crate::manifest::{ManifestError, Problem};
use crate::stage::{Arity, Needs, StageInfo};

use super::choice::{Choice, Exclusions, Options};
use super::connect::{Blueprint, Wired, WiredPort};
use super::{Connection, Node, Source};

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
    let excluded = Exclusions::of(experiment);
    for stage in &blueprint.stages {
        let mut builder = NodeBuilder::new(experiment, stage);
        let mut instances = Instances { ordered: Vec::new(), by_choice: BTreeMap::new() };
        for choice in choices(experiment, stage) {
            let whole = choice.with(&stage.held);
            if excluded.cover(&whole) {
                continue;
            }
            let inputs = inputs(stage, &whole, blueprint, &placed);
            match inputs.and_then(|inputs| builder.node(&choice, &whole, inputs)) {
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
        if problems.is_empty() && instances.ordered.is_empty() {
            problems.push(nowhere(stage.spec));
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

/// All settings that a stage could stand at are left out.
fn nowhere(spec: &StageSpec) -> Problem {
    let message = format!("nothing is left of `{}`: `exclude` leaves out every setting", spec.name);
    let help = "take the stage out with `remove = true`, or leave out less";
    Problem::at(&spec.place, message).help(help)
}

fn inputs(
    stage: &Wired<'_>,
    choice: &Choice,
    blueprint: &Blueprint<'_>,
    placed: &[Instances],
) -> Result<Vec<Connection>, ManifestError> {
    let connect = |(rank, port): (usize, &'static str), arity: Arity| {
        let instances = &placed[rank];
        if arity == Arity::Gathered {
            let agreeing = instances.ordered.iter().filter(|(other, _)| other.agrees(choice));
            return Ok(agreeing.map(|(_, node)| Source { node: *node, port }).collect());
        }
        let source = &blueprint.stages[rank];
        match instances.by_choice.get(&choice.seen_by(source)) {
            Some(node) => Ok(vec![Source { node: *node, port }]),
            None => Err(ManifestError::new(vec![left_out(stage.spec, source.spec)])),
        }
    };
    let connection = |wired: &WiredPort| {
        let arity = wired.port.arity;
        let sources: Result<Vec<Vec<Source>>, _> =
            wired.sources.iter().map(|source| connect(*source, arity)).collect();
        let sources = sources?.concat();
        match wired.sources.first() {
            Some((rank, _)) if sources.is_empty() => {
                let source = blueprint.stages[*rank].spec;
                Err(ManifestError::new(vec![left_out(stage.spec, source)]))
            }
            _ => Ok(Connection { port: wired.port.name, arity, sources }),
        }
    };
    stage.ports.iter().map(connection).collect()
}

/// A stage stands where what it reads is left out: it is held to other settings, or varies along more axes.
fn left_out(reader: &StageSpec, source: &StageSpec) -> Problem {
    let message =
        format!("`{}` reads `{}` where `exclude` leaves that out", reader.name, source.name);
    let help = format!(
        "hold both to the same settings with `only`, or leave out less of `{}`",
        source.name
    );
    Problem::at(&reader.place, message).help(help)
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
