//! From a scene to pixels.
//!
//! Only additions, multiplications and comparisons are used, so that the bytes are the same on
//! every machine; noise is the sum of four uniform bytes, which is close to a normal distribution.

use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;

use super::layout::{Placement, Scene};
use super::{CELLS, GRID};

/// How a scene is painted; strengths are opacities.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PaintRule {
    /// Pixels a side, a multiple of [`GRID`].
    pub size: usize,
    /// Attributes in all.
    pub attributes: usize,
    /// The glyphs of the object, times a number between 0.8 and 1.2 an image and part.
    pub glyph: f64,
    /// The frame round them.
    pub marker: f64,
    /// Glyphs that do not belong to the object, times a number between 0.5 and 1.5.
    pub clutter: f64,
    /// The tint of the background by pose.
    pub cue: f64,
    /// The standard deviation of the noise on each colour of each pixel, where white is 1.
    pub noise: f64,
}

type Colour = [f64; 3];

const BACKGROUND: f64 = 0.45;
const WHITE: Colour = [1.0; 3];
/// The largest change of one colour of the background by a tint of strength one.
const TINT: f64 = 0.3;
/// How many points a side of a pixel are looked at.
const SUBPIXELS: usize = 3;
/// The standard deviation of the sum of four uniform bytes: the root of 4 (256^2 - 1) / 12.
const FOUR_BYTES_DEVIATION: f64 = 147.799_413;

const GLYPH_COLOURS: [Colour; 8] = [
    [0.90, 0.10, 0.10],
    [0.05, 0.65, 0.15],
    [0.10, 0.25, 0.95],
    [0.95, 0.85, 0.05],
    [0.80, 0.10, 0.80],
    [0.05, 0.80, 0.85],
    [0.95, 0.50, 0.05],
    [0.05, 0.05, 0.10],
];

const POSE_TINTS: [Colour; 8] = [
    [1.0, -0.5, -0.5],
    [-0.5, 1.0, -0.5],
    [-0.5, -0.5, 1.0],
    [0.5, 0.5, -1.0],
    [0.5, -1.0, 0.5],
    [-1.0, 0.5, 0.5],
    [1.0, 1.0, 1.0],
    [-1.0, -1.0, -1.0],
];

/// Whether the point (x, y), both between -1 and 1, is inside a shape of half-width one.
type Shape = fn(f64, f64) -> bool;

/// Disc, ring, square, triangle, plus, saltire, two bars and diamond.
const SHAPES: [Shape; 8] = [
    |x, y| x * x + y * y <= 1.0,
    |x, y| (0.36..=1.0).contains(&(x * x + y * y)),
    |x, y| x.abs() <= 0.85 && y.abs() <= 0.85,
    |x, y| y <= 0.85 && 2.0 * x.abs() <= y + 0.95,
    |x, y| x.abs().min(y.abs()) <= 0.3 && x.abs().max(y.abs()) <= 1.0,
    |x, y| (x.abs() - y.abs()).abs() <= 0.4 && x.abs().max(y.abs()) <= 0.9,
    |x, y| x.abs() <= 0.95 && (0.3..=0.85).contains(&y.abs()),
    |x, y| x.abs() + y.abs() <= 1.0,
];

/// Half-width of a glyph and of the frame's inner and outer edge, where half a cell is 1.
const GLYPH_RADIUS: f64 = 0.62;
const FRAME: std::ops::RangeInclusive<f64> = 0.76..=0.94;

/// The numbers of the shape and of the colour of an attribute: each pair is used once.
#[must_use]
pub fn appearance(attribute: usize, attributes: usize) -> [usize; 2] {
    let colours = attributes.div_ceil(SHAPES.len()).min(GLYPH_COLOURS.len());
    let shape = attribute % SHAPES.len();
    // Shifted by the shape, so that the values of one part differ in colour as well.
    let colour = (attribute / SHAPES.len() + shape) % colours;
    [shape, colour]
}

fn look(attribute: usize, attributes: usize) -> (Shape, Colour) {
    let [shape, colour] = appearance(attribute, attributes);
    (SHAPES[shape], GLYPH_COLOURS[colour])
}

/// Paints the scene: three bytes a pixel, row by row.
#[must_use]
pub fn paint(rule: &PaintRule, scene: &Scene, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let side = rule.size;
    let tint = POSE_TINTS[scene.pose % POSE_TINTS.len()];
    let ground = tint.map(|part| BACKGROUND + rule.cue * TINT * part);
    let mut pixels: Vec<Colour> = vec![ground; side * side];
    for part in &scene.parts {
        let opacity = rule.glyph * rng.random_range(0.8..1.2);
        let (shape, colour) = look(part.attribute, rule.attributes);
        let glyph = |x: f64, y: f64| shape(x / GLYPH_RADIUS, y / GLYPH_RADIUS);
        fill(&mut pixels, side, part.cell, opacity, colour, &glyph);
        let frame = |x: f64, y: f64| FRAME.contains(&x.abs().max(y.abs()));
        fill(&mut pixels, side, part.cell, rule.marker, WHITE, &frame);
    }
    for Placement { cell, attribute } in &scene.clutter {
        let opacity = rule.clutter * rng.random_range(0.5..1.5);
        let (shape, colour) = look(*attribute, rule.attributes);
        let glyph = |x: f64, y: f64| shape(x / GLYPH_RADIUS, y / GLYPH_RADIUS);
        fill(&mut pixels, side, *cell, opacity, colour, &glyph);
    }
    let scale = rule.noise / FOUR_BYTES_DEVIATION;
    let mut bytes = Vec::with_capacity(3 * pixels.len());
    for value in pixels.into_iter().flatten() {
        bytes.push(to_byte(value + scale * noise(rng)));
    }
    bytes
}

