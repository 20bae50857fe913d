//! The legend: a piece of each kind of data with its name, above the data and never on it.

use super::frame::{LABEL_SIZE, shorten};
use super::palette::Marker;
use crate::artifact::{Bounds, Dash, Drawing, Ink, Text, text_width};

const SWATCH: f64 = 24.0;
const ENTRY_GAP: f64 = 20.0;

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

fn entry_width(entry: &Entry) -> f64 {
    SWATCH + 6.0 + text_width(&entry.label, LABEL_SIZE)
}

/// Distributes the legend over lines.
pub(super) fn flow(legend: Vec<Entry>, room: f64) -> Vec<Vec<Entry>> {
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

/// Draws one line of the legend from `x` on, its middle at `y`.
pub(super) fn draw_entries(drawing: &mut Drawing, entries: &[Entry], mut x: f64, y: f64) {
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
