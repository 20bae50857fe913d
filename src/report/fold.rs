//! What became of each step, for `run.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind, Failure, Reporter, Signal, Summary};
use crate::id::{StageId, StageKey};

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepAction {
    /// Its outputs were found.
    Reused,
    /// It ran to its end.
    Ran,
    /// It failed.
    Failed,
    /// It could not run, or was still running when the run ended.
    Skipped,
}

/// What became of one step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepOutcome {
    /// The stage and its trial.
    pub stage: StageId,
    /// The key of its action, where it is known; see [`Fold::set_key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<StageKey>,
    /// How it ended.
    pub action: StepAction,
    /// Why it ran, or which stage kept it from running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// How many bytes it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What it warned about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Collects what became of each step.
#[derive(Clone, Default, Debug)]
pub struct Fold {
    // Sorted by stage: the order of events depends on threads.
    steps: BTreeMap<StageId, StepOutcome>,
    summary: Summary,
    seconds: f64,
}

impl Fold {
    /// A collector that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The steps that were mentioned, sorted by stage and trial.
    #[must_use]
    pub fn steps(&self) -> Vec<StepOutcome> {
        self.steps.values().cloned().collect()
    }

    /// The counts, once the run has finished.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// How long the run took until its last event.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Adds the key of a step that events do not tell: only reuse is reported with one.
    pub fn set_key(&mut self, stage: &StageId, key: StageKey) {
        if let Some(step) = self.steps.get_mut(stage) {
            step.key = Some(key);
        }
    }

    fn step(&mut self, stage: &StageId) -> &mut StepOutcome {
        self.steps.entry(stage.clone()).or_insert_with(|| StepOutcome {
            stage: stage.clone(),
            key: None,
            action: StepAction::Skipped,
            reason: None,
            seconds: None,
            bytes: None,
            failure: None,
            warnings: Vec::new(),
        })
    }
}

impl Reporter for Fold {
    fn on_event(&mut self, event: &Event<'_>) {
        self.seconds = event.elapsed.as_secs_f64();
        match &event.kind {
            EventKind::StageReused { stage, key } => {
                let step = self.step(stage);
                step.action = StepAction::Reused;
                step.key = Some(**key);
            }
            EventKind::StageStarted { stage, reason } => {
                self.step(stage).reason = Some(reason.to_string());
            }
            EventKind::StageSignal { stage, signal: Signal::Warning { text } } => {
                self.step(stage).warnings.push(text.clone());
            }
            EventKind::StageFinished { stage, duration, bytes } => {
                let step = self.step(stage);
                step.action = StepAction::Ran;
                step.seconds = Some(duration.as_secs_f64());
                step.bytes = Some(*bytes);
            }
            EventKind::StageFailed { stage, failure } => {
                let step = self.step(stage);
                step.action = StepAction::Failed;
                step.failure = Some((*failure).clone());
            }
            EventKind::StageSkipped { stage, because } => {
                self.step(stage).reason = Some(format!("`{because}` did not finish"));
            }
            EventKind::RunFinished { summary } => self.summary = (*summary).clone(),
            EventKind::RunStarted { .. }
            | EventKind::StageSignal { .. }
            | EventKind::StageWaiting { .. }
            | EventKind::Published { .. } => {}
        }
    }
}
