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
mod tests {
    use super::*;
    use crate::onnx::{ModelBuilder, Tail};

    /// The mean colour of an image of any size, times 2 and 3.
    fn extractor() -> Tail {
        let mut builder = ModelBuilder::new("input", &[2, 8, 8]);
        builder.weight("scale", &[2, 2, 1, 1], &[2.0, 0.0, 0.0, 3.0]);
        builder.node("Conv", &["input", "scale"], "scaled").ints("kernel_shape", &[1; 2]);
        builder.node("GlobalAveragePool", &["scaled"], "averaged");
        builder.node("Flatten", &["averaged"], "pooled");
        let graph = builder.finish(&["pooled"]).unwrap();
        Tail::between(&graph, "input", "pooled").unwrap()
    }

    #[test]
    fn a_look_is_the_embedding_of_its_crop() {
        // Two images of 8x8, value = 100 image + 10 row + column; the second channel is its negative.
        let number = |at: usize| f32::from(u16::try_from(at).unwrap());
        let pixel = |at: usize| {
            let (image, row, column) = (at / 64, at / 8 % 8, at % 8);
            let value = 100.0 * number(image) + 10.0 * number(row) + number(column);
            [value, -value]
        };
        let images = Tensor::new(vec![2, 8, 8, 2], (0..128).flat_map(pixel).collect());
        let crops = Cells { window: 2, stride: 2, grid: [4, 4] };
        let (tail, mut parameters) = (extractor(), Parameters::default());
        let copy = tail.copy("second", &mut parameters);
        let sight = HardSight {
            extractor: BoundTail { tail: &tail, copy: &copy },
            parameters: &parameters,
            images,
            crops,
            workspace: &Workspace::default(),
        };
        assert_eq!(sight.sizes(), [2, 16]);
        let rows = sight.rows(&[Look { image: 1, cell: 6 }, Look { image: 0, cell: 0 }]);
        // Cell 6: row 1, column 2 of the grid, so pixels 2..4 x 4..6; the mean is 100 + 25 + 4.5.
        assert_eq!(rows, [2.0 * 129.5, -3.0 * 129.5, 2.0 * 5.5, -3.0 * 5.5]);
    }

    #[test]
    fn the_papers_crops_are_the_footprints_of_its_cells() {
        let cells = Cells::of([14, 14], 5, 3).unwrap();
        assert_eq!(Some(CROPS), Cells::of([224, 224], 80, 48));
        for cell in 0..cells.count() {
            // 16 pixels of the image for one of the map.
            assert_eq!(CROPS.origin(cell), cells.origin(cell).map(|pixel| 16 * pixel));
        }
    }

    #[test]
    #[should_panic(expected = "crops lie inside the images")]
    fn a_crop_that_leaves_its_image_is_a_bug() {
        let _ = cut(
            &Tensor::<f32>::zeros(vec![1, 4, 4, 1]),
            3,
            [Corner { image: 0, row: 2, column: 0 }].into_iter(),
        );
    }
}
