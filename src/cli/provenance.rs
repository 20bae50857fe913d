//! What made the published files: recipes and digests, and how long each stage took.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::id::Digest;
use crate::plan::Planner;
use crate::run::Outcome;
use crate::store::Store;

use super::CliError;
use super::project::Project;

/// Where every published byte came from. Equal results give equal bytes: no time, host or path.
pub(super) fn provenance(
    project: &Project,
    planner: &Planner<'_>,
    store: &Store,
    outcome: &Outcome,
) -> Result<Vec<u8>, CliError> {
    let experiment = &project.experiment;
    let manifests: BTreeMap<&str, Digest> = experiment
        .sources
        .iter()
        .map(|source| (source.name.as_str(), Digest::of(source.text.as_bytes())))
        .collect();
    let files: BTreeMap<String, &Digest> = planner.file_names().collect();
    let mut stages = Vec::new();
    for index in project.graph.indices() {
        let Some((key, record)) = &outcome.records[index.index()] else { continue };
        let recipe = store.recipe(key)?;
        let outputs: BTreeMap<&String, Digest> =
            record.outputs.iter().map(|(port, output)| (port, output.digest)).collect();
        stages.push(json!({
            "stage": project.graph.node(index).id.to_string(),
            "key": key.to_string(),
            "recipe": recipe,
            "outputs": outputs,
        }));
    }
    pretty(&json!({
        "experiment": experiment.name,
        "erpc-pipe": env!("CARGO_PKG_VERSION"),
        "manifests": manifests,
        "files": files,
        "stages": stages,
    }))
}

/// What each stage cost when it ran. A reused stage keeps the time of the run that made it.
pub(super) fn run_report(project: &Project, outcome: &Outcome) -> Result<Vec<u8>, CliError> {
    let mut stages = Vec::new();
    let mut seconds = 0.0;
    for index in project.graph.indices() {
        let id = project.graph.node(index).id.to_string();
        match &outcome.records[index.index()] {
            Some((_, record)) => {
                seconds += record.seconds;
                stages.push(json!({
                    "stage": id,
                    "seconds": rounded(record.seconds),
                    "bytes": record.bytes(),
                }));
            }
            None => stages.push(json!({ "stage": id, "seconds": null })),
        }
    }
    pretty(&json!({
        "experiment": project.experiment.name,
        "seconds": rounded(seconds),
        "stages": stages,
    }))
}

/// Milliseconds are as much as a wall clock on a shared machine is worth.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

fn pretty(value: &Value) -> Result<Vec<u8>, CliError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| CliError::Bug(error.to_string()))?;
    Ok((text + "\n").into_bytes())
}
