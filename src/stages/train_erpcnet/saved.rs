//! What a training saves on its way: weights, what the optimiser remembers, and the curves so far.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact as _, Blob};
use crate::models::erpcnet::learner::Measured;
use crate::models::erpcnet::trained::{Card, Trained};
use crate::nn::optimiser::{Optimiser as _, Sgd};
use crate::nn::tape::{ParameterKind, Parameters};
use crate::stage::{Checkpoints, StageError};

/// So much work may be lost, unless an epoch takes longer. Tests save after every epoch.
const SAVE_EVERY: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 20 });

const NAME: &str = "epoch";

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

/// Keeps the last checkpoint.
pub(super) struct Saved<'a> {
    checkpoints: &'a Checkpoints,
    last: Instant,
}

impl<'a> Saved<'a> {
    pub(super) fn new(checkpoints: &'a Checkpoints) -> Self {
        Self { checkpoints, last: Instant::now() }
    }

    /// Puts back what was saved; gives the epochs that are done.
    pub(super) fn restore(&self, parameters: &mut Parameters, sgd: &mut Sgd) -> Vec<Epoch> {
        self.load(parameters, sgd).unwrap_or_default()
    }

    fn load(&self, parameters: &mut Parameters, sgd: &mut Sgd) -> Option<Vec<Epoch>> {
        let bytes = self.checkpoints.load(NAME)?;
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (epochs, rest) = rest.split_at_checked(length)?;
        let epochs: Vec<Epoch> = serde_json::from_slice(epochs).ok()?;
        let saved = Trained::decode(Blob::from_bytes(rest)).ok()?;
        let mut restored = parameters.clone();
        let mut memory = Vec::new();
        for (_, parameter) in saved.parameters.iter() {
            let value = parameter.value().clone();
            match restored.find(&parameter.name) {
                Some(id) if restored.get(id).value().shape() == value.shape() => {
                    restored.replace(id, value);
                }
                Some(_) => return None,
                None => memory.push((parameter.name.clone(), value)),
            }
        }
        if !sgd.restore(&restored, memory) {
            return None;
        }
        *parameters = restored;
        Some(epochs)
    }

    /// Called after an epoch: saves if it is time to.
    pub(super) fn end_epoch(
        &mut self,
        card: &Card,
        parameters: &Parameters,
        sgd: &Sgd,
        epochs: &[Epoch],
    ) -> Result<(), StageError> {
        if self.last.elapsed() >= SAVE_EVERY {
            self.save(card, parameters, sgd, epochs)?;
        }
        Ok(())
    }

    pub(super) fn save(
        &mut self,
        card: &Card,
        parameters: &Parameters,
        sgd: &Sgd,
        epochs: &[Epoch],
    ) -> Result<(), StageError> {
        let mut all = parameters.clone();
        for (name, value) in sgd.state(parameters) {
            all.add(name, ParameterKind::Frozen, value);
        }
        let epochs = serde_json::to_vec(epochs).expect("finite numbers are plain data");
        let mut bytes = (epochs.len() as u64).to_le_bytes().to_vec();
        bytes.extend(epochs);
        let saved = Trained { card: card.clone(), parameters: all };
        saved.encode(&mut bytes).map_err(|error| StageError::Bug(error.to_string()))?;
        self.checkpoints.save(NAME, &bytes)?;
        self.last = Instant::now();
        Ok(())
    }
}
