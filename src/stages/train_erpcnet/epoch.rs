//! What an epoch of stage I has measured.

use serde::{Deserialize, Serialize};

use crate::models::erpcnet::learner::Measured;

/// What an epoch has measured.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Epoch {
    /// The learning rate.
    pub(super) rate: f64,
    /// `L_g`, `L_l`, `L_j` and `L_m` in the mean over images; none where the weight is 0.
    pub(super) losses: [Option<f64>; 4],
    /// Their weighted sum.
    pub(super) loss: f64,
    /// The share of images whose class is on top after all looks.
    pub(super) accuracy: f64,
}

impl Epoch {
    /// The mean over batches, each counted by its images.
    #[expect(clippy::cast_precision_loss, reason = "counts of images are below 2^53")]
    pub(super) fn of(rate: f64, batches: &[(usize, Measured)]) -> Self {
        let total = batches.iter().map(|(images, _)| *images).sum::<usize>().max(1) as f64;
        let mean = |number: &dyn Fn(&Measured) -> Option<f64>| {
            let weighted = |(images, one): &(usize, Measured)| Some(*images as f64 * number(one)?);
            Some(batches.iter().map(weighted).sum::<Option<f64>>()? / total)
        };
        let right = batches.iter().map(|(_, one)| one.right).sum::<usize>() as f64;
        Self {
            rate,
            losses: std::array::from_fn(|at| mean(&|one| one.losses[at])),
            loss: mean(&|one| Some(one.loss)).unwrap_or(f64::NAN),
            accuracy: right / total,
        }
    }
}
