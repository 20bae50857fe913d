//! `plot-attributes`: which class has which attribute, as a map of shades.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::frame::{Frame, TICK_SIZE, shorten};
use super::palette::{AXIS, shade};
use super::shades::{SCALE_ROOM, draw_scale};
use super::{MEMORY_MIB, Sketch};
use crate::artifact::{Bounds, Dash, Drawing, Figure, Point, Text, text_width};
use crate::data::attributes::Attributes;
use crate::stage::{Needs, Stage, StageContext, StageError, Threads, inputs, outputs};

/// The extent that the cells of one side fill if they can.
const EXTENT: f64 = 900.0;
/// The least and the greatest cell with a name beside it.
const NAMED_CELL: f64 = 13.0;
const LARGEST_CELL: f64 = 26.0;
/// The least cell without one.
const BARE_CELL: f64 = 1.5;
/// With more classes or attributes than this their names are left out.
const MOST_NAMES: usize = 100;
const LONGEST_NAME: f64 = 150.0;
const GAP: f64 = 6.0;
const LEAST_WIDTH: f64 = 420.0;

/// What the map shows.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlotAttributesParams {
    /// What stands above it. Default: "Attributes of classes".
    pub title: Option<String>,
    /// The classes, from top to bottom. Default: empty, for all in the order of their table.
    pub classes: Vec<String>,
    /// Other words for classes and attributes. Default: none.
    pub headings: BTreeMap<String, String>,
}

inputs! {
    /// What `plot-attributes` reads.
    pub struct PlotAttributesInputs {
        /// The attributes.
        attributes: Attributes,
    }
}

outputs! {
    /// What `plot-attributes` makes.
    pub struct PlotAttributesOutputs {
        /// The figure.
        figure: Figure,
    }
}

/// The stage kind `plot-attributes`.
pub struct PlotAttributes;

impl Stage for PlotAttributes {
    const KIND: &'static str = "plot-attributes";
    const SUMMARY: &'static str = "a map of attributes by classes as SVG and PNG";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = PlotAttributesParams;
    type Inputs = PlotAttributesInputs;
    type Outputs = PlotAttributesOutputs;

    fn run(
        params: &PlotAttributesParams,
        inputs: PlotAttributesInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<PlotAttributesOutputs, StageError> {
        let sketch = sketch(params, &inputs.attributes)?;
        let figure = Figure::render(&sketch.drawing, sketch.alt)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(PlotAttributesOutputs { figure })
    }

    fn needs(_params: &PlotAttributesParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: MEMORY_MIB }
    }
}

/// The values and what they are called.
struct Map<'a> {
    classes: Vec<(String, &'a [f64])>,
    attributes: Vec<String>,
    low: f64,
    high: f64,
}

/// Where one side's cells are.
struct Side {
    start: f64,
    cell: f64,
    has_names: bool,
}

impl Side {
    /// How large `count` cells are, and whether each has a name.
    fn of(count: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "there are few cells")]
        let even = EXTENT / count as f64;
        let has_names = count <= MOST_NAMES;
        let cell =
            if has_names { even.clamp(NAMED_CELL, LARGEST_CELL) } else { even.max(BARE_CELL) };
        Self { start: 0.0, cell, has_names }
    }

    #[expect(clippy::cast_precision_loss, reason = "there are few cells")]
    fn at(&self, position: usize) -> f64 {
        self.start + self.cell * position as f64
    }

    fn names_room<'n>(&self, names: impl Iterator<Item = &'n String>) -> f64 {
        let widths = names.map(|name| text_width(name, TICK_SIZE).min(LONGEST_NAME));
        if self.has_names { widths.fold(0.0, f64::max) + GAP } else { 0.0 }
    }
}

