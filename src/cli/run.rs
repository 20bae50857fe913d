//! `erpc-pipe run`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use clap::Args;

use crate::event::{Event, EventKind};
use crate::fs;
use crate::plan::Planner;
use crate::report::{Style, reporter};
use crate::run::{Isolation, Limits, Outcome, Runner};
use crate::stage::Cancel;

use super::project::Project;
use super::publish::{self, Publication};
use super::{CliError, Exit, Place};

/// The arguments of `run`.
#[derive(Args)]
pub(super) struct RunArgs {
    /// The manifest.
    manifest: PathBuf,
    /// Stages at a time.
    #[arg(short, long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// Threads of all stages together [default: the cores of this machine].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Memory of all stages together, in MiB [default: what this machine has].
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Execute each stage in a process of its own.
    #[arg(long)]
    isolate: bool,
    /// One JSON object a line on standard output instead of progress.
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
    /// Only failures and the last line.
    #[arg(short, long)]
    quiet: bool,
    /// Where tables and figures go.
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
}

impl RunArgs {
    fn limits(&self) -> Limits {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Limits {
            jobs: usize::from(self.jobs),
            threads: self.threads.map_or(cores, usize::from),
            memory_mib: self.memory.unwrap_or_else(memory_mib),
        }
    }

    fn style(&self) -> Style {
        match (self.json, self.quiet) {
            (true, _) => Style::JsonLines,
            (_, true) => Style::Quiet,
            _ => Style::Automatic,
        }
    }
}

/// The memory of this machine; a machine that does not tell is taken for a small one.
fn memory_mib() -> u64 {
    const SMALL_MIB: u64 = 4096;
    let text = fs::read_text(Path::new("/proc/meminfo")).unwrap_or_default();
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = kib.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or(SMALL_MIB, |kib| kib / 1024)
}

pub(super) fn run(place: &Place, args: &RunArgs) -> Result<Exit, CliError> {
    let started = Instant::now();
    let project = Project::read(&args.manifest)?;
    let store = place.store()?;
    let mut planner = Planner::new(&project.graph, &store, &place.data_roots())?;
    let cancel = Cancel::default();
    stop_on_signal(&cancel)?;
    let runner = Runner {
        graph: &project.graph,
        store: &store,
        limits: args.limits(),
        isolation: if args.isolate { Some(isolation(place)?) } else { None },
        cancel,
    };
    let mut reporter = reporter(args.style());
    let outcome = runner.execute(&mut planner, reporter.as_mut())?;
    let folder = args.results.join(&project.experiment.name);
    let mut report = |kind| reporter.on_event(&Event { elapsed: started.elapsed(), kind });
    match publish::publish(&folder, &project, &planner, &store, &outcome)? {
        Publication::Done { written, removed } => {
            removed.iter().for_each(|path| report(EventKind::Removed { path }));
            written.iter().for_each(|path| report(EventKind::Published { path }));
        }
        Publication::Withheld(left) => report(EventKind::Withheld { folder: &folder, left }),
    }
    Ok(exit_of(&outcome))
}

fn isolation(place: &Place) -> Result<Isolation, CliError> {
    let program = std::env::current_exe()?;
    let store = place.store.display().to_string();
    Ok(Isolation { program, arguments: vec!["--store".into(), store, "execute".into()] })
}

/// The first signal asks the run to stop, the second one ends it at once.
pub(super) fn stop_on_signal(cancel: &Cancel) -> Result<(), CliError> {
    let cancel = cancel.clone();
    let was_asked = AtomicBool::new(false);
    let handler = move || {
        if was_asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        cancel.request();
    };
    ctrlc::set_handler(handler).map_err(|error| CliError::Bug(error.to_string()))
}

fn exit_of(outcome: &Outcome) -> Exit {
    if outcome.summary.interrupted {
        return Exit::Interrupted;
    }
    // The gravest failure decides: a bug, then damage, then the stage, then what is missing.
    let gravity = [Exit::Bug, Exit::Store, Exit::Stage, Exit::Missing, Exit::Interrupted];
    let exits: Vec<Exit> =
        outcome.failures.iter().map(|(_, failure)| Exit::of(failure.class)).collect();
    gravity.into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Fine)
}
