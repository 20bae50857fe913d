//! One line an event, for pipes and log files.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Output;
use super::failure::{WORD, failure_text};
use super::text::{Paint, bytes_text, duration_text, summary_text};
use crate::event::{Event, EventKind, Reporter, Signal};
use crate::id::StageId;

/// The least time between two lines about the progress of a stage.
const PROGRESS_SECONDS: u64 = 10;
/// The least progress between two such lines.
const PROGRESS_PERCENT: u64 = 10;

/// Writes one line an event. Metrics are left out: they are many, and JSON lines have them.
pub struct Plain {
    out: Output,
    /// When each running stage's progress was last written, and how many percent it was.
    progress: BTreeMap<StageId, (Duration, u64)>,
}

impl Plain {
    /// A reporter that writes to `out`.
    #[must_use]
    pub fn new(out: Output) -> Self {
        Self { out, progress: BTreeMap::new() }
    }

    fn line(&mut self, elapsed: Duration, word: &str, rest: &str) {
        let _ = writeln!(self.out, "{:>8.1} s  {word:<WORD$}  {rest}", elapsed.as_secs_f64());
        let _ = self.out.flush();
    }

    fn signal(&mut self, elapsed: Duration, stage: &StageId, signal: &Signal) {
        match signal {
            Signal::Progress { done, total, unit } => {
                let percent = done.saturating_mul(100) / (*total).max(1);
                if self.is_due(elapsed, stage, percent) {
                    let rest = format!("{stage}: {percent} % ({done} of {total} {unit})");
                    self.line(elapsed, "progress", &rest);
                }
            }
            Signal::Metric { .. } => {}
            Signal::Note { text } => self.line(elapsed, "note", &format!("{stage}: {text}")),
            Signal::Warning { text } => self.line(elapsed, "warning", &format!("{stage}: {text}")),
        }
    }

    /// Whether enough time and progress lie behind the last line about this stage.
    fn is_due(&mut self, elapsed: Duration, stage: &StageId, percent: u64) -> bool {
        let Some((time, last)) = self.progress.get_mut(stage) else { return false };
        let is_due = elapsed.saturating_sub(*time).as_secs() >= PROGRESS_SECONDS
            && percent >= *last + PROGRESS_PERCENT;
        if is_due {
            (*time, *last) = (elapsed, percent);
        }
        is_due
    }
}

impl Reporter for Plain {
    fn on_event(&mut self, event: &Event<'_>) {
        let elapsed = event.elapsed;
        match &event.kind {
            EventKind::RunStarted { experiment, stages, reused } => {
                let rest = format!("{experiment}: {stages} stages, {reused} known to be reused");
                self.line(elapsed, "run", &rest);
            }
            EventKind::StageReused { stage, .. } => {
                self.line(elapsed, "reused", &stage.to_string());
            }
            EventKind::StageStarted { stage, reason } => {
                self.progress.insert((*stage).clone(), (elapsed, 0));
                self.line(elapsed, "started", &format!("{stage}: {reason}"));
            }
            EventKind::StageSignal { stage, signal } => self.signal(elapsed, stage, signal),
            EventKind::StageWaiting { stage } => {
                self.line(elapsed, "waiting", &format!("{stage}: another process is running it"));
            }
            EventKind::StageFinished { stage, duration, bytes } => {
                self.progress.remove(*stage);
                let (time, size) = (duration_text(*duration), bytes_text(*bytes));
                self.line(elapsed, "finished", &format!("{stage}: {time}, {size}"));
            }
            EventKind::StageFailed { stage, failure } => {
                self.progress.remove(*stage);
                let text = failure_text(Paint::Off, stage, failure);
                for rest in text.lines() {
                    let (word, rest) = rest.split_at_checked(WORD).unwrap_or((rest, ""));
                    self.line(elapsed, word.trim(), rest.trim());
                }
            }
            EventKind::StageSkipped { stage, because } => {
                self.line(elapsed, "skipped", &format!("{stage}: `{because}` did not finish"));
            }
            EventKind::Published { path } => {
                self.line(elapsed, "wrote", &path.display().to_string());
            }
            EventKind::RunFinished { summary } => {
                self.line(elapsed, "run", &summary_text(summary, elapsed));
            }
        }
    }
}
