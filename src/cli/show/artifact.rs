//! What a stage made, as text.

use std::fmt::Write as _;
use std::path::Path;

use crate::artifact::{Artifact as _, Table};
use crate::graph::Node;
use crate::plan::{Action, Planner};
use crate::stage::Port;
use crate::store::{Record, Store};
use crate::zsl::Evaluation;

use super::super::project::Project;
use super::super::why::unknown_stage;
use super::super::{CliError, Place};

/// Shows the outputs of every trial of a stage that the store has.
pub(super) fn show(place: &Place, manifest: &Path, wanted: &str) -> Result<String, CliError> {
    let project = Project::read(manifest)?;
    let store = place.store()?;
    let planner = Planner::new(&project.graph, &store, &place.data_roots())?;
    let plan = planner.plan()?;
    let mut text = String::new();
    let mut has_match = false;
    for (index, step) in project.graph.indices().zip(&plan.steps) {
        let node = project.graph.node(index);
        let ports = ports(node, wanted);
        if ports.is_empty() {
            continue;
        }
        has_match = true;
        match &step.action {
            Action::Reuse(record) => describe(&mut text, &store, node, record, &ports)?,
            Action::Run(_) | Action::DecidedAfter(_) => {
                let _ = writeln!(text, "{}: not made yet; `erpc-pipe run` makes it", node.id);
            }
        }
    }
    if has_match { Ok(text) } else { Err(unknown_stage(&project, wanted)) }
}

/// The ports of this node that `wanted` means: one that it names, else all; none of another node.
fn ports<'n>(node: &'n Node, wanted: &str) -> Vec<&'n Port> {
    let is_node = |name: &str| node.id.name == name || node.id.to_string() == name;
    let outputs = node.info.outputs.iter();
    if is_node(wanted) {
        return outputs.collect();
    }
    match wanted.rsplit_once('.') {
        Some((name, port)) if is_node(name) => {
            outputs.filter(|output| output.name == port).collect()
        }
        _ => Vec::new(),
    }
}

fn describe(
    text: &mut String,
    store: &Store,
    node: &Node,
    record: &Record,
    ports: &[&Port],
) -> Result<(), CliError> {
    for port in ports {
        let output = record.outputs[port.name];
        let _ = writeln!(
            text,
            "{}.{}: {}, {} bytes, {}",
            node.id, port.name, port.kind, output.bytes, output.digest
        );
        let blob = store.open_object(&output.digest)?;
        let bug = |error: std::io::Error| CliError::Bug(error.to_string());
        if port.kind == Table::KIND {
            text.push_str(&Table::decode(blob).map_err(bug)?.terminal());
        } else if port.kind == Evaluation::KIND {
            evaluation(text, &Evaluation::decode(blob).map_err(bug)?);
        }
    }
    Ok(())
}

fn evaluation(text: &mut String, evaluation: &Evaluation) {
    let percent = [
        ("T1", evaluation.t1),
        ("U", evaluation.unseen),
        ("S", evaluation.seen),
        ("H", evaluation.harmonic),
        ("AUSUC", evaluation.ausuc),
        ("acc_instance", evaluation.acc_instance),
    ];
    for (name, value) in percent {
        let _ = writeln!(text, "  {name:12} {:6.2} %", 100.0 * value);
    }
    let stamp = if evaluation.peeked { "  (selected on test)" } else { "" };
    let _ = writeln!(
        text,
        "  delta        {:6.3}, by {}{stamp}",
        evaluation.delta, evaluation.selected_on
    );
}
