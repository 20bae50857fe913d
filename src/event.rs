//! What happens in a run, as data: the interface between the runner and whoever shows it.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{StageId, StageKey};
use crate::recipe::DirtyReason;

/// Something that happened, and when, counted from the start of the run.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Time since the run started.
    pub elapsed: Duration,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// The things that can happen in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The plan is made and execution begins.
    RunStarted {
        /// The experiment's name.
        experiment: &'a str,
        /// How many stage instances the graph has.
        stages: usize,
        /// How many of them are known to be reused already.
        reused: usize,
    },
    /// A stage's outputs were found in the store.
    StageReused {
        /// The stage.
        stage: &'a StageId,
        /// The key under which they were found.
        key: &'a StageKey,
    },
    /// A stage begins to run.
    StageStarted {
        /// The stage.
        stage: &'a StageId,
        /// Why it was not reused.
        reason: &'a DirtyReason,
    },
    /// A running stage reports something.
    StageSignal {
        /// The stage.
        stage: &'a StageId,
        /// What it reports.
        signal: &'a Signal,
    },
    /// Another process is running the same action; this one waits for its result.
    StageWaiting {
        /// The stage.
        stage: &'a StageId,
    },
    /// A stage committed its outputs.
    StageFinished {
        /// The stage.
        stage: &'a StageId,
        /// How long it ran.
        duration: Duration,
        /// How many bytes it wrote.
        bytes: u64,
    },
    /// A stage failed; nothing was recorded.
    StageFailed {
        /// The stage.
        stage: &'a StageId,
        /// What went wrong.
        failure: &'a Failure,
    },
    /// A stage did not run because one it depends on failed or was stopped.
    StageSkipped {
        /// The stage.
        stage: &'a StageId,
        /// The one to blame.
        because: &'a StageId,
    },
    /// A table, figure or report was written for people.
    Published {
        /// The file.
        path: &'a Path,
    },
    /// A file of a stage that the experiment no longer has was removed.
    Removed {
        /// The file.
        path: &'a Path,
    },
    /// Nothing was written for people, because stages are not done.
    Withheld {
        /// The folder, which stays as it was.
        folder: &'a Path,
        /// How many stages are not done.
        left: usize,
    },
    /// Nothing is left to do.
    RunFinished {
        /// The counts.
        summary: &'a Summary,
    },
}

/// What a stage may say while it runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "signal", rename_all = "kebab-case")]
pub enum Signal {
    /// How far it has come.
    Progress {
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
        /// What is counted, in the plural: "images".
        unit: String,
    },
    /// A number worth a curve.
    Metric {
        /// The documented name, such as `loss/policy`.
        name: String,
        /// The step or epoch.
        step: u64,
        /// The value.
        value: f64,
    },
    /// Something worth one line, such as the runtime in use.
    Note {
        /// The line.
        text: String,
    },
    /// Something the researcher should know before trusting the result.
    Warning {
        /// The line.
        text: String,
    },
}

/// Why a stage failed, in a form that crosses process borders.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The error, in one sentence.
    pub message: String,
    /// Its causes, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What kind of failure it is; it decides the exit code.
    pub class: FailureClass,
}

/// The kinds of failure that lead to different exit codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The stage itself failed: bad data, divergence, a full disk.
    Stage,
    /// Data, weights or a tool is missing.
    Missing,
    /// The store handed out damaged content.
    Damaged,
    /// The run was stopped from outside.
    Interrupted,
    /// A bug in this program.
    Bug,
}

/// How a run ended, in counts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Summary {
    /// Stages whose outputs were found.
    pub reused: usize,
    /// Stages that ran to their end.
    pub ran: usize,
    /// Stages that failed.
    pub failed: usize,
    /// Stages that could not run because of those.
    pub skipped: usize,
    /// Whether the run was stopped from outside.
    pub interrupted: bool,
}

/// Whoever shows a run: a terminal, a log, a machine.
pub trait Reporter {
    /// Takes the next event.
    fn on_event(&mut self, event: &Event<'_>);
}
