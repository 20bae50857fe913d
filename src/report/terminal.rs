//! Bars for what is running, and one line for each stage that is done.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Output;
use super::failure::{Skipped, failure_text, line};
use super::text::{Colour, Paint, bytes_text, duration_text, summary_text, withheld_text};
use crate::event::{Event, EventKind, Reporter, Signal};
use crate::id::StageId;

const SPINNER: &str = "{spinner} {prefix}  {elapsed}  {msg}";
const BAR: &str = "{spinner} {prefix}  {bar:24} {pos}/{len} {msg}  {per_sec}, {eta} left";
const TICK: Duration = Duration::from_millis(120);

/// Draws bars with rate and time left, and writes finished lines above them.
pub struct Terminal {
    out: Output,
    paint: Paint,
    bars: MultiProgress,
    running: BTreeMap<StageId, ProgressBar>,
    /// Reused stages since the last line: thousands of them are one line.
    reused: usize,
    skipped: Skipped,
}

impl Terminal {
    /// A reporter whose bars are on standard error, where `out` should write, too.
    #[must_use]
    pub fn new(out: Output, paint: Paint) -> Self {
        Self::with_target(out, paint, ProgressDrawTarget::stderr())
    }

    pub(super) fn with_target(out: Output, paint: Paint, target: ProgressDrawTarget) -> Self {
        Self {
            out,
            paint,
            bars: MultiProgress::with_draw_target(target),
            running: BTreeMap::new(),
            reused: 0,
            skipped: Skipped::default(),
        }
    }

    /// Writes above the bars.
    fn write(&mut self, text: &str) {
        let reused = match std::mem::take(&mut self.reused) {
            0 => String::new(),
            1 => line(self.paint, Colour::Dim, "reused", "1 stage"),
            count => line(self.paint, Colour::Dim, "reused", &format!("{count} stages")),
        };
        let out = &mut self.out;
        self.bars.suspend(|| {
            let _ = write!(out, "{reused}{text}");
            let _ = out.flush();
        });
    }

    fn line(&mut self, colour: Colour, word: &str, rest: &str) {
        let text = line(self.paint, colour, word, rest);
        self.write(&text);
    }

    fn start(&mut self, stage: &StageId, message: String) {
        let bar = self.bars.add(ProgressBar::no_length());
        bar.set_style(style(SPINNER));
        bar.set_prefix(stage.to_string());
        bar.set_message(message);
        bar.enable_steady_tick(TICK);
        self.running.insert(stage.clone(), bar);
    }

    fn stop(&mut self, stage: &StageId) {
        if let Some(bar) = self.running.remove(stage) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
    }

    fn signal(&mut self, stage: &StageId, signal: &Signal) {
        match signal {
            Signal::Progress { done, total, unit } => {
                if let Some(bar) = self.running.get(stage) {
                    let is_first = bar.length() != Some(*total);
                    bar.set_position(*done);
                    if is_first {
                        bar.set_length(*total);
                        bar.set_style(style(BAR));
                        // What came before the first report must not count into the rate.
                        bar.reset_eta();
                    }
                    bar.set_message(unit.clone());
                }
            }
            Signal::Metric { name, step, value } => {
                if let Some(bar) = self.running.get(stage).filter(|bar| bar.length().is_none()) {
                    bar.set_message(format!("{name} = {value:.4} at {step}"));
                }
            }
            Signal::Note { text } => self.line(Colour::Dim, "note", &format!("{stage}: {text}")),
            Signal::Warning { text } => {
                self.line(Colour::Yellow, "warning", &format!("{stage}: {text}"));
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are valid")
}

impl Reporter for Terminal {
    fn on_event(&mut self, event: &Event<'_>) {
        match &event.kind {
            EventKind::RunStarted { experiment, stages, .. } => {
                self.line(Colour::Dim, "run", &format!("{experiment}, {stages} stages"));
            }
            EventKind::StageReused { stage, .. } => {
                self.stop(stage);
                self.reused += 1;
            }
            EventKind::StageStarted { stage, reason } => {
                self.stop(stage);
                self.start(stage, reason.to_string());
            }
            EventKind::StageSignal { stage, signal } => self.signal(stage, signal),
            EventKind::StageWaiting { stage } => {
                self.start(stage, "another process is running it".to_owned());
            }
            EventKind::StageFinished { stage, duration, bytes } => {
                self.stop(stage);
                let (time, size) = (duration_text(*duration), bytes_text(*bytes));
                self.line(Colour::Green, "ran", &format!("{stage}  {time}, {size}"));
            }
            EventKind::StageFailed { stage, failure } => {
                self.stop(stage);
                let text = failure_text(self.paint, stage, failure);
                self.write(&text);
            }
            EventKind::StageSkipped { stage, because } => {
                self.stop(stage);
                self.skipped.note(stage, because);
            }
            EventKind::Published { path } => {
                self.line(Colour::Green, "wrote", &path.display().to_string());
            }
            EventKind::Removed { path } => {
                self.line(Colour::Yellow, "removed", &path.display().to_string());
            }
            EventKind::Withheld { folder, left } => {
                self.line(Colour::Yellow, "left", &withheld_text(folder, *left));
            }
            EventKind::RunFinished { summary } => {
                let skipped = self.skipped.text(self.paint);
                let last = summary_text(summary, event.elapsed);
                self.write(&format!("{skipped}{last}\n"));
            }
        }
    }
}
