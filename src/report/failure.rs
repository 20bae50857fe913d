//! What people are told when a stage fails, and which stages could not run because of it.

use indexmap::IndexMap;

use super::text::{Colour, Paint};
use crate::event::Failure;
use crate::id::StageId;

/// The width of the first word of a line.
pub(super) const WORD: usize = 8;

/// A first word and the rest of a line.
pub(super) fn line(paint: Paint, colour: Colour, word: &str, rest: &str) -> String {
    format!("{} {rest}\n", paint.paint(colour, &format!("{word:>WORD$}")))
}

/// The stage, what went wrong, its causes and what to do, in as many lines.
pub(super) fn failure_text(paint: Paint, stage: &StageId, failure: &Failure) -> String {
    let mut text = line(paint, Colour::Red, "failed", &stage.to_string());
    let mut put = |word: &str, message: &str| {
        for (position, part) in message.lines().enumerate() {
            let word = if position == 0 { word } else { "" };
            text.push_str(&line(paint, Colour::Dim, word, part));
        }
    };
    put("", &failure.message);
    for cause in &failure.causes {
        put("because", cause);
    }
    if let Some(help) = &failure.help {
        put("help", help);
    }
    text
}

/// The stages that were skipped, by the stage to blame, in the order of the events.
#[derive(Default)]
pub(super) struct Skipped(IndexMap<String, Vec<String>>);

impl Skipped {
    /// How many names are shown before the rest is counted.
    const SHOWN: usize = 6;

    pub(super) fn note(&mut self, stage: &StageId, because: &StageId) {
        self.0.entry(because.to_string()).or_default().push(stage.to_string());
    }

    /// One line for each stage to blame.
    pub(super) fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        for (because, stages) in &self.0 {
            let shown = stages.iter().take(Self::SHOWN).cloned().collect::<Vec<_>>().join(", ");
            let rest = match stages.len().saturating_sub(Self::SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let rest = format!("{shown}{rest}, because `{because}` did not finish");
            text.push_str(&line(paint, Colour::Yellow, "skipped", &rest));
        }
        text
    }
}
