//! What a training saves on its way: weights, what the optimiser remembers, and the epochs so far.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::models::saved;
use crate::nn::optimiser::Optimiser;
use crate::nn::tape::{ParameterKind, Parameters};
use crate::stage::{Checkpoints, StageError};

/// Saving may take one part in so many of the time; so much work, or an epoch, may be lost.
const SHARE: u32 = 50;

/// What saving is taken to cost before it was done once.
const FIRST_COST: Duration = Duration::from_millis(10);

const NAME: &str = "epoch";

const MAGIC: &[u8; 8] = b"erpcstep";

/// Keeps the last checkpoint of a training whose epochs measure an `E` each.
pub(super) struct SavedTraining<'a, E> {
    checkpoints: &'a Checkpoints,
    last: Instant,
    cost: Duration,
    epochs: PhantomData<E>,
}

impl<'a, E: Serialize + DeserializeOwned> SavedTraining<'a, E> {
    pub(super) fn new(checkpoints: &'a Checkpoints) -> Self {
        Self { checkpoints, last: Instant::now(), cost: FIRST_COST, epochs: PhantomData }
    }

    /// Puts back what was saved; gives the epochs that are done.
    pub(super) fn restore(
        &self,
        parameters: &mut Parameters,
        optimiser: &mut dyn Optimiser,
    ) -> Vec<E> {
        self.load(parameters, optimiser).unwrap_or_default()
    }

    fn load(&self, parameters: &mut Parameters, optimiser: &mut dyn Optimiser) -> Option<Vec<E>> {
        let bytes = self.checkpoints.load(NAME)?;
        let (epochs, saved) = saved::read::<Vec<E>>(MAGIC, "checkpoint", &bytes).ok()?;
        let mut restored = parameters.clone();
        let mut memory = Vec::new();
        for (_, parameter) in saved.iter() {
            let value = parameter.value().clone();
            match restored.find(&parameter.name) {
                Some(id) if restored.get(id).value().shape() == value.shape() => {
                    restored.replace(id, value);
                }
                Some(_) => return None,
                None => memory.push((parameter.name.clone(), value)),
            }
        }
        if !optimiser.restore(&restored, memory) {
            return None;
        }
        *parameters = restored;
        Some(epochs)
    }

    /// Called after an epoch: saves if it is time to. Tests save after every epoch.
    pub(super) fn end_epoch(
        &mut self,
        parameters: &Parameters,
        optimiser: &dyn Optimiser,
        epochs: &[E],
    ) -> Result<(), StageError> {
        let started = Instant::now();
        if !cfg!(test) && started - self.last < self.cost * SHARE {
            return Ok(());
        }
        let mut all = parameters.clone();
        for (name, value) in optimiser.state(parameters) {
            all.add(name, ParameterKind::Frozen, value);
        }
        let mut bytes = Vec::new();
        saved::write(MAGIC, &epochs, &all, &mut bytes)
            .map_err(|error| StageError::Bug(error.to_string()))?;
        self.checkpoints.save(NAME, &bytes)?;
        self.last = Instant::now();
        self.cost = self.last - started;
        Ok(())
    }
}
