//! Durations, sizes, counts and colours as people read them.

use std::path::Path;
use std::time::Duration;

use crate::event::Summary;

/// Whether words are coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paint {
    /// No escape codes.
    Off,
    /// ANSI escape codes.
    On,
}

/// The colours in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Colour {
    Green,
    Red,
    Yellow,
    Dim,
}

impl Paint {
    /// Colours for a terminal, unless the variable `NO_COLOR` is set to anything.
    #[must_use]
    pub fn choose(is_terminal: bool) -> Self {
        let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if is_terminal && !is_refused { Self::On } else { Self::Off }
    }

    /// The text in a colour.
    pub(super) fn paint(self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Green => 32,
            Colour::Red => 31,
            Colour::Yellow => 33,
            Colour::Dim => 2,
        };
        match self {
            Self::Off => text.to_owned(),
            Self::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// Why a folder of results was not written.
pub(super) fn withheld_text(folder: &Path, left: usize) -> String {
    let stages = if left == 1 { "stage is" } else { "stages are" };
    format!("{} as it was: {left} {stages} not done", folder.display())
}

/// A duration such as `0.42 s`, `12.3 s`, `3 min 05 s` or `2 h 07 min`.
#[must_use]
pub fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let whole = duration.as_secs();
    if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else if whole < 3600 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

/// A size such as `640 B` or `4.7 GiB`.
#[must_use]
pub fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// The last line of a run: how it ended, after what time, and the counts.
#[must_use]
pub fn summary_text(summary: &Summary, elapsed: Duration) -> String {
    let end = if summary.interrupted {
        "interrupted after"
    } else if summary.failed > 0 {
        "failed after"
    } else {
        "finished in"
    };
    let Summary { reused, ran, failed, skipped, .. } = summary;
    let time = duration_text(elapsed);
    if summary.failed == 0 && summary.skipped == 0 && summary.ran == 0 && !summary.interrupted {
        return format!("{end} {time}: everything reused ({reused} stages)");
    }
    format!("{end} {time}: {reused} reused, {ran} ran, {failed} failed, {skipped} skipped")
}

#[cfg(test)]
mod tests;
