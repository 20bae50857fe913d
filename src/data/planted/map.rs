//! From a scene to a map.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::SIDE;
use super::directions::{Directions, normal};
use crate::data::glyphs::{GRID, Scene};

/// How strongly things are planted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MapRule {
    /// A part's attribute, times a number between 0.8 and 1.2 an image and part.
    pub part: f64,
    /// The marker beside it.
    pub marker: f64,
    /// An attribute that does not belong to the object, times a number between 0.5 and 1.5.
    pub clutter: f64,
    /// The pose, everywhere.
    pub cue: f64,
    /// The standard deviation of the noise.
    pub noise: f64,
}

/// What is planted is this much stronger than its rule says at the centre of a cell, and this share
/// of that one pixel off the centre along each axis.
const PEAK: f64 = 3.0;
const RIM: f64 = 0.3;

/// The centre of the window of a cell along one axis: windows of 5 pixels, 3 apart.
const fn centre(place: usize) -> usize {
    3 * place + 2
}

/// Plants a scene in a map, [C, 14, 14], row by row.
#[must_use]
pub fn plant(
    rule: &MapRule,
    directions: &Directions,
    scene: &Scene,
    rng: &mut ChaCha8Rng,
) -> Vec<f32> {
    let channels = directions.marker.len();
    let mut map = vec![0.0; channels * SIDE * SIDE];
    for part in &scene.parts {
        let strength = rule.part * rng.random_range(0.8..1.2);
        add(&mut map, part.cell, &directions.attributes[part.attribute], strength);
        add(&mut map, part.cell, &directions.marker, rule.marker);
    }
    for clutter in &scene.clutter {
        let strength = rule.clutter * rng.random_range(0.5..1.5);
        add(&mut map, clutter.cell, &directions.attributes[clutter.attribute], strength);
    }
    if let Some(pose) = directions.poses.get(scene.pose) {
        for (plane, entry) in map.chunks_exact_mut(SIDE * SIDE).zip(pose) {
            plane.iter_mut().for_each(|value| *value += rule.cue * entry);
        }
    }
    let finish = |value: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "maps are f32")]
        let value = (value + rule.noise * normal(rng)).max(0.0) as f32;
        value
    };
    map.into_iter().map(finish).collect()
}

/// Adds a direction round the centre of a cell.
fn add(map: &mut [f64], cell: usize, direction: &[f64], strength: f64) {
    let (row, column) = (centre(cell / GRID), centre(cell % GRID));
    let weight = |at: usize| if at == 1 { 1.0 } else { RIM };
    for (plane, entry) in map.chunks_exact_mut(SIDE * SIDE).zip(direction) {
        for down in 0..3 {
            for right in 0..3 {
                let pixel = (row + down - 1) * SIDE + column + right - 1;
                plane[pixel] += PEAK * strength * entry * weight(down) * weight(right);
            }
        }
    }
}

#[cfg(test)]
mod tests;
