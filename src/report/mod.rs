//! Reporters: whoever shows a run to people and programs. They print, the runner does not.
//!
//! - [`Terminal`] draws progress bars and leaves one line a stage behind;
//! - [`Plain`] writes lines for pipes and logs;
//! - [`JsonLines`] writes one JSON object a line for programs;
//! - [`Quiet`] shows failures and the last line.
//!
//! Downloads are no run: [`transfer`] shows them.
//!
//! Each writes to whatever it is given, so that a test can read it. A write that fails is ignored:
//! a reader that went away (`| head`) must not stop a run.

mod failure;
mod json_lines;
mod plain;
mod quiet;
mod terminal;
mod text;
pub mod transfer;

use std::io::{self, IsTerminal as _, LineWriter, Write};

use crate::event::Reporter;

pub use json_lines::JsonLines;
pub use plain::Plain;
pub use quiet::Quiet;
pub use terminal::Terminal;
pub use text::{Paint, bytes_text, duration_text, summary_text};

/// Where a reporter writes.
pub type Output = Box<dyn Write + Send>;

/// How a run is shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Style {
    /// Bars on a terminal, else lines.
    #[default]
    Automatic,
    /// Lines, even on a terminal.
    Plain,
    /// One JSON object a line on standard output.
    JsonLines,
    /// Failures and the last line.
    Quiet,
}

/// The reporter for this process: JSON goes to standard output, all else to standard error.
#[must_use]
pub fn reporter(style: Style) -> Box<dyn Reporter> {
    let is_terminal = io::stderr().is_terminal();
    let paint = Paint::choose(is_terminal);
    let stderr = || by_line(io::stderr());
    match style {
        Style::Automatic if is_terminal => Box::new(Terminal::new(stderr(), paint)),
        Style::Automatic | Style::Plain => Box::new(Plain::new(stderr())),
        Style::JsonLines => Box::new(JsonLines::new(Box::new(io::stdout()))),
        Style::Quiet => Box::new(Quiet::new(stderr(), paint)),
    }
}

/// Hands `out` whole lines. Standard error has no buffer: each word would be a write of its own, which
/// a run that reuses thousands of stages feels, and the lines of two programs that write to one log
/// would mix.
fn by_line(out: impl Write + Send + 'static) -> Output {
    Box::new(LineWriter::new(out))
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
