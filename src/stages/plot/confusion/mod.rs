//! `confusion`: which class is taken for which, in shares of each true class, summed over seeds.

mod matrix;

use super::super::rows::Row;
use super::frame::{Frame, LABEL_SIZE, LEADING, TICK_SIZE, fit_height, shorten};
use super::notes::{notes, row_label};
use super::palette::{AXIS, shade};
use super::shades::{SCALE_ROOM, draw_scale};
use super::{PlotParams, Sketch};
use crate::artifact::{Bounds, Dash, Drawing, Ink, Point, Scale, Text, VerticalAnchor, text_width};
use crate::stage::StageError;
use matrix::{Matrix, matrix};

/// The extent of the matrix that cells are made to fit.
const EXTENT: f64 = 640.0;
/// The least cell that has room for a name beside it.
const NAMED_CELL: f64 = 13.0;
/// The least cell that has room for its number.
const NUMBERED_CELL: f64 = 28.0;
const LARGEST_CELL: f64 = 56.0;
/// With more classes than this names are left out.
const MOST_NAMES: usize = 80;
const LONGEST_NAME: f64 = 150.0;
/// The strip for the names of both groups.
const GROUP_ROOM: f64 = 18.0;
const GAP: f64 = 6.0;

/// Where the matrix is on the page.
struct Layout {
    corner: Point,
    cell: f64,
    names: Option<f64>,
}

pub(super) fn sketch(params: &PlotParams, row: &Row<'_>) -> Result<Sketch, StageError> {
    let matrix = matrix(params, row)?;
    let default = format!("Confusion of classes: {}", row_label(params, row));
    let title = params.title.as_deref().unwrap_or(&default);
    let mut small = vec!["Each row shows the images of one true class, all seeds together".into()];
    let names = names_width(&matrix);
    if names.is_none() {
        small.push(format!("{} classes; their names are left out", matrix.classes.len()));
    }
    let notes = notes(&[row], small);
    #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
    let count = matrix.classes.len() as f64;
    let beside = 28.0 + LABEL_SIZE * LEADING + names.unwrap_or(0.0) + 2.0 * GAP + GROUP_ROOM;
    let cell = cell(params, &matrix, count, beside)?;
    let width = params.width.map_or((beside + cell * count).max(420.0), f64::from).ceil();
    let frame = Frame::new(width, title, Vec::new(), &notes);
    let under = names.unwrap_or(0.0) + 3.0 * GAP + LABEL_SIZE * LEADING;
    let needed = frame.height() + SCALE_ROOM + GROUP_ROOM + cell * count + under;
    let height = fit_height(params.height, needed, &format!("{count} classes"))?;
    let (mut drawing, inside) = frame.page(height);
    let left = inside.left + LABEL_SIZE * LEADING + names.unwrap_or(0.0) + GAP;
    let layout = Layout { corner: (left, inside.top + SCALE_ROOM + GROUP_ROOM), cell, names };
    let scale = (inside.left, inside.top + SCALE_ROOM / 2.0);
    draw_scale(&mut drawing, scale, "share of the true class: 0 %", "100 %");
    draw_cells(&mut drawing, &layout, &matrix);
    draw_groups(&mut drawing, &layout, &matrix, count);
    draw_names(&mut drawing, &layout, &matrix, inside.left, count);
    Ok(Sketch { drawing, alt: alt(title, &matrix) })
}

fn names_width(matrix: &Matrix) -> Option<f64> {
    let widths = matrix.classes.iter().map(|name| text_width(name, TICK_SIZE).min(LONGEST_NAME));
    (matrix.classes.len() <= MOST_NAMES).then(|| widths.fold(0.0, f64::max))
}

fn cell(params: &PlotParams, matrix: &Matrix, count: f64, beside: f64) -> Result<f64, StageError> {
    let least = if matrix.classes.len() <= MOST_NAMES { NAMED_CELL } else { 1.0 };
    let Some(width) = params.width.map(f64::from) else {
        return Ok((EXTENT / count).clamp(least, LARGEST_CELL));
    };
    let cell = (width - beside) / count;
    if cell < least {
        let needed = (least * count + beside).ceil();
        let message = format!("is {width} pixels; {count} classes need at least {needed}");
        return Err(StageError::parameter("width", message));
    }
    Ok(cell.min(LARGEST_CELL))
}

