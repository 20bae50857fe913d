//! `plot-tsne`: test images in the plane, a panel an embedding, a colour and form a class (Figure 9).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, LABEL_SIZE, LEADING, MARGIN};
use super::legend::{Entry, Swatch};
use super::palette::{GRID, points};
use super::{MEMORY_MIB, Sketch};
use crate::artifact::{Bounds, Dash, Drawing, Figure, Point, Table, Text};
use crate::stage::{Needs, Stage, StageContext, StageError, Threads, inputs, outputs};

/// The width of the page, and the space between panels.
const WIDTH: f64 = 860.0;
const GAP: f64 = 16.0;
/// Between the outermost points and the edges of a panel.
const RIM: f64 = 10.0;
const RADIUS: f64 = 3.0;

/// How the figure looks.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlotTsneParams {
    /// What stands above it. Default: "Unseen classes by what the network sees".
    pub title: Option<String>,
    /// Other words for classes and embeddings. Default: none.
    pub headings: BTreeMap<String, String>,
}

inputs! {
    /// What `plot-tsne` reads.
    pub struct PlotTsneInputs {
        /// The output `per_image` of `tsne-search`.
        table: Table,
    }
}

outputs! {
    /// What `plot-tsne` makes.
    pub struct PlotTsneOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot-tsne`.
pub struct PlotTsne;

impl Stage for PlotTsne {
    const KIND: &'static str = "plot-tsne";
    const SUMMARY: &'static str = "test images in the plane, by what a network sees of them";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = PlotTsneParams;
    type Inputs = PlotTsneInputs;
    type Outputs = PlotTsneOutputs;

    fn run(
        params: &PlotTsneParams,
        inputs: PlotTsneInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotTsneOutputs, StageError> {
        let sketch = sketch(params, &panels(&inputs.table)?);
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotTsneOutputs { figure })
    }

    fn needs(_params: &PlotTsneParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

/// The images by one embedding.
struct Panel {
    embedding: String,
    /// The share of images whose nearest neighbour is of their class.
    near: f64,
    /// Class and place.
    images: Vec<(String, Point)>,
}

fn panels(table: &Table) -> Result<Vec<Panel>, StageError> {
    let missing = |column: &str| {
        let message = format!("the table has no column `{column}`");
        StageError::data_with_help(message, "connect the output `per_image` of `tsne-search`")
    };
    let texts = |column: &str| table.texts(column).ok_or_else(|| missing(column));
    let numbers = |column: &str| -> Result<Vec<f64>, StageError> {
        let numbers = table.numbers(column).ok_or_else(|| missing(column))?;
        Ok(numbers.into_iter().map(|number| number.unwrap_or(0.0)).collect())
    };
    let (embeddings, classes) = (texts("embedding")?, texts("class")?);
    let (across, up, near) = (numbers("x")?, numbers("y")?, numbers("near")?);
    let mut panels: Vec<Panel> = Vec::new();
    for (row, (embedding, class)) in embeddings.into_iter().zip(classes).enumerate() {
        if panels.last().is_none_or(|panel| panel.embedding != embedding) {
            panels.push(Panel { embedding, near: near[row], images: Vec::new() });
        }
        let panel = panels.last_mut().expect("one has just been pushed");
        panel.images.push((class, (across[row], up[row])));
    }
    match panels.is_empty() {
        true => Err(StageError::data("the table has no image")),
        false => Ok(panels),
    }
}

fn sketch(params: &PlotTsneParams, panels: &[Panel]) -> Sketch {
    let classes = classes(panels);
    let word = |name: &str| params.headings.get(name).map_or(name, String::as_str).to_owned();
    let entry = |(position, class): (usize, &&str)| {
        let (ink, marker) = points(position);
        Entry { label: word(class), ink, swatch: Swatch::Marker(marker) }
    };
    let legend: Vec<Entry> = classes.iter().enumerate().map(entry).collect();
    let title = params.title.as_deref().unwrap_or("Unseen classes by what the network sees");
    let notes = [
        "t-SNE keeps neighbours together; distances between heaps and their sizes mean little"
            .to_owned(),
        "In brackets: images whose nearest neighbour in the embedding is of their class".to_owned(),
    ];
    let frame = Frame::new(WIDTH, title, legend, &notes);
    #[expect(clippy::cast_precision_loss, reason = "there are few panels")]
    let count = panels.len() as f64;
    let heading = LABEL_SIZE * LEADING;
    let room = WIDTH - 2.0 * MARGIN;
    let side = (room - GAP * (count - 1.0)) / count;
    let (mut drawing, inside) = frame.page((frame.height() + heading + side).ceil());
    let mut left = inside.left;
    let mut alts = Vec::new();
    for panel in panels {
        let name = format!("{} ({:.1} %)", word(&panel.embedding), panel.near * 100.0);
        let area = Bounds {
            left,
            right: left + side,
            top: inside.top + heading,
            bottom: inside.top + heading + side,
        };
        let at = (f64::midpoint(area.left, area.right), inside.top + heading / 2.0);
        drawing.text(Text::new(at, LABEL_SIZE, name.clone()).centred());
        draw(&mut drawing, &area, panel, &classes);
        alts.push(name);
        left += side + GAP;
    }
    Sketch { drawing, alt: format!("{title}. Panels: {}.", alts.join("; ")) }
}

/// The classes in order of appearance.
fn classes(panels: &[Panel]) -> Vec<&str> {
    let mut classes: Vec<&str> = Vec::new();
    for (class, _) in panels.iter().flat_map(|panel| &panel.images) {
        if !classes.contains(&class.as_str()) {
            classes.push(class);
        }
    }
    classes
}

fn draw(drawing: &mut Drawing, area: &Bounds, panel: &Panel, classes: &[&str]) {
    let corners = [
        (area.left, area.top),
        (area.right, area.top),
        (area.right, area.bottom),
        (area.left, area.bottom),
        (area.left, area.top),
    ];
    drawing.line(corners.to_vec(), GRID, 1.0, Dash::Solid);
    // The same scale across and up, so that distances compare.
    let places = || panel.images.iter().map(|(_, place)| *place);
    let range = |of: fn(Point) -> f64| {
        places().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
            (low.min(number), high.max(number))
        })
    };
    let (across, up) = (range(|place| place.0), range(|place| place.1));
    let span = (across.1 - across.0).max(up.1 - up.0).max(f64::MIN_POSITIVE);
    let scale = (area.width().min(area.height()) - 2.0 * RIM) / span;
    let middle = |(low, high): (f64, f64)| f64::midpoint(low, high);
    let centre = (f64::midpoint(area.left, area.right), f64::midpoint(area.top, area.bottom));
    for (class, (x, y)) in &panel.images {
        let position = classes.iter().position(|known| known == class).unwrap_or(0);
        let (ink, marker) = points(position);
        let at = (centre.0 + (x - middle(across)) * scale, centre.1 - (y - middle(up)) * scale);
        marker.draw(drawing, at, RADIUS, ink);
    }
}

#[cfg(test)]
mod tests;
