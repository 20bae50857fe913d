//! Stochastic gradient descent with momentum.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::super::tape::{ParameterId, Parameters};
use super::super::vector::widest;
use super::super::{Real, Tensor};
use super::{BLOCK, Optimiser, owner};

/// What a momentum is called in a checkpoint.
const MOMENTUM: &str = "momentum/";

/// `m = momentum m + (g + decay w)`, `w = w - rate m`; m is the first gradient at first.
#[derive(Clone, Debug)]
pub struct Sgd<T = f32> {
    momentum: f64,
    decay: f64,
    memory: BTreeMap<ParameterId, Tensor<T>>,
}

impl<T> Sgd<T> {
    /// With `momentum` and weight `decay`.
    #[must_use]
    pub fn new(momentum: f64, decay: f64) -> Self {
        Self { momentum, decay, memory: BTreeMap::new() }
    }
}

impl<T: Real> Optimiser<T> for Sgd<T> {
    fn begin(&mut self) {}

    fn follow(
        &mut self,
        parameters: &mut Parameters<T>,
        id: ParameterId,
        gradient: &Tensor<T>,
        rate: f64,
    ) {
        let (momentum, decay, rate) = (T::of(self.momentum), T::of(self.decay), T::of(rate));
        // Zeros and a share of them are what the first gradient alone gives.
        let memory =
            self.memory.entry(id).or_insert_with(|| Tensor::zeros(gradient.shape().to_vec()));
        let memory = memory.values_mut().par_chunks_mut(BLOCK);
        let gradient = gradient.values().par_chunks(BLOCK);
        let values = parameters.values_mut(id).par_chunks_mut(BLOCK);
        values.zip(gradient).zip(memory).for_each(|((values, gradient), memory)| {
            widest!({
                for ((value, gradient), memory) in values.iter_mut().zip(gradient).zip(memory) {
                    *memory = momentum * *memory + (*gradient + decay * *value);
                    *value -= rate * *memory;
                }
            });
        });
    }

    fn state(&self, parameters: &Parameters<T>) -> Vec<(String, Tensor<T>)> {
        let named = |(id, value): (&ParameterId, &Tensor<T>)| {
            (format!("{MOMENTUM}{}", parameters.get(*id).name), value.clone())
        };
        self.memory.iter().map(named).collect()
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: Vec<(String, Tensor<T>)>) -> bool {
        let own = |(name, value): (String, Tensor<T>)| {
            Some((owner(parameters, &name, MOMENTUM, &value)?, value))
        };
        let memory: Option<BTreeMap<_, _>> = state.into_iter().map(own).collect();
        let fits = memory.is_some();
        self.memory = memory.unwrap_or_default();
        fits
    }
}
