//! A point of the curves.

use serde::{Deserialize, Serialize};

use super::learner::Measured;

/// What an epoch has measured.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Epoch {
    /// The learning rate.
    pub(super) rate: f64,
    /// Pictures that were learnt from, and those of them whose class was on top.
    learnt: [usize; 2],
    /// The sum of the losses of those pictures.
    losses: f64,
    /// The same for pictures that were held out.
    held_out: [usize; 2],
}

impl Epoch {
    /// Has measured nothing yet.
    pub(super) fn at(rate: f64) -> Self {
        Self { rate, ..Self::default() }
    }

    /// Counts a batch that was learnt from.
    #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
    pub(super) fn add(&mut self, pictures: usize, measured: Measured) {
        self.learnt[0] += pictures;
        self.learnt[1] += measured.right;
        self.losses += pictures as f64 * measured.loss;
    }

    /// Counts a batch that was held out.
    pub(super) fn add_held_out(&mut self, pictures: usize, right: usize) {
        self.held_out[0] += pictures;
        self.held_out[1] += right;
    }

    /// The mean loss.
    #[expect(clippy::cast_precision_loss, reason = "counts of pictures are below 2^53")]
    pub(super) fn loss(&self) -> f64 {
        self.losses / self.learnt[0].max(1) as f64
    }

    /// The share of pictures whose class was on top while they were learnt from.
    pub(super) fn accuracy(&self) -> f64 {
        share(self.learnt).unwrap_or_default()
    }

    /// The share of pictures that were held out whose class is on top after the epoch.
    pub(super) fn held_out_accuracy(&self) -> Option<f64> {
        share(self.held_out)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of pictures are below 2^53")]
fn share([all, right]: [usize; 2]) -> Option<f64> {
    (all > 0).then(|| right as f64 / all as f64)
}
