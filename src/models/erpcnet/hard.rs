//! `HardNet`: looks at the image itself instead of at its map (1.8, Figures 4c and 4d).
//!
//! Without partial convolution a look is a crop of the image that goes through a second full extractor
//! of its own weights. Everything else is as in `ERPCNet`: the agent, the fusion, the losses. The paper
//! compares what both cost; the crops here have the places of the cells, whose windows on the map are
//! their footprint: 80x80 pixels, 48 apart, of an image of 224x224.

use crate::nn::tape::{Corner, Mode, Parameters, Recording, Tape, Var};
use crate::nn::{Real, Tensor, Workspace};
use crate::rl::Look;

use super::cells::Cells;
use super::learner::BoundTail;
use super::network::Locality as _;
use super::sight::Glimpses;

/// The crops of the paper: 80x80 pixels at 4x4 places.
pub const CROPS: Cells = Cells { window: 80, stride: 48, grid: [4, 4] };

/// The local embeddings of crops of images [N, H, W, C], one look after the other, (image, place)
/// each, by an extractor that takes images of their size. Gives [looks, D].
///
/// # Panics
/// If a crop leaves its image.
pub fn embed<T: Real>(
    tape: &mut Tape<'_, T>,
    extractor: &BoundTail<'_>,
    images: &Tensor<T>,
    crops: Cells,
    looks: impl Iterator<Item = (usize, usize)>,
    mode: Mode,
) -> Var {
    let corners = looks.map(|(image, place)| crops.corner(image, place));
    let cut = cut(images, crops.window, corners);
    let cut = tape.constant(cut);
    extractor.embed(tape, cut, mode)
}

/// Squares of images: [N, H, W, C] -> [looks, side, side, C].
fn cut<T: Real>(
    images: &Tensor<T>,
    side: usize,
    corners: impl Iterator<Item = Corner>,
) -> Tensor<T> {
    let [_, rows, columns, channels] = images.shape().try_into().expect("images are [N, H, W, C]");
    let run = side * channels;
    let mut values = Vec::new();
    let mut count = 0;
    for Corner { image, row, column } in corners {
        assert!(row + side <= rows && column + side <= columns, "crops lie inside the images");
        for down in 0..side {
            let first = ((image * rows + row + down) * columns + column) * channels;
            values.extend_from_slice(&images.values()[first..][..run]);
        }
        count += 1;
    }
    Tensor::new(vec![count, side, side, channels], values)
}

/// Images whose crops are embedded when somebody looks.
#[derive(Debug)]
pub struct HardSight<'a> {
    /// The second extractor.
    pub extractor: BoundTail<'a>,
    /// Its weights.
    pub parameters: &'a Parameters,
    /// [N, H, W, C].
    pub images: Tensor,
    /// Where one can look.
    pub crops: Cells,
    /// The memory of a look, for the next one.
    pub workspace: &'a Workspace,
}

impl Glimpses<f32> for HardSight<'_> {
    fn sizes(&self) -> [usize; 2] {
        [self.images.shape()[0], self.crops.count()]
    }

    fn rows(&self, looks: &[Look]) -> Vec<f32> {
        let mut tape = Tape::within(self.workspace, self.parameters, Recording::Off);
        let places = looks.iter().map(|look| (look.image, look.cell));
        let images = &self.images;
        let seen = embed(&mut tape, &self.extractor, images, self.crops, places, Mode::Evaluation);
        tape.value(seen).values().to_vec()
    }
}

#[cfg(test)]
mod tests;
