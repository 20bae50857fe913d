//! Synthetic pictures with known answers: attributes are glyphs in the cells of a 4x4 grid.
//!
//! A class is a *code*: one of `values` for each of `parts`, hence `parts * values` attributes of
//! which `parts` are 1. An image takes a pose, the pose's layout gives every part a cell, and the
//! glyph of the part's value is painted there inside a white frame, the marker that says "this
//! belongs to the object". The other cells may carry clutter: glyphs of attributes that the class
//! need not have, without a frame. The pose tints the background a little, so that where to look
//! can be known before looking.
//!
//! ```text
//! codes  →  class attributes        layout  →  which cell holds which part
//!                                   paint   →  pixels     cells  →  the answer key
//! ```

mod cells;
mod codes;
mod layout;
mod paint;
mod plan;

pub use cells::{PaintedCells, PaintedCellsHeader, PaintedCellsWriter};
pub use codes::{Codes, CodesError};
pub use layout::{Layout, Placement, PoseLayouts, Scene, SceneRule, draw_scene};
pub use paint::{PaintRule, appearance, paint};
pub use plan::ClassPlan;

/// Rows and columns of the grid.
pub const GRID: usize = 4;

/// Cells of the grid, in reading order.
pub const CELLS: usize = GRID * GRID;

/// The largest number of attributes that can be told apart: eight shapes in eight colours.
pub const MAX_ATTRIBUTES: usize = 64;
