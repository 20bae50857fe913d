//! One line an event, for pipes and log files.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Output;
use super::failure::{WORD, failure_text};
use super::text::{Paint, bytes_text, duration_text, summary_text, withheld_text};
use crate::event::{Event, EventKind, Reporter, Signal};
use crate::id::StageId;

/// The least time between two lines about the progress of a stage.
const PROGRESS_SECONDS: u64 = 10;
/// The least progress between two such lines, as long as it does not take too long.
const PROGRESS_PERCENT: u64 = 10;
/// After this time even little progress is worth a line.
const PROGRESS_SECONDS_AT_MOST: u64 = 60;

/// What was last written about the progress of a stage.
struct Progress {
    /// When a report first came, and what was done by then: a stage that goes on where it was
    /// stopped has not done that at its present pace.
    first: Option<(Duration, u64)>,
    written: Duration,
    percent: u64,
}

/// Writes one line an event. Metrics are left out: they are many, and JSON lines have them.
pub struct Plain {
    out: Output,
    progress: BTreeMap<StageId, Progress>,
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
                if let Some(left) = self.due(elapsed, stage, *done, *total) {
                    let percent = percent(*done, *total);
                    let left = duration_text(left);
                    let rest =
                        format!("{stage}: {percent} % ({done} of {total} {unit}), {left} left");
                    self.line(elapsed, "progress", &rest);
                }
            }
            Signal::Metric { .. } => {}
            Signal::Note { text } => self.line(elapsed, "note", &format!("{stage}: {text}")),
            Signal::Warning { text } => self.line(elapsed, "warning", &format!("{stage}: {text}")),
        }
    }

    /// If it is time for a line about this stage: how long the rest of it will take at this pace.
    fn due(&mut self, now: Duration, stage: &StageId, done: u64, total: u64) -> Option<Duration> {
        let progress = self.progress.get_mut(stage)?;
        let (start, before) = *progress.first.get_or_insert((now, done));
        let silence = now.saturating_sub(progress.written).as_secs();
        let percent = percent(done, total);
        let has_moved = percent >= progress.percent + PROGRESS_PERCENT;
        let is_due =
            silence >= PROGRESS_SECONDS_AT_MOST || silence >= PROGRESS_SECONDS && has_moved;
        if done <= before || !is_due {
            return None;
        }
        (progress.written, progress.percent) = (now, percent);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let rest = total.saturating_sub(done) as f64 / (done - before) as f64;
        let seconds = now.saturating_sub(start).as_secs_f64() * rest;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

fn percent(done: u64, total: u64) -> u64 {
    done.saturating_mul(100) / total.max(1)
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
                let progress = Progress { first: None, written: elapsed, percent: 0 };
                self.progress.insert((*stage).clone(), progress);
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
            EventKind::Removed { path } => {
                self.line(elapsed, "removed", &path.display().to_string());
            }
            EventKind::Withheld { folder, left } => {
                self.line(elapsed, "left", &withheld_text(folder, *left));
            }
            EventKind::RunFinished { summary } => {
                self.line(elapsed, "run", &summary_text(summary, elapsed));
            }
        }
    }
}
