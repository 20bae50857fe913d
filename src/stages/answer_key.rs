//! Where the parts of painted objects are, to count the looks that hit one.

use crate::data::glyphs::PaintedCells;
use crate::data::samples::Samples;
use crate::stage::StageError;

/// An answer key of the samples at hand.
pub(super) struct AnswerKey<'a> {
    cells: &'a PaintedCells,
}

impl<'a> AnswerKey<'a> {
    pub(super) fn new(cells: &'a PaintedCells, samples: &Samples) -> Result<Self, StageError> {
        let (found, expected) = (cells.header().images, samples.len());
        match found == expected {
            true => Ok(Self { cells }),
            false => Err(StageError::data(format!(
                "the answer key is of {found} images, the samples are {expected}"
            ))),
        }
    }

    /// How many parts an object has: with so many looks all can be hit.
    pub(super) fn parts(&self) -> usize {
        self.cells.header().parts
    }

    /// Whether a cell of an image holds a part.
    pub(super) fn is_hit(&self, image: usize, cell: usize) -> bool {
        self.cells.is_informative(image, cell)
    }

    /// The share of the first looks, as many as an object has parts, that hit one.
    #[expect(clippy::cast_precision_loss, reason = "counts of looks are below 2^53")]
    pub(super) fn hits(&self, image: usize, cells: impl Iterator<Item = usize>) -> f64 {
        let first: Vec<usize> = cells.take(self.parts()).collect();
        let hits = first.iter().filter(|cell| self.is_hit(image, **cell)).count();
        hits as f64 / first.len().max(1) as f64
    }

    /// The mean of [`hits`](Self::hits) over images.
    pub(super) fn mean_hits<C: Iterator<Item = usize>>(
        &self,
        images: impl Iterator<Item = (usize, C)>,
    ) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for (image, cells) in images {
            sum += self.hits(image, cells);
            count += 1.0;
        }
        sum / count.max(1.0)
    }
}
