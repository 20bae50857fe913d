//! `erpc-pipe plan`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::plan::{Action, Planner};

use super::project::Project;
use super::{CliError, Exit, Place};

/// The arguments of `plan`.
#[derive(Args)]
pub(super) struct PlanArgs {
    /// The manifest.
    manifest: PathBuf,
    /// Only the counts.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn plan(place: &Place, args: &PlanArgs) -> Result<Exit, CliError> {
    let project = Project::read(&args.manifest)?;
    let store = place.store()?;
    let planner = Planner::new(&project.graph, &store, &place.data_roots())?;
    let plan = planner.plan()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if !args.quiet {
        for (index, step) in project.graph.indices().zip(&plan.steps) {
            let id = &project.graph.node(index).id;
            match &step.action {
                Action::Reuse(_) => writeln!(out, "reuse  {id}")?,
                Action::Run(reason) => writeln!(out, "run    {id}: {reason}")?,
                Action::DecidedAfter(stage) => {
                    writeln!(out, "later  {id}: decided when `{stage}` is known")?;
                }
            }
        }
    }
    let (reuse, run, later) = plan.counts();
    writeln!(out, "{reuse} to reuse, {run} to run, {later} decided later")?;
    out.flush()?;
    Ok(Exit::Fine)
}
