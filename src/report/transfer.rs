//! Downloads as they go: a bar on a terminal, lines for pipes, JSON lines for programs.
//!
//! | `event` | fields |
//! |---|---|
//! | `downloading` | `file`, `done`, `total` (or null), in bytes |
//! | `retrying` | `file`, `problem`, `pause_seconds` |
//! | `unpacking` | `file`, `done`, in files |
//! | `placed` | `path` |

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::text::bytes_text;
use super::{Output, by_line};
use crate::catalogue::Step;

/// The least time between two lines about the same thing.
const SILENCE: Duration = Duration::from_secs(10);
const BAR: &str =
    "{bar:24} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}, {eta} left  {msg}";
const SPINNER: &str = "{spinner} {msg}";

/// Shows what happens on the way to a data set.
pub struct Transfers {
    out: Output,
    form: Form,
    /// What was last written, and when.
    last: Option<(String, Instant)>,
}

enum Form {
    Bar(ProgressBar),
    Lines,
    Json,
}

impl Transfers {
    /// For this process: JSON goes to standard output, all else to standard error.
    #[must_use]
    pub fn new(is_json: bool) -> Self {
        let form = match (is_json, io::stderr().is_terminal()) {
            (true, _) => Form::Json,
            (false, true) => Form::Bar(ProgressBar::no_length()),
            (false, false) => Form::Lines,
        };
        let out: Output = if is_json { Box::new(io::stdout()) } else { by_line(io::stderr()) };
        Self { out, form, last: None }
    }

    /// Shows a step. Most steps are only a bit more of the same.
    pub fn show(&mut self, step: &Step<'_>) {
        if let Form::Bar(bar) = &self.form {
            draw(bar, step);
            return;
        }
        // The end of a download is always worth a line.
        let is_end = matches!(step, Step::Downloading { done, total, .. } if Some(*done) == *total);
        let subject = subject(step);
        let is_repeated = self
            .last
            .as_ref()
            .is_some_and(|(last, at)| *last == subject && (at.elapsed() < SILENCE && !is_end));
        if is_repeated {
            return;
        }
        self.last = Some((subject, Instant::now()));
        let line = match self.form {
            Form::Json => fields(step).map(|fields| fields.to_string()),
            _ => Some(sentence(step)),
        };
        if let Some(line) = line {
            let _ = writeln!(self.out, "{line}");
            let _ = self.out.flush();
        }
    }
}

fn draw(bar: &ProgressBar, step: &Step<'_>) {
    let style =
        |template| ProgressStyle::with_template(template).expect("both templates are valid");
    match step {
        Step::Downloading { file, done, total: Some(total) } => {
            if bar.length() != Some(*total) {
                bar.set_length(*total);
                bar.set_style(style(BAR));
                bar.set_position(*done);
                // What an earlier program brought must not count into the rate.
                bar.reset_eta();
            }
            bar.set_position(*done);
            bar.set_message((*file).to_owned());
        }
        Step::Placed { .. } => bar.println(sentence(step)),
        _ => {
            bar.unset_length();
            bar.set_style(style(SPINNER));
            bar.set_message(sentence(step));
            bar.tick();
        }
    }
}

/// What a step is about: two steps about the same are progress.
fn subject(step: &Step<'_>) -> String {
    match step {
        Step::Downloading { file, .. } => format!("downloading {file}"),
        Step::Retrying { file, problem, .. } => format!("retrying {file} {problem}"),
        Step::Verifying { file } => format!("verifying {file}"),
        Step::Unpacking { file, .. } => format!("unpacking {file}"),
        Step::Placed { path } => format!("placed {path}"),
    }
}

fn sentence(step: &Step<'_>) -> String {
    match step {
        Step::Downloading { file, done, total } => match total {
            Some(total) => {
                let percent = done.saturating_mul(100) / (*total).max(1);
                let (done, total) = (bytes_text(*done), bytes_text(*total));
                format!("downloading  {file}: {done} of {total}, {percent} %")
            }
            None => format!("downloading  {file}: {}", bytes_text(*done)),
        },
        Step::Retrying { file, problem, pause } => {
            format!("retrying     {file} in {:.0} s: {problem}", pause.as_secs_f64())
        }
        Step::Verifying { file } => format!("verifying    {file}"),
        Step::Unpacking { file, done } => format!("unpacking    {file}: {done} files"),
        Step::Placed { path } => format!("placed       {path}"),
    }
}

/// A step as JSON; hashing is too short to tell.
fn fields(step: &Step<'_>) -> Option<Value> {
    Some(match step {
        Step::Downloading { file, done, total } => {
            json!({ "event": "downloading", "file": file, "done": done, "total": total })
        }
        Step::Retrying { file, problem, pause } => {
            let seconds = pause.as_secs_f64();
            json!({ "event": "retrying", "file": file, "problem": problem, "pause_seconds": seconds })
        }
        Step::Verifying { .. } => return None,
        Step::Unpacking { file, done } => {
            json!({ "event": "unpacking", "file": file, "done": done })
        }
        Step::Placed { path } => json!({ "event": "placed", "path": path }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Page;
    use super::*;

    fn shown(form: Form, steps: &[Step<'_>]) -> String {
        let page = Page::default();
        let mut transfers = Transfers { out: Box::new(page.clone()), form, last: None };
        steps.iter().for_each(|step| transfers.show(step));
        page.text()
    }

    const STEPS: [Step<'static>; 6] = [
        Step::Downloading { file: "a.zip", done: 0, total: Some(2048) },
        Step::Downloading { file: "a.zip", done: 1024, total: Some(2048) },
        Step::Retrying { file: "a.zip", problem: "cut", pause: Duration::from_secs(2) },
        Step::Downloading { file: "a.zip", done: 2048, total: Some(2048) },
        Step::Verifying { file: "a.zip" },
        Step::Placed { path: "photos" },
    ];

    #[test]
    fn lines_tell_beginnings_troubles_and_ends() {
        let expected = "downloading  a.zip: 0 B of 2.0 KiB, 0 %\n\
                        retrying     a.zip in 2 s: cut\n\
                        downloading  a.zip: 2.0 KiB of 2.0 KiB, 100 %\n\
                        verifying    a.zip\nplaced       photos\n";
        assert_eq!(shown(Form::Lines, &STEPS), expected);
    }

    #[test]
    fn programs_get_one_object_a_line() {
        let text = shown(Form::Json, &STEPS);
        let events: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].to_string())
            .collect();
        let expected = ["\"downloading\"", "\"retrying\"", "\"downloading\"", "\"placed\""];
        assert_eq!(events, expected);
    }
}
