//! Weights before the first update.
//!
//! As `torch` initialises them (documentation of `nn.Linear`, `nn.GRUCell`): weights and biases are
//! uniform in `±1/sqrt(fan)`, where fan is the number of inputs of a linear layer and the width of
//! the hidden state of a GRU. The paper names no other rule.

use rand_chacha::ChaCha8Rng;

use crate::nn::tape::{Dense, Gru, ParameterId, ParameterKind, Parameters};
use crate::nn::{Real, Tensor};

/// Adds layers to parameters, one draw after the other.
pub(super) struct Initial<'a, T> {
    pub(super) parameters: &'a mut Parameters<T>,
    pub(super) rng: &'a mut ChaCha8Rng,
}

impl<T: Real> Initial<'_, T> {
    /// `NAME.weight` [outputs, inputs] and `NAME.bias`.
    pub(super) fn dense(&mut self, name: &str, inputs: usize, outputs: usize) -> Dense {
        let weight = self.uniform(&format!("{name}.weight"), vec![outputs, inputs], inputs);
        let bias = self.uniform(&format!("{name}.bias"), vec![outputs], inputs);
        Dense { weight, bias: Some(bias) }
    }

    /// `NAME.weight_ih` [3 width, inputs], `NAME.weight_hh` [3 width, width] and their biases.
    pub(super) fn gru(&mut self, name: &str, inputs: usize, width: usize) -> Gru {
        let [input, hidden] = [("ih", inputs), ("hh", width)].map(|(side, inputs)| {
            let shape = vec![3 * width, inputs];
            self.uniform(&format!("{name}.weight_{side}"), shape, width)
        });
        let [input_bias, hidden_bias] = ["ih", "hh"]
            .map(|side| self.uniform(&format!("{name}.bias_{side}"), vec![3 * width], width));
        Gru {
            input: Dense { weight: input, bias: Some(input_bias) },
            hidden: Dense { weight: hidden, bias: Some(hidden_bias) },
        }
    }

    /// A tensor whose bound is that of so many inputs.
    fn uniform(&mut self, name: &str, shape: Vec<usize>, inputs: usize) -> ParameterId {
        let value = Tensor::uniform(shape, inputs, self.rng);
        self.parameters.add(name, ParameterKind::Weight, value)
    }
}
