//! Feature maps with known answers: attributes are directions in channel space, planted in the
//! cells of a map.
//!
//! The twin of [`glyphs`](super::glyphs) one layer further on: the same codes, poses and layouts,
//! but what is painted is not a picture. A backbone's map is made up at once, so that a search for
//! locality can be studied without one.
//!
//! - Every attribute, every pose and the marker have a direction: unit length, no negative entry,
//!   half of the entries zero.
//! - A part is `part` times its attribute's direction plus `marker` times the marker, round the
//!   centre of its cell. Clutter is a direction of some attribute without a marker.
//! - The pose adds its direction to the whole map, so that a glance can tell where to look.
//! - Noise on everything, and a ReLU, as after any layer of a network.

mod directions;
mod map;

pub use directions::{Directions, Entries};
pub use map::{MapRule, plant};

/// Pixels on a side of a map: those of a ResNet's third stage on 224 pixels.
pub const SIDE: usize = 14;