pub(super) fn sketch(
    params: &PlotAttributesParams,
    attributes: &Attributes,
) -> Result<Sketch, StageError> {
    let map = map(params, attributes)?;
    let (mut down, mut across) = (Side::of(map.classes.len()), Side::of(map.attributes.len()));
    let beside = down.names_room(map.classes.iter().map(|(name, _)| name));
    let below = across.names_room(map.attributes.iter());
    let title = params.title.as_deref().unwrap_or("Attributes of classes");
    let mut notes =
        vec![format!("{} classes, {} attributes", map.classes.len(), map.attributes.len())];
    if !(down.has_names && across.has_names) {
        notes.push("Names of more than a hundred are left out".into());
    }
    let width = (28.0 + beside + across.at(map.attributes.len())).max(LEAST_WIDTH).ceil();
    let frame = Frame::new(width, title, Vec::new(), &notes);
    let height = frame.height() + SCALE_ROOM + down.at(map.classes.len()) + below;
    let (mut drawing, inside) = frame.page(height.ceil());
    let low = format!("value: {:.3}", map.low);
    draw_scale(
        &mut drawing,
        (inside.left, inside.top + SCALE_ROOM / 2.0),
        &low,
        &format!("{:.3}", map.high),
    );
    down.start = inside.top + SCALE_ROOM;
    across.start = inside.left + beside;
    draw_cells(&mut drawing, &map, &down, &across);
    draw_names(&mut drawing, &map, &down, &across);
    let alt = format!(
        "{title}. A map of {} classes by {} attributes with values from {:.3} to {:.3}.",
        map.classes.len(),
        map.attributes.len(),
        map.low,
        map.high
    );
    Ok(Sketch { drawing, alt })
}

fn map<'a>(
    params: &'a PlotAttributesParams,
    attributes: &'a Attributes,
) -> Result<Map<'a>, StageError> {
    let wanted = if params.classes.is_empty() { attributes.classes() } else { &params.classes };
    let heading = |name: &String| params.headings.get(name).unwrap_or(name).clone();
    let mut classes = Vec::new();
    for class in wanted {
        let Some(row) = attributes.row(class) else {
            let message = format!("class `{class}` has no attributes");
            return Err(StageError::parameter("classes", message));
        };
        classes.push((heading(class), row));
    }
    let values = || classes.iter().flat_map(|(_, row)| row.iter().copied());
    let (low, high) =
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    Ok(Map { attributes: attributes.names().iter().map(heading).collect(), classes, low, high })
}

fn draw_cells(drawing: &mut Drawing, map: &Map<'_>, down: &Side, across: &Side) {
    // Equal values everywhere have no range.
    let range = if map.high > map.low { map.high - map.low } else { 1.0 };
    for (class, (_, row)) in map.classes.iter().enumerate() {
        for (attribute, value) in row.iter().enumerate() {
            let share = (value - map.low) / range;
            // The lowest value is the white of the page.
            if share > 0.0 {
                let (left, top) = (across.at(attribute), down.at(class));
                let (right, bottom) = (across.at(attribute + 1), down.at(class + 1));
                drawing.rectangle(Bounds { left, top, right, bottom }, shade(share));
            }
        }
    }
    let (left, top): Point = (across.start, down.start);
    let (right, bottom) = (across.at(map.attributes.len()), down.at(map.classes.len()));
    let border = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    drawing.line(border, AXIS, 1.0, Dash::Solid);
}

fn draw_names(drawing: &mut Drawing, map: &Map<'_>, down: &Side, across: &Side) {
    if down.has_names {
        for (position, (name, _)) in map.classes.iter().enumerate() {
            let at = (across.start - GAP, down.at(position) + down.cell / 2.0);
            let name = shorten(name, TICK_SIZE, LONGEST_NAME);
            drawing.text(Text::new(at, TICK_SIZE, name).ending());
        }
    }
    if across.has_names {
        let top = down.at(map.classes.len()) + GAP;
        for (position, name) in map.attributes.iter().enumerate() {
            let at = (across.at(position) + across.cell / 2.0, top);
            let name = shorten(name, TICK_SIZE, LONGEST_NAME);
            drawing.text(Text::new(at, TICK_SIZE, name).ending().upwards());
        }
    }
}
