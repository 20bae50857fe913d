//! `erpc-pipe why`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;

use crate::id::StageId;
use crate::plan::{Action, Planner};
use crate::recipe::DirtyReason;

use super::project::Project;
use super::{CliError, Exit, Place};

/// The arguments of `why`.
#[derive(Args)]
pub(super) struct WhyArgs {
    /// The manifest.
    manifest: PathBuf,
    /// The stage: `train`, or `train@seed=3` for one trial.
    stage: String,
}

pub(super) fn why(place: &Place, args: &WhyArgs) -> Result<Exit, CliError> {
    let project = Project::read(&args.manifest)?;
    let store = place.store()?;
    let planner = Planner::new(&project.graph, &store, &place.data_roots())?;
    let plan = planner.plan()?;
    let mut out = io::stdout().lock();
    let mut has_match = false;
    for (index, step) in project.graph.indices().zip(&plan.steps) {
        let id = &project.graph.node(index).id;
        if id.name != args.stage && id.to_string() != args.stage {
            continue;
        }
        has_match = true;
        match &step.action {
            Action::Reuse(_) => writeln!(out, "{id}: reused, nothing differs")?,
            Action::DecidedAfter(stage) => {
                writeln!(out, "{id}: decided when `{stage}` is known; ask `why {stage}`")?;
            }
            Action::Run(DirtyReason::Changed(changes)) => {
                writeln!(out, "{id}: must run")?;
                for change in changes {
                    writeln!(out, "  {change}")?;
                }
            }
            Action::Run(reason) => writeln!(out, "{id}: must run: {reason}")?,
        }
    }
    if !has_match {
        return Err(unknown_stage(&project, &args.stage));
    }
    Ok(Exit::Fine)
}

/// The complaint about a stage that the experiment does not have.
pub(super) fn unknown_stage(project: &Project, stage: &str) -> CliError {
    let name = StageId::name_in(stage);
    let message = match project.experiment.stages.contains_key(name) {
        true => format!("stage `{name}` has no trial `{stage}`"),
        false => format!("the experiment has no stage `{stage}`"),
    };
    let mut known: Vec<String> = Vec::new();
    for index in project.graph.indices() {
        let id = &project.graph.node(index).id;
        if project.experiment.stages.contains_key(name) {
            if id.name == name {
                known.push(format!("`{id}`"));
            }
        } else if !known.contains(&format!("`{}`", id.name)) {
            known.push(format!("`{}`", id.name));
        }
    }
    CliError::usage(message, format!("name one of {}", known.join(", ")))
}
