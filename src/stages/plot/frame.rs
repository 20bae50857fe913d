//! What stands around the data: title and legend above, small print below.

use super::legend::{Entry, draw_entries, flow};
use super::palette::FAINT;
use crate::artifact::{Bounds, Drawing, Text, text_width};
use crate::stage::StageError;

/// Font sizes in pixels.
pub(super) const TITLE_SIZE: f64 = 16.0;
/// Axis titles and legends.
pub(super) const LABEL_SIZE: f64 = 12.0;
/// Ticks and names of classes.
pub(super) const TICK_SIZE: f64 = 11.0;
const NOTE_SIZE: f64 = 10.5;

/// The distance from the edge of the page.
pub(super) const MARGIN: f64 = 14.0;
/// The distance of lines of text, in font sizes.
pub(super) const LEADING: f64 = 1.4;

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
            draw_entries(&mut drawing, line, MARGIN, y + LABEL_SIZE * LEADING / 2.0);
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
