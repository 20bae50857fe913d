//! What made the published files: recipes and digests, and how long each stage took.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::id::{Digest, StageKey};
use crate::plan::Planner;
use crate::recipe::Recipe;
use crate::run::{Outcome, Settled};

use super::CliError;
use super::project::Project;

/// `provenance.json`. Here and in `run.json` everything stands in the order of its name.
#[derive(Serialize)]
struct Provenance<'a> {
    #[serde(rename = "erpc-pipe")]
    version: &'static str,
    experiment: &'a str,
    files: BTreeMap<String, &'a Digest>,
    manifests: BTreeMap<&'a str, Digest>,
    stages: Vec<Origin<'a>>,
}

#[derive(Serialize)]
struct Origin<'a> {
    key: &'a StageKey,
    outputs: BTreeMap<&'a str, &'a Digest>,
    recipe: &'a Recipe,
    stage: String,
}

impl<'a> Origin<'a> {
    fn of((stage, settled): (String, &'a Settled)) -> Self {
        let Settled { recipe, key, record } = settled;
        let outputs = record.outputs.iter();
        let outputs = outputs.map(|(port, output)| (port.as_str(), &output.digest)).collect();
        Self { key, outputs, recipe, stage }
    }
}

/// Where every published byte came from. Equal results give equal bytes: no time, host or path.
pub(super) fn provenance(
    project: &Project,
    planner: &Planner<'_>,
    outcome: &Outcome,
) -> Result<Vec<u8>, CliError> {
    let experiment = &project.experiment;
    let sources = experiment.sources.iter();
    pretty(&Provenance {
        version: env!("CARGO_PKG_VERSION"),
        experiment: &experiment.name,
        files: planner.file_names().collect(),
        manifests: sources
            .map(|source| (source.name.as_str(), Digest::of(source.text.as_bytes())))
            .collect(),
        stages: settled(project, outcome).map(Origin::of).collect(),
    })
}

/// `run.json`.
#[derive(Serialize)]
struct RunReport<'a> {
    experiment: &'a str,
    seconds: f64,
    stages: Vec<Cost>,
}

#[derive(Serialize)]
struct Cost {
    bytes: u64,
    seconds: f64,
    stage: String,
}

/// What each stage cost when it ran. A reused stage keeps the time of the run that made it.
pub(super) fn run_report(project: &Project, outcome: &Outcome) -> Result<Vec<u8>, CliError> {
    let cost = |(stage, settled): (String, &Settled)| Cost {
        bytes: settled.record.bytes(),
        seconds: rounded(settled.record.seconds),
        stage,
    };
    let seconds = settled(project, outcome).map(|(_, settled)| settled.record.seconds).sum();
    pretty(&RunReport {
        experiment: &project.experiment.name,
        seconds: rounded(seconds),
        stages: settled(project, outcome).map(cost).collect(),
    })
}

/// The stages that have their outputs, in the order of the graph.
fn settled<'a>(
    project: &'a Project,
    outcome: &'a Outcome,
) -> impl Iterator<Item = (String, &'a Settled)> {
    project.graph.indices().filter_map(|index| {
        let settled = outcome.settled[index.index()].as_ref()?;
        Some((project.graph.node(index).id.to_string(), settled))
    })
}

/// Milliseconds are as much as a wall clock on a shared machine is worth.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

fn pretty(value: &impl Serialize) -> Result<Vec<u8>, CliError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| CliError::Bug(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}
