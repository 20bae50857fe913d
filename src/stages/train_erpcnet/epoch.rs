//! What an epoch of stage I has measured.

use serde::{Deserialize, Serialize};

use crate::models::erpcnet::learner::Measured;

/// What an epoch has measured.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Epoch {
    /// The learning rate.
    pub(super) rate: f64,
    /// `L_g`, `L_l`, `L_j`, `L_m` and their weighted sum, in the mean over images.
    pub(super) losses: [f64; 5],
    /// The share of images whose class is on top after all looks.
    pub(super) accuracy: f64,
}

impl Epoch {
    /// The mean over batches, each counted by its images.
    #[expect(clippy::cast_precision_loss, reason = "counts of images are below 2^53")]
    pub(super) fn of(rate: f64, batches: &[(usize, Measured)]) -> Self {
        let total = batches.iter().map(|(images, _)| *images).sum::<usize>().max(1) as f64;
        let mean = |at: usize| {
            batches.iter().map(|(images, one)| *images as f64 * one.losses[at]).sum::<f64>() / total
        };
        let right = batches.iter().map(|(_, one)| one.right).sum::<usize>() as f64;
        Self { rate, losses: std::array::from_fn(mean), accuracy: right / total }
    }
}
