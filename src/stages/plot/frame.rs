//! What stands around the data: title and legend above, small print below.

use super::super::rows::Row;
use super::PlotParams;
use super::palette::{FAINT, Marker};
use crate::artifact::{Bounds, Dash, Drawing, Ink, Text, text_width};
use crate::stage::StageError;

/// Font sizes in pixels.
pub(super) const TITLE_SIZE: f64 = 16.0;
/// Axis titles and legends.
pub(super) const LABEL_SIZE: f64 = 12.0;
/// Ticks and names of classes.
pub(super) const TICK_SIZE: f64 = 11.0;
const NOTE_SIZE: f64 = 10.5;

/// The distance from the edge of the page.
const MARGIN: f64 = 14.0;
const SWATCH: f64 = 24.0;
const ENTRY_GAP: f64 = 20.0;
/// The distance of lines of text, in font sizes.
pub(super) const LEADING: f64 = 1.4;

/// How the legend shows a kind of data.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Swatch {
    /// A piece of line.
    Line(Dash),
    /// A filled box.
    Box,
    /// A point.
    Marker(Marker),
}

/// A line of the legend.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    /// What it stands for.
    pub(super) label: String,
    /// Its colour.
    pub(super) ink: Ink,
    /// Its form.
    pub(super) swatch: Swatch,
}

/// Everything around the data.
pub(super) struct Frame {
    width: f64,
    title: Vec<String>,
    legend: Vec<Vec<Entry>>,
    notes: Vec<String>,
}

impl Frame {
    /// Breaks title, legend and notes into lines for a page of this width.
    pub(super) fn new(width: f64, title: &str, legend: Vec<Entry>, notes: &[String]) -> Self {
        let room = width - 2.0 * MARGIN;
        Self {
            width,
            title: wrap(title, TITLE_SIZE, room),
            legend: flow(legend, room),
            notes: notes.iter().flat_map(|note| wrap(note, NOTE_SIZE, room)).collect(),
        }
    }

    /// The height that title, legend, notes and margins take.
    pub(super) fn height(&self) -> f64 {
        self.above() + self.below()
    }

    fn above(&self) -> f64 {
        let title = lines(self.title.len(), TITLE_SIZE);
        let legend = lines(self.legend.len(), LABEL_SIZE);
        MARGIN + title + 6.0 + legend + if self.legend.is_empty() { 0.0 } else { 6.0 }
    }

    fn below(&self) -> f64 {
        MARGIN + lines(self.notes.len(), NOTE_SIZE) + 4.0
    }