fn draw_cells(drawing: &mut Drawing, layout: &Layout, matrix: &Matrix) {
    for (row, shares) in matrix.shares.iter().enumerate() {
        for (column, &share) in shares.iter().enumerate() {
            // An empty cell is white already, and most cells of a large matrix are empty.
            if share > 0.0 {
                draw_cell(drawing, layout, (row, column), share);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few classes")]
fn place(layout: &Layout, row: usize, column: usize) -> Point {
    let (left, top) = layout.corner;
    (left + layout.cell * column as f64, top + layout.cell * row as f64)
}

fn draw_cell(drawing: &mut Drawing, layout: &Layout, at: (usize, usize), share: f64) {
    let (left, top) = place(layout, at.0, at.1);
    let (right, bottom) = (left + layout.cell, top + layout.cell);
    drawing.rectangle(Bounds { left, top, right, bottom }, shade(share));
    if layout.cell >= NUMBERED_CELL {
        let ink = if share > 0.45 { Ink::WHITE } else { Ink::BLACK };
        let middle = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        let number = format!("{:.0}", Scale::Percent.apply(share));
        drawing.text(Text::new(middle, TICK_SIZE, number).centred().ink(ink));
    }
}

/// Draws the border, and the lines that set unseen classes apart.
fn draw_groups(drawing: &mut Drawing, layout: &Layout, matrix: &Matrix, count: f64) {
    let (left, top) = layout.corner;
    let extent = layout.cell * count;
    let (right, bottom) = (left + extent, top + extent);
    let border = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    drawing.line(border, AXIS, 1.0, Dash::Solid);
    let unseen = matrix.classes.len() - matrix.seen;
    if matrix.seen == 0 || unseen == 0 {
        return;
    }
    let (x, y) = place(layout, matrix.seen, matrix.seen);
    drawing.line(vec![(x, top - GROUP_ROOM), (x, bottom)], Ink::BLACK, 1.5, Dash::Solid);
    drawing.line(vec![(left, y), (right + GROUP_ROOM, y)], Ink::BLACK, 1.5, Dash::Solid);
    let seen_label = format!("seen ({})", matrix.seen);
    let unseen_label = format!("unseen ({unseen})");
    let above = top - GROUP_ROOM / 2.0;
    let beside = right + GROUP_ROOM / 2.0;
    for (label, low, high) in [(seen_label, 0.0, x - left), (unseen_label, x - left, extent)] {
        // A group narrower than its label has a line that tells what is what all the same.
        if text_width(&label, TICK_SIZE) + 4.0 > high - low {
            continue;
        }
        let middle = f64::midpoint(low, high);
        drawing.text(Text::new((left + middle, above), TICK_SIZE, label.clone()).centred());
        let text = Text::new((beside, top + middle), TICK_SIZE, label);
        drawing.text(text.centred().upwards());
    }
}

fn draw_names(drawing: &mut Drawing, layout: &Layout, matrix: &Matrix, edge: f64, count: f64) {
    let (left, top) = layout.corner;
    let extent = layout.cell * count;
    let names = layout.names.unwrap_or(0.0);
    let at = (edge + LABEL_SIZE / 2.0, top + extent / 2.0);
    drawing.text(Text::new(at, LABEL_SIZE, "true class").centred().upwards());
    let at = (left + extent / 2.0, top + extent + GAP + names + 2.0 * GAP);
    let title = Text::new(at, LABEL_SIZE, "predicted class");
    drawing.text(Text { vertical: VerticalAnchor::Top, ..title }.centred());
    if layout.names.is_none() {
        return;
    }
    for (class, name) in matrix.classes.iter().enumerate() {
        let (x, y) = place(layout, class, class);
        let half = layout.cell / 2.0;
        let name = shorten(name, TICK_SIZE, LONGEST_NAME);
        let text = Text::new((left - GAP, y + half), TICK_SIZE, name.clone());
        drawing.text(text.ending());
        let text = Text::new((x + half, top + extent + GAP), TICK_SIZE, name);
        drawing.text(text.ending().upwards());
    }
}

fn alt(title: &str, matrix: &Matrix) -> String {
    let mut worst: Option<(f64, usize, usize)> = None;
    for (row, shares) in matrix.shares.iter().enumerate() {
        for (column, &share) in shares.iter().enumerate() {
            if row != column && worst.is_none_or(|(most, ..)| share > most) {
                worst = Some((share, row, column));
            }
        }
    }
    let worst = worst.map_or_else(String::new, |(share, row, column)| {
        let (from, to) = (&matrix.classes[row], &matrix.classes[column]);
        let share = Scale::Percent.apply(share);
        format!(" Most often confused: `{from}` is taken for `{to}` in {share:.1} % of its images.")
    });
    format!("{title}. {} classes, {} of them seen.{worst}", matrix.classes.len(), matrix.seen)
}
