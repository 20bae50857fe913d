//! What a training saves on its way: weights, what the optimiser remembers, and the curves so far.
//!
//! ```text
//! header length (u64)  header (JSON)  weights and memory (safetensors)
//! ```

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::nn::Tensor;
use crate::nn::optimiser::{Optimiser as _, Sgd};
use crate::nn::tape::{ParameterKind, Parameters};
use crate::stage::{Checkpoints, StageError};

use super::parameters_file::{read_parameters, write_parameters};

/// So much work may be lost, unless an epoch takes longer. Tests save after every epoch.
const SAVE_EVERY: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 20 });

const NAME: &str = "epoch";

/// Keeps the last checkpoint of a training whose curves are made of `E`s.
pub(super) struct TrainingCheckpoint<'a> {
    checkpoints: &'a Checkpoints,
    last: Instant,
}

#[derive(Serialize, Deserialize)]
struct Header<E> {
    epochs: Vec<E>,
    /// The names and shapes of what the optimiser remembers.
    memory: Vec<(String, Vec<usize>)>,
}

impl<'a> TrainingCheckpoint<'a> {
    pub(super) fn new(checkpoints: &'a Checkpoints) -> Self {
        Self { checkpoints, last: Instant::now() }
    }

    /// Puts back what was saved; gives the epochs that are done.
    pub(super) fn restore<E: DeserializeOwned>(
        &self,
        parameters: &mut Parameters,
        sgd: &mut Sgd,
    ) -> Vec<E> {
        self.load(parameters, sgd).unwrap_or_default()
    }

    fn load<E: DeserializeOwned>(
        &self,
        parameters: &mut Parameters,
        sgd: &mut Sgd,
    ) -> Option<Vec<E>> {
        let bytes = self.checkpoints.load(NAME)?;
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (header, rest) = rest.split_at_checked(length)?;
        let header: Header<E> = serde_json::from_slice(header).ok()?;
        let mut all = parameters.clone();
        let mut memory = Vec::new();
        for (name, shape) in header.memory {
            if all.find(&name).is_some() {
                return None;
            }
            memory.push(all.add(name, ParameterKind::Frozen, Tensor::zeros(shape)));
        }
        read_parameters(NAME, rest, &mut all).ok()?;
        let named = |id| (all.get(id).name.clone(), all.get(id).value().clone());
        if !sgd.restore(parameters, memory.into_iter().map(named).collect()) {
            return None;
        }
        let own: Vec<_> = parameters.iter().map(|(id, _)| id).collect();
        for id in own {
            parameters.replace(id, all.get(id).value().clone());
        }
        Some(header.epochs)
    }

    /// Called after an epoch: saves if it is time to.
    pub(super) fn end_epoch<E: Serialize>(
        &mut self,
        parameters: &Parameters,
        sgd: &Sgd,
        epochs: &[E],
    ) -> Result<(), StageError> {
        if self.last.elapsed() >= SAVE_EVERY {
            self.save(parameters, sgd, epochs)?;
        }
        Ok(())
    }

    fn save<E: Serialize>(
        &mut self,
        parameters: &Parameters,
        sgd: &Sgd,
        epochs: &[E],
    ) -> Result<(), StageError> {
        let bug = |error: String| StageError::Bug(error);
        let mut all = parameters.clone();
        let mut memory = Vec::new();
        for (name, value) in sgd.state(parameters) {
            memory.push((name.clone(), value.shape().to_vec()));
            all.add(name, ParameterKind::Frozen, value);
        }
        let header = serde_json::to_vec(&Header { epochs: epochs.iter().collect(), memory })
            .map_err(|error| bug(error.to_string()))?;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        let bytes = write_parameters(bytes, &all).map_err(|error| bug(error.to_string()))?;
        self.checkpoints.save(NAME, &bytes)?;
        self.last = Instant::now();
        Ok(())
    }
}
