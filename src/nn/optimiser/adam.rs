//! Adam (Kingma and Ba, 2015).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::super::tape::{ParameterId, Parameters};
use super::super::vector::widest;
use super::super::{Real, Tensor};
use super::{BLOCK, Optimiser, owner};

const FIRST: &str = "first/";
const SECOND: &str = "second/";
const STEPS: &str = "steps";

/// The rule with decay rates .9 and .999 and epsilon 1e-8.
#[derive(Clone, Debug)]
pub struct Adam<T = f32> {
    decay: f64,
    steps: u32,
    first: BTreeMap<ParameterId, Tensor<T>>,
    second: BTreeMap<ParameterId, Tensor<T>>,
}

impl<T> Adam<T> {
    const BETAS: [f64; 2] = [0.9, 0.999];
    const EPSILON: f64 = 1e-8;

    /// With weight `decay`, added to the gradient.
    #[must_use]
    pub fn new(decay: f64) -> Self {
        Self { decay, steps: 0, first: BTreeMap::new(), second: BTreeMap::new() }
    }
}

impl<T: Real> Optimiser<T> for Adam<T> {
    fn begin(&mut self) {
        self.steps += 1;
    }

    fn follow(
        &mut self,
        parameters: &mut Parameters<T>,
        id: ParameterId,
        gradient: &Tensor<T>,
        rate: f64,
    ) {
        let [beta1, beta2] = Self::BETAS;
        let power = f64::from(self.steps);
        let [bias1, bias2] = Self::BETAS.map(|beta| 1.0 - libm::pow(beta, power));
        let size = T::of(rate / bias1);
        let root = T::of(1.0 / bias2.sqrt());
        let (decay, epsilon) = (T::of(self.decay), T::of(Self::EPSILON));
        let [mix1, mix2] = [T::of(1.0 - beta1), T::of(1.0 - beta2)];
        let [keep1, keep2] = [T::of(beta1), T::of(beta2)];
        let zeros = || Tensor::zeros(gradient.shape().to_vec());
        let first = self.first.entry(id).or_insert_with(zeros).values_mut();
        let second = self.second.entry(id).or_insert_with(zeros).values_mut();
        let moments = first.par_chunks_mut(BLOCK).zip(second.par_chunks_mut(BLOCK));
        let gradient = gradient.values().par_chunks(BLOCK);
        let values = parameters.values_mut(id).par_chunks_mut(BLOCK);
        values.zip(gradient).zip(moments).for_each(|((values, gradient), (first, second))| {
            widest!({
                let pairs = values.iter_mut().zip(gradient);
                for ((value, gradient), (first, second)) in pairs.zip(first.iter_mut().zip(second))
                {
                    let slope = *gradient + decay * *value;
                    *first = keep1 * *first + mix1 * slope;
                    *second = keep2 * *second + mix2 * (slope * slope);
                    *value -= size * *first / (second.sqrt() * root + epsilon);
                }
            });
        });
    }

    fn state(&self, parameters: &Parameters<T>) -> Vec<(String, Tensor<T>)> {
        let steps = Tensor::new(vec![1], vec![T::of(f64::from(self.steps))]);
        let mut state = vec![(STEPS.to_owned(), steps)];
        for (prefix, moments) in [(FIRST, &self.first), (SECOND, &self.second)] {
            for (id, value) in moments {
                state.push((format!("{prefix}{}", parameters.get(*id).name), value.clone()));
            }
        }
        state
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "steps were counted in u32"
    )]
    fn restore(&mut self, parameters: &Parameters<T>, state: Vec<(String, Tensor<T>)>) -> bool {
        *self = Self::new(self.decay);
        for (name, value) in state {
            if name == STEPS && value.shape() == [1] {
                self.steps = value.values()[0].wide() as u32;
            } else if let Some(id) = owner(parameters, &name, FIRST, &value) {
                self.first.insert(id, value);
            } else if let Some(id) = owner(parameters, &name, SECOND, &value) {
                self.second.insert(id, value);
            } else {
                *self = Self::new(self.decay);
                return false;
            }
        }
        true
    }
}