fn fill(
    pixels: &mut [Colour],
    side: usize,
    cell: usize,
    opacity: f64,
    colour: Colour,
    is_inside: &dyn Fn(f64, f64) -> bool,
) {
    debug_assert!(cell < CELLS);
    let width = side / GRID;
    let (top, left) = (cell / GRID * width, cell % GRID * width);
    for row in 0..width {
        for column in 0..width {
            let alpha = coverage(row, column, width, is_inside) * opacity.min(1.0);
            let pixel = &mut pixels[(top + row) * side + left + column];
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old += alpha * (new - *old);
            }
        }
    }
}

/// The share of a pixel's points that are inside.
#[expect(clippy::cast_precision_loss, reason = "pixel coordinates are small")]
fn coverage(row: usize, column: usize, width: usize, is_inside: &dyn Fn(f64, f64) -> bool) -> f64 {
    let points = width * SUBPIXELS;
    let coordinate = |at: usize| (2 * at + 1) as f64 / points as f64 - 1.0;
    let mut inside = 0_usize;
    for y in 0..SUBPIXELS {
        for x in 0..SUBPIXELS {
            let y = coordinate(row * SUBPIXELS + y);
            let x = coordinate(column * SUBPIXELS + x);
            inside += usize::from(is_inside(x, y));
        }
    }
    inside as f64 / (SUBPIXELS * SUBPIXELS) as f64
}

fn noise(rng: &mut ChaCha8Rng) -> f64 {
    let sum: u32 = rng.next_u32().to_le_bytes().into_iter().map(u32::from).sum();
    f64::from(sum) - 510.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to a byte"
)]
fn to_byte(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    const RULE: PaintRule = PaintRule {
        size: 32,
        attributes: 24,
        glyph: 1.0,
        marker: 1.0,
        clutter: 1.0,
        cue: 0.0,
        noise: 0.0,
    };

    fn painted(rule: &PaintRule, scene: &Scene) -> Vec<u8> {
        paint(rule, scene, &mut ChaCha8Rng::seed_from_u64(1))
    }

    fn pixel(bytes: &[u8], row: usize, column: usize) -> [u8; 3] {
        bytes[3 * (32 * row + column)..][..3].try_into().unwrap()
    }

    #[test]
    fn a_part_has_a_glyph_in_a_frame_and_clutter_has_no_frame() {
        let part = Placement { cell: 5, attribute: 0 };
        let scene = Scene {
            pose: 0,
            parts: vec![part],
            clutter: vec![Placement { cell: 10, attribute: 0 }],
        };
        let bytes = painted(&RULE, &scene);
        // Cell 5 covers rows and columns 8..16, cell 10 covers 16..24; attribute 0 is a disc.
        let grey = to_byte(BACKGROUND);
        assert_ne!(pixel(&bytes, 12, 12), [grey; 3]);
        assert!(pixel(&bytes, 8, 12)[2] > grey, "the frame is white");
        assert_ne!(pixel(&bytes, 20, 20), [grey; 3]);
        assert_eq!(pixel(&bytes, 16, 20), [grey; 3]);
        assert_eq!(pixel(&bytes, 2, 2), [grey; 3]);
    }

    #[test]
    fn all_attributes_look_different() {
        for attributes in [24, 64] {
            let looks = (0..attributes).map(|attribute| {
                let parts = vec![Placement { cell: 0, attribute }];
                let rule = PaintRule { attributes, glyph: 2.0, ..RULE };
                painted(&rule, &Scene { pose: 0, parts, clutter: Vec::new() })
            });
            assert_eq!(looks.collect::<BTreeSet<_>>().len(), attributes);
        }
    }

    #[test]
    fn the_pose_tints_and_noise_has_its_deviation() {
        let scene = Scene { pose: 2, parts: Vec::new(), clutter: Vec::new() };
        let tinted = painted(&PaintRule { cue: 0.5, ..RULE }, &scene);
        // 0.45 - 0.5 * 0.3 * 0.5 = 0.375 and 0.45 + 0.5 * 0.3 = 0.6, times 255.
        assert_eq!(pixel(&tinted, 0, 0), [96, 96, 153]);
        let noisy = painted(&PaintRule { noise: 0.1, size: 128, ..RULE }, &scene);
        let deviations = noisy.iter().map(|&byte| (f64::from(byte) / 255.0 - BACKGROUND).powi(2));
        let deviation = (deviations.sum::<f64>() / noisy.len() as f64).sqrt();
        assert!((deviation - 0.1).abs() < 0.002, "{deviation}");
    }
}
