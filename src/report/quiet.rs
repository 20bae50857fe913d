//! Failures and the last line, nothing else.

use super::Output;
use super::failure::{Skipped, failure_text};
use super::text::{Paint, summary_text};
use crate::event::{Event, EventKind, Reporter};

/// Writes failures, what they kept from running, and the last line.
pub struct Quiet {
    out: Output,
    paint: Paint,
    skipped: Skipped,
}

impl Quiet {
    /// A reporter that writes to `out`.
    #[must_use]
    pub fn new(out: Output, paint: Paint) -> Self {
        Self { out, paint, skipped: Skipped::default() }
    }
}

impl Reporter for Quiet {
    fn on_event(&mut self, event: &Event<'_>) {
        match &event.kind {
            EventKind::StageFailed { stage, failure } => {
                let _ = write!(self.out, "{}", failure_text(self.paint, stage, failure));
            }
            EventKind::StageSkipped { stage, because } => self.skipped.note(stage, because),
            EventKind::RunFinished { summary } => {
                let skipped = self.skipped.text(self.paint);
                let last = summary_text(summary, event.elapsed);
                let _ = writeln!(self.out, "{skipped}{last}");
            }
            _ => {}
        }
        let _ = self.out.flush();
    }
}
