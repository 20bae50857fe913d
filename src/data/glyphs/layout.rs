//! Where the parts of an object are, and what stands in the other cells.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CELLS, GRID};

/// What decides where parts are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Anew for every image: nothing tells where to look. A negative control.
    Uniform,
    /// By one of several poses, which tint the background.
    #[default]
    Poses,
    /// The same for all images.
    Fixed,
}

/// The cell of each part in each pose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoseLayouts(Vec<Vec<usize>>);

/// How scenes are drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SceneRule {
    /// What decides where parts are.
    pub layout: Layout,
    /// Values a part can take.
    pub values: usize,
    /// Parts of a code.
    pub parts: usize,
    /// The probability that a part stands in a free cell instead of its own.
    pub jitter: f64,
    /// The probability that a cell without a part carries clutter.
    pub density: f64,
}

/// A part of the object in a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placement {
    /// The cell, in reading order.
    pub cell: usize,
    /// The attribute painted there.
    pub attribute: usize,
}

/// What an image shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// The pose, 0 where there are none.
    pub pose: usize,
    /// One placement a part, in the order of the parts.
    pub parts: Vec<Placement>,
    /// Attributes without a marker in other cells.
    pub clutter: Vec<Placement>,
}

impl PoseLayouts {
    /// Draws `poses` layouts of `parts` cells; central cells are likelier than edges and corners.
    #[must_use]
    pub fn draw(poses: usize, parts: usize, rng: &mut ChaCha8Rng) -> Self {
        Self((0..poses).map(|_| draw_cells(parts, cell_weight, rng)).collect())
    }

    fn poses(&self) -> usize {
        self.0.len()
    }
}

/// Weight 1 in a corner, 2 at an edge, 4 in the middle.
fn cell_weight(cell: usize) -> u32 {
    let is_border = |at: usize| at == 0 || at == GRID - 1;
    match (is_border(cell / GRID), is_border(cell % GRID)) {
        (true, true) => 1,
        (false, false) => 4,
        _ => 2,
    }
}

/// Draws distinct cells, one after the other, in proportion to their weights.
fn draw_cells(count: usize, weight: fn(usize) -> u32, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut free: Vec<usize> = (0..CELLS).collect();
    let mut drawn = Vec::with_capacity(count);
    for _ in 0..count {
        let total: u32 = free.iter().map(|&cell| weight(cell)).sum();
        let mut left = rng.random_range(0..total);
        let found = free.iter().position(|&cell| match left.checked_sub(weight(cell)) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
        drawn.push(free.remove(found.expect("the number drawn is below the sum of the weights")));
    }
    drawn
}

/// Draws what one image of a class shows.
#[must_use]
pub fn draw_scene(
    rule: &SceneRule,
    code: &[usize],
    layouts: &PoseLayouts,
    rng: &mut ChaCha8Rng,
) -> Scene {
    let pose = rng.random_range(0..layouts.poses());
    let mut cells = match rule.layout {
        Layout::Uniform => draw_cells(rule.parts, |_| 1, rng),
        Layout::Poses | Layout::Fixed => layouts.0[pose].clone(),
    };
    for part in 0..cells.len() {
        if rng.random_bool(rule.jitter) {
            let mut free: Vec<usize> = (0..CELLS).filter(|cell| !cells.contains(cell)).collect();
            free.shuffle(rng);
            cells[part] = free.pop().unwrap_or(cells[part]);
        }
    }
    let attribute = |part: usize| part * rule.values + code[part];
    let parts: Vec<Placement> = cells
        .iter()
        .enumerate()
        .map(|(part, &cell)| Placement { cell, attribute: attribute(part) })
        .collect();
    let mut clutter = Vec::new();
    for cell in (0..CELLS).filter(|cell| !cells.contains(cell)) {
        if rng.random_bool(rule.density) {
            let attribute = rng.random_range(0..rule.parts * rule.values);
            clutter.push(Placement { cell, attribute });
        }
    }
    Scene { pose, parts, clutter }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    const RULE: SceneRule =
        SceneRule { layout: Layout::Poses, values: 6, parts: 4, jitter: 0.0, density: 1.0 };

    fn scenes(rule: &SceneRule, count: usize) -> (PoseLayouts, Vec<Scene>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let layouts = PoseLayouts::draw(4, 4, &mut rng);
        let scenes = (0..count).map(|_| draw_scene(rule, &[5, 0, 2, 1], &layouts, &mut rng));
        let scenes = scenes.collect();
        (layouts, scenes)
    }

    #[test]
    fn a_pose_fixes_the_cells_and_a_code_the_attributes() {
        let (layouts, scenes) = scenes(&RULE, 50);
        for scene in scenes {
            let cells: Vec<_> = scene.parts.iter().map(|part| part.cell).collect();
            assert_eq!(cells, layouts.0[scene.pose]);
            let attributes: Vec<_> = scene.parts.iter().map(|part| part.attribute).collect();
            assert_eq!(attributes, [5, 6, 14, 19]);
            assert_eq!(scene.clutter.len(), 12);
        }
    }

    #[test]
    fn no_two_things_share_a_cell() {
        for layout in [Layout::Uniform, Layout::Poses, Layout::Fixed] {
            let (_, scenes) = scenes(&SceneRule { layout, jitter: 0.5, density: 0.6, ..RULE }, 100);
            for scene in scenes {
                let all = scene.parts.iter().chain(&scene.clutter);
                let cells: BTreeSet<_> = all.clone().map(|placement| placement.cell).collect();
                assert_eq!(cells.len(), all.count());
            }
        }
    }

    #[test]
    fn the_middle_is_likelier_than_the_corners() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let drawn: Vec<_> = (0..3600).map(|_| draw_cells(1, cell_weight, &mut rng)[0]).collect();
        let count = |cell: usize| drawn.iter().filter(|&&drawn| drawn == cell).count();
        // The weights sum to 4 * 1 + 8 * 2 + 4 * 4 = 36: 100 draws a corner, 400 a middle cell.
        assert!((60..140).contains(&count(0)), "{}", count(0));
        assert!((340..460).contains(&count(5)), "{}", count(5));
    }
}
