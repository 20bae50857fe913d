//! Weights before the first update.
//!
//! As `torch` initialises them (documentation of `nn.Linear`, `nn.GRUCell`): weights and biases are
//! uniform in `±1/sqrt(fan)`, where fan is the number of inputs of a linear layer and the width of
//! the hidden state of a GRU. The paper names no other rule.

use rand::RngExt as _;
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
        let bound = bound(inputs);
        let weight = self.uniform(&format!("{name}.weight"), vec![outputs, inputs], bound);
        let bias = self.uniform(&format!("{name}.bias"), vec![outputs], bound);
        Dense { weight, bias: Some(bias) }
    }

    /// `NAME.weight_ih` [3 width, inputs], `NAME.weight_hh` [3 width, width] and their biases.
    pub(super) fn gru(&mut self, name: &str, inputs: usize, width: usize) -> Gru {
        let bound = bound(width);
        let [input, hidden] = [("ih", inputs), ("hh", width)].map(|(side, inputs)| {
            let shape = vec![3 * width, inputs];
            self.uniform(&format!("{name}.weight_{side}"), shape, bound)
        });
        let [input_bias, hidden_bias] = ["ih", "hh"]
            .map(|side| self.uniform(&format!("{name}.bias_{side}"), vec![3 * width], bound));
        Gru {
            input: Dense { weight: input, bias: Some(input_bias) },
            hidden: Dense { weight: hidden, bias: Some(hidden_bias) },
        }
    }

    fn uniform(&mut self, name: &str, shape: Vec<usize>, bound: f64) -> ParameterId {
        let count = shape.iter().product();
        let values = (0..count).map(|_| T::of(bound * self.rng.random_range(-1.0..1.0))).collect();
        self.parameters.add(name, ParameterKind::Weight, Tensor::new(shape, values))
    }
}

#[expect(clippy::cast_precision_loss, reason = "widths are far below 2^53")]
fn bound(fan: usize) -> f64 {
    1.0 / (fan.max(1) as f64).sqrt()
}
