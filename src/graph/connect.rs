//! Stage names → a blueprint: which output each port reads, which axes reach each stage, in which
//! order they can run. Nothing is expanded yet, so each mistake is reported once.

use std::collections::BTreeMap;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::experiment::{Experiment, InputSpec, Reference, StageSpec};
use crate::manifest::{ManifestError, Problem};
use crate::stage::{Arity, Port, StageInfo};

use super::choice::Choice;

/// The connections of an experiment before trials are told apart.
pub(super) struct Blueprint<'e> {
    /// The stages in an order in which they can run.
    pub(super) stages: Vec<Wired<'e>>,
}

/// A stage with its ports resolved.
pub(super) struct Wired<'e> {
    pub(super) spec: &'e StageSpec,
    pub(super) info: StageInfo,
    pub(super) ports: Vec<WiredPort>,
    /// The positions in [`Experiment::axes`] that reach the stage, rising.
    pub(super) axes: Vec<usize>,
    /// Whether the seed reaches it.
    pub(super) is_seeded: bool,
    /// What it is held to: axis and option, and the seed. None of these are among the axes that
    /// reach it.
    pub(super) held: Choice,
}

/// A port with the outputs it reads: position in [`Blueprint::stages`] and output port.
pub(super) struct WiredPort {
    pub(super) port: Port,
    pub(super) sources: Vec<(usize, &'static str)>,
}

/// Resolves every connection, or reports everything that is wrong with them.
pub(super) fn connect(experiment: &Experiment) -> Result<Blueprint<'_>, ManifestError> {
    let specs: Vec<&StageSpec> = experiment.stages.values().collect();
    let infos: Vec<StageInfo> = specs.iter().map(|spec| spec.stage.info()).collect();
    let mut problems = Vec::new();
    let mut edges: Vec<Vec<PortEdges>> = Vec::new();
    for (spec, info) in specs.iter().zip(&infos) {
        edges.push(ports_of(experiment, &infos, spec, info, &mut problems));
    }
    let order = order(&specs, &edges, &mut problems);
    if !problems.is_empty() {
        return Err(ManifestError::new(problems));
    }
    let order = order.expect("a graph without problems has an order");
    let blueprint = wire(experiment, &specs, infos, edges, &order, &mut problems);
    if problems.is_empty() { Ok(blueprint) } else { Err(ManifestError::new(problems)) }
}

