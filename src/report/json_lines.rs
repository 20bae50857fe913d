//! One JSON object a line, for programs.
//!
//! Every object has `elapsed_seconds` (since the start of the run) and `event`; the others are:
//!
//! | `event` | fields |
//! |---|---|
//! | `run-started` | `experiment`, `stages`, `reused` |
//! | `stage-reused` | `stage`, `key` |
//! | `stage-started` | `stage`, `reason` |
//! | `stage-progress` | `stage`, `done`, `total`, `unit` |
//! | `stage-metric` | `stage`, `name`, `step`, `value` (null if it is not finite) |
//! | `stage-note`, `stage-warning` | `stage`, `text` |
//! | `stage-waiting` | `stage` |
//! | `stage-finished` | `stage`, `seconds`, `bytes` |
//! | `stage-failed` | `stage`, `message`, `causes`, `help` (or null), `class` |
//! | `stage-skipped` | `stage`, `because` |
//! | `published`, `removed` | `path` |
//! | `withheld` | `folder` (it stays as it was), `left` (stages that are not done) |
//! | `run-finished` | `reused`, `ran`, `failed`, `skipped`, `interrupted` |
//!
//! A stage is named as on the command line, `train@margin=0.1,seed=3`. Fields may be added; none
//! changes its meaning.

use serde_json::{Value, json};

use super::Output;
use crate::event::{Event, EventKind, Reporter, Signal};
use crate::id::StageId;

/// Writes one JSON object a line.
pub struct JsonLines {
    out: Output,
}

impl JsonLines {
    /// A reporter that writes to `out`.
    #[must_use]
    pub fn new(out: Output) -> Self {
        Self { out }
    }
}

impl Reporter for JsonLines {
    fn on_event(&mut self, event: &Event<'_>) {
        let mut object = fields(&event.kind);
        object["elapsed_seconds"] = json!(rounded(event.elapsed.as_secs_f64()));
        let _ = writeln!(self.out, "{object}");
        let _ = self.out.flush();
    }
}

/// Milliseconds are enough, and a shorter line is easier to read.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

fn fields(kind: &EventKind<'_>) -> Value {
    match kind {
        EventKind::RunStarted { experiment, stages, reused } => json!({
            "event": "run-started", "experiment": experiment, "stages": stages, "reused": reused,
        }),
        EventKind::StageReused { stage, key } => json!({
            "event": "stage-reused", "stage": stage.to_string(), "key": key,
        }),
        EventKind::StageStarted { stage, reason } => json!({
            "event": "stage-started", "stage": stage.to_string(), "reason": reason.to_string(),
        }),
        EventKind::StageSignal { stage, signal } => signal_fields(stage, signal),
        EventKind::StageWaiting { stage } => json!({
            "event": "stage-waiting", "stage": stage.to_string(),
        }),
        EventKind::StageFinished { stage, duration, bytes } => json!({
            "event": "stage-finished", "stage": stage.to_string(),
            "seconds": rounded(duration.as_secs_f64()), "bytes": bytes,
        }),
        EventKind::StageFailed { stage, failure } => json!({
            "event": "stage-failed", "stage": stage.to_string(), "message": failure.message,
            "causes": failure.causes, "help": failure.help, "class": failure.class,
        }),
        EventKind::StageSkipped { stage, because } => json!({
            "event": "stage-skipped", "stage": stage.to_string(), "because": because.to_string(),
        }),
        EventKind::Published { path } => json!({
            "event": "published", "path": path.display().to_string(),
        }),
        EventKind::Removed { path } => json!({
            "event": "removed", "path": path.display().to_string(),
        }),
        EventKind::Withheld { folder, left } => json!({
            "event": "withheld", "folder": folder.display().to_string(), "left": left,
        }),
        EventKind::RunFinished { summary } => json!({
            "event": "run-finished", "reused": summary.reused, "ran": summary.ran,
            "failed": summary.failed, "skipped": summary.skipped,
            "interrupted": summary.interrupted,
        }),
    }
}

fn signal_fields(stage: &StageId, signal: &Signal) -> Value {
    let stage = stage.to_string();
    match signal {
        Signal::Progress { done, total, unit } => json!({
            "event": "stage-progress", "stage": stage, "done": done, "total": total, "unit": unit,
        }),
        Signal::Metric { name, step, value } => json!({
            "event": "stage-metric", "stage": stage, "name": name, "step": step, "value": value,
        }),
        Signal::Note { text } => json!({ "event": "stage-note", "stage": stage, "text": text }),
        Signal::Warning { text } => {
            json!({ "event": "stage-warning", "stage": stage, "text": text })
        }
    }
}