    /// A page of this height with everything around the data drawn; the box is for the data.
    pub(super) fn page(&self, height: f64) -> (Drawing, Bounds) {
        let mut drawing = Drawing::new(self.width, height);
        let mut y = MARGIN;
        for line in &self.title {
            let middle = y + TITLE_SIZE * LEADING / 2.0;
            drawing.text(Text::new((MARGIN, middle), TITLE_SIZE, line.clone()));
            y += TITLE_SIZE * LEADING;
        }
        y += 6.0;
        for line in &self.legend {
            draw_entries(&mut drawing, line, y + LABEL_SIZE * LEADING / 2.0);
            y += LABEL_SIZE * LEADING;
        }
        let mut below = height - self.below() + 4.0;
        for line in &self.notes {
            below += NOTE_SIZE * LEADING;
            let at = (MARGIN, below - NOTE_SIZE * LEADING / 2.0);
            drawing.text(Text::new(at, NOTE_SIZE, line.clone()).ink(FAINT));
        }
        let inside = Bounds {
            left: MARGIN,
            top: self.above(),
            right: self.width - MARGIN,
            bottom: height - self.below(),
        };
        (drawing, inside)
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few lines")]
fn lines(count: usize, size: f64) -> f64 {
    count as f64 * size * LEADING
}

fn entry_width(entry: &Entry) -> f64 {
    SWATCH + 6.0 + text_width(&entry.label, LABEL_SIZE)
}

/// Distributes the legend over lines.
fn flow(legend: Vec<Entry>, room: f64) -> Vec<Vec<Entry>> {
    let mut lines: Vec<Vec<Entry>> = Vec::new();
    let mut left = 0.0;
    for mut entry in legend {
        entry.label = shorten(&entry.label, LABEL_SIZE, room - SWATCH - 6.0);
        let width = entry_width(&entry);
        match lines.last_mut().filter(|_| width <= left) {
            Some(line) => line.push(entry),
            None => {
                left = room;
                lines.push(vec![entry]);
            }
        }
        left -= width + ENTRY_GAP;
    }
    lines
}

fn draw_entries(drawing: &mut Drawing, entries: &[Entry], y: f64) {
    let mut x = MARGIN;
    for entry in entries {
        let (left, right) = (x, x + SWATCH);
        match entry.swatch {
            Swatch::Line(dash) => drawing.line(vec![(left, y), (right, y)], entry.ink, 2.0, dash),
            Swatch::Box => {
                let bounds = Bounds { left: left + 10.0, top: y - 6.0, right, bottom: y + 6.0 };
                drawing.rectangle(bounds, entry.ink);
            }
            Swatch::Marker(marker) => {
                marker.draw(drawing, (right - 7.0, y), 4.0, entry.ink);
            }
        }
        drawing.text(Text::new((right + 6.0, y), LABEL_SIZE, entry.label.clone()));
        x += entry_width(entry) + ENTRY_GAP;
    }
}

/// Breaks a text at its spaces so that each line fits; a longer word is cut.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, size, room);
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Cuts a text that is too long and says so by an ellipsis.
pub(super) fn shorten(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().chain(&['…']).collect();
        if text_width(&cut, size) <= room {
            return cut;
        }
    }
    String::new()
}

/// The mark of a row that was selected on test images.
pub(super) const STAMP: &str = "†";

/// The label of a row, stamped where it must be.
pub(super) fn row_label(params: &PlotParams, row: &Row<'_>) -> String {
    let label = row.label(&params.headings);
    if row.is_peeked() { format!("{label} {STAMP}") } else { label }
}

/// The small print: what was averaged over how many images, and the stamp.
pub(super) fn notes(rows: &[&Row<'_>], mut notes: Vec<String>) -> Vec<String> {
    let seeds = range(rows.iter().map(|row| row.members.len()));
    let evaluations = || rows.iter().flat_map(|row| &row.members).map(|member| member.evaluation);
    let seen = range(evaluations().map(|evaluation| evaluation.test_seen_images));
    let unseen = range(evaluations().map(|evaluation| evaluation.test_unseen_images));
    let plural = if seeds == "1" { "run" } else { "runs (seeds)" };
    notes
        .push(format!("{seeds} {plural}; test images: {seen} of seen, {unseen} of unseen classes"));
    if rows.iter().any(|row| row.is_peeked()) {
        notes.push(format!("{STAMP} selected on test"));
    }
    notes
}

fn range(counts: impl Iterator<Item = usize>) -> String {
    let counts: Vec<usize> = counts.collect();
    let least = counts.iter().min().copied().unwrap_or(0);
    let most = counts.iter().max().copied().unwrap_or(0);
    if least == most { least.to_string() } else { format!("{least}–{most}") }
}

/// The height of the page: as given, or what the content needs.
///
/// # Errors
/// If the given height is too small for the content.
pub(super) fn fit_height(
    given: Option<u32>,
    needed: f64,
    content: &str,
) -> Result<f64, StageError> {
    match given.map(f64::from) {
        None => Ok(needed.ceil()),
        Some(height) if height >= needed => Ok(height),
        Some(height) => Err(StageError::parameter(
            "height",
            format!("is {height} pixels; {content} need at least {}", needed.ceil()),
        )),
    }
}