/// A port and the stages it reads, by their position in the manifest.
type PortEdges = (Port, Vec<(usize, &'static str)>);

fn ports_of(
    experiment: &Experiment,
    infos: &[StageInfo],
    spec: &StageSpec,
    info: &StageInfo,
    problems: &mut Vec<Problem>,
) -> Vec<PortEdges> {
    let mut edges = Vec::new();
    for port in &info.inputs {
        let Some(input) = spec.inputs.get(port.name) else {
            if port.arity != Arity::Optional {
                problems.push(unconnected(experiment, infos, spec, port));
            }
            continue;
        };
        if port.arity != Arity::Gathered && input.references.len() != 1 {
            problems.push(too_many(spec, port, input));
            continue;
        }
        let mut sources = Vec::new();
        for reference in &input.references {
            match source_of(experiment, infos, spec, port, reference) {
                Ok(source) => sources.push(source),
                Err(problem) => problems.push(*problem),
            }
        }
        edges.push((*port, sources));
    }
    edges
}

fn source_of(
    experiment: &Experiment,
    infos: &[StageInfo],
    spec: &StageSpec,
    port: &Port,
    reference: &Reference,
) -> Result<(usize, &'static str), Box<Problem>> {
    let position = experiment
        .stages
        .get_index_of(&reference.stage)
        .expect("the experiment has checked every reference");
    let outputs = &infos[position].outputs;
    let named = |output: &&Port| match &reference.port {
        Some(name) => output.name == name,
        None => output.kind == port.kind,
    };
    let candidates: Vec<&Port> = outputs.iter().filter(named).collect();
    match candidates.as_slice() {
        [output] if output.kind == port.kind => Ok((position, output.name)),
        [] => Err(Box::new(wrong_kind(spec, port, reference, outputs))),
        [_] => Err(Box::new(wrong_kind(spec, port, reference, &[*candidates[0]]))),
        several => {
            let names: Vec<_> =
                several.iter().map(|o| format!("`{}.{}`", reference.stage, o.name)).collect();
            let message = format!("`{}` has several outputs of this kind", reference.stage);
            let problem = Problem::at(&reference.place, message)
                .label(format!("port `{}` takes {}", port.name, port.kind))
                .help(format!("write one of {}", names.join(", ")));
            Err(Box::new(problem))
        }
    }
}

fn wrong_kind(spec: &StageSpec, port: &Port, reference: &Reference, made: &[Port]) -> Problem {
    let kinds: Vec<_> = made.iter().map(|output| output.kind.to_string()).collect();
    let source = match &reference.port {
        Some(output) => format!("`{}.{output}`", reference.stage),
        None => format!("`{}`", reference.stage),
    };
    let (port_name, name) = (port.name, &spec.name);
    let makes = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
    let problem = Problem::at(
        &reference.place,
        format!(
            "port `{port_name}` of `{name}` takes {}, but {source} produces {makes}",
            port.kind
        ),
    );
    let is_test = |kind: &str| kind.starts_with("test-");
    if port.kind.0.starts_with("train") && kinds.iter().any(|kind| is_test(kind)) {
        return problem
            .label("a test split cannot be trained on")
            .help("connect the `train` output of the split");
    }
    problem.label(format!("expected {}", port.kind))
}

fn unconnected(
    experiment: &Experiment,
    infos: &[StageInfo],
    spec: &StageSpec,
    port: &Port,
) -> Problem {
    let makers: Vec<String> = experiment
        .stages
        .keys()
        .zip(infos)
        .filter(|(name, _)| **name != spec.name)
        .flat_map(|(name, info)| info.outputs.iter().map(move |output| (name, output)))
        .filter(|(_, output)| output.kind == port.kind)
        .map(|(name, output)| format!("`{name}.{}`", output.name))
        .collect();
    let help = match makers.as_slice() {
        [] => format!("no stage of this experiment makes {}; add one that does", port.kind),
        some => format!("it takes {}, as made by {}", port.kind, some.join(", ")),
    };
    let message = format!("port `{}` of `{}` is not connected", port.name, spec.name);
    Problem::at(&spec.place, message).label("in this stage").help(help)
}

fn too_many(spec: &StageSpec, port: &Port, input: &InputSpec) -> Problem {
    let count = input.references.len();
    let message =
        format!("port `{}` of `{}` takes one {}, not {count}", port.name, spec.name, port.kind);
    Problem::at(&input.place, message).label("a list is for gathering ports").help("name one stage")
}

/// An order in which each stage comes after those it reads, in terms of manifest positions.
fn order(
    specs: &[&StageSpec],
    edges: &[Vec<PortEdges>],
    problems: &mut Vec<Problem>,
) -> Option<Vec<usize>> {
    let mut graph: DiGraph<usize, ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..specs.len()).map(|position| graph.add_node(position)).collect();
    for (reader, ports) in edges.iter().enumerate() {
        for (source, _) in ports.iter().flat_map(|(_, sources)| sources) {
            graph.add_edge(nodes[*source], nodes[reader], ());
        }
    }
    if let Ok(order) = toposort(&graph, None) {
        return Some(order.into_iter().map(|node| graph[node]).collect());
    }
    for component in tarjan_scc(&graph) {
        let is_loop = |node: NodeIndex| graph.contains_edge(node, node);
        if component.len() == 1 && !is_loop(component[0]) {
            continue;
        }
        let mut members: Vec<usize> = component.iter().map(|node| graph[*node]).collect();
        members.sort_unstable();
        let names: Vec<_> =
            members.iter().map(|member| format!("`{}`", specs[*member].name)).collect();
        let message = format!("stages read from each other in a circle: {}", names.join(", "));
        problems.push(
            Problem::at(&specs[members[0]].place, message)
                .label("one of them")
                .help("let one of them read from a stage outside the circle"),
        );
    }
    None
}

/// Puts the stages in order and finds which axes reach them.
fn wire<'e>(
    experiment: &Experiment,
    specs: &[&'e StageSpec],
    infos: Vec<StageInfo>,
    edges: Vec<Vec<PortEdges>>,
    order: &[usize],
    problems: &mut Vec<Problem>,
) -> Blueprint<'e> {
    let rank: BTreeMap<usize, usize> =
        order.iter().enumerate().map(|(rank, position)| (*position, rank)).collect();
    let mut parts: Vec<Option<(StageInfo, Vec<PortEdges>)>> =
        infos.into_iter().zip(edges).map(Some).collect();
    let mut stages: Vec<Wired<'e>> = Vec::with_capacity(specs.len());
    for position in order {
        let (info, ports) = parts[*position].take().expect("an order visits each stage once");
        let ports: Vec<WiredPort> = ports
            .into_iter()
            .map(|(port, sources)| WiredPort {
                port,
                sources: sources.into_iter().map(|(source, name)| (rank[&source], name)).collect(),
            })
            .collect();
        let direct = || {
            let single = ports.iter().filter(|wired| wired.port.arity != Arity::Gathered);
            single.flat_map(|wired| &wired.sources).map(|(source, _)| &stages[*source])
        };
        let spec = specs[*position];
        let sets = |axis: usize| {
            let options = &experiment.axes[axis].options;
            options.iter().flat_map(|option| &option.settings).any(|s| s.stage == spec.name)
        };
        let reaches = |axis: usize| direct().any(|source| source.axes.contains(&axis));
        let mut axes: Vec<usize> =
            (0..experiment.axes.len()).filter(|axis| sets(*axis) || reaches(*axis)).collect();
        let mut is_seeded = info.seeded || direct().any(|source| source.is_seeded);
        let gathers = ports.iter().any(|wired| wired.port.arity == Arity::Gathered);
        let held = held(experiment, spec, (&axes, is_seeded), gathers, problems);
        axes.retain(|axis| held.options.iter().all(|(other, _)| other != axis));
        is_seeded &= held.seed.is_none();
        stages.push(Wired { spec, info, ports, axes, is_seeded, held });
    }
    Blueprint { stages }
}

/// What a stage is held to; complains where it would stand at one setting anyhow.
fn held(
    experiment: &Experiment,
    spec: &StageSpec,
    (axes, is_seeded): (&[usize], bool),
    gathers: bool,
    problems: &mut Vec<Problem>,
) -> Choice {
    for pin in &spec.only {
        let position = experiment.axes.iter().position(|axis| axis.name == pin.axis);
        if !gathers && !position.map_or(is_seeded, |axis| axes.contains(&axis)) {
            let message = format!("`{}` does not vary along `{}`", spec.name, pin.axis);
            let problem = Problem::at(&pin.axis_place, message);
            problems.push(problem.help("leave it out: the stage stands once along it"));
        }
    }
    Choice::of(&spec.only, experiment)
}
