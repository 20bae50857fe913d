//! What a stage made, as text.

use std::fmt::Write as _;
use std::path::Path;

use crate::artifact::{Artifact as _, Table};
use crate::graph::Node;
use crate::plan::{Action, Planner};
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
        let Some(port) = matches(node, wanted) else { continue };
        has_match = true;
        match &step.action {
            Action::Reuse(record) => describe(&mut text, &store, node, record, port)?,
            Action::Run(_) | Action::DecidedAfter(_) => {
                let _ = writeln!(text, "{}: not made yet; `erpc-pipe run` makes it", node.id);
            }
        }
    }
    if has_match { Ok(text) } else { Err(unknown_stage(&project, wanted)) }
}

/// Whether `wanted` means this node, and which of its ports (all, if it names none).
fn matches<'w>(node: &Node, wanted: &'w str) -> Option<Option<&'w str>> {
    let is_node = |name: &str| node.id.name == name || node.id.to_string() == name;
    if is_node(wanted) {
        return Some(None);
    }
    let (name, port) = wanted.rsplit_once('.')?;
    let has_port = node.info.outputs.iter().any(|output| output.name == port);
    (is_node(name) && has_port).then_some(Some(port))
}

fn describe(
    text: &mut String,
    store: &Store,
    node: &Node,
    record: &Record,
    wanted: Option<&str>,
) -> Result<(), CliError> {
    for port in &node.info.outputs {
        if wanted.is_some_and(|wanted| wanted != port.name) {
            continue;
        }
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
