//! A gated recurrent unit.

use super::super::Real;
use super::{Dense, Tape, Var};

/// A GRU cell with the weights of `torch`, whose rows are reset, update and new gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gru {
    /// On the input: [3 H, I] with bias.
    pub input: Dense,
    /// On the hidden state: [3 H, H] with bias.
    pub hidden: Dense,
}

impl<T: Real> Tape<'_, T> {
    /// One step: input [N, I] and hidden state [N, H] -> [N, H].
    ///
    /// `r = s(x_r + h_r)`, `z = s(x_z + h_z)`, `n = tanh(x_n + r h_n)`, `h' = (1 - z) n + z h`.
    ///
    /// # Panics
    /// If the widths do not fit.
    pub fn gru(&mut self, cell: &Gru, x: Var, hidden: Var) -> Var {
        let width = self.value(hidden).shape()[1];
        let of_input = self.dense(cell.input, x);
        let of_hidden = self.dense(cell.hidden, hidden);
        let [x_reset, x_update, x_new] = self.gates(of_input, width);
        let [h_reset, h_update, h_new] = self.gates(of_hidden, width);
        let reset = self.add(x_reset, h_reset);
        let reset = self.sigmoid(reset);
        let update = self.add(x_update, h_update);
        let update = self.sigmoid(update);
        let remembered = self.multiply(reset, h_new);
        let new = self.add(x_new, remembered);
        let new = self.tanh(new);
        let kept = self.multiply(update, hidden);
        let open = self.one_minus(update);
        let taken = self.multiply(open, new);
        self.add(taken, kept)
    }

    fn gates(&mut self, x: Var, width: usize) -> [Var; 3] {
        [0, 1, 2].map(|gate| self.columns(x, gate * width, width))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_with, tensor};
    use super::super::{ParameterKind, Parameters};
    use super::*;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives_through_time() {
        let mut parameters = Parameters::default();
        let mut dense = |name: &str, inputs: usize, seed: u32| Dense {
            weight: parameters.add(
                format!("{name}.w"),
                ParameterKind::Weight,
                tensor(&[6, inputs], seed),
            ),
            bias: Some(parameters.add(
                format!("{name}.b"),
                ParameterKind::Weight,
                tensor(&[6], seed + 1),
            )),
        };
        let cell = Gru { input: dense("input", 3, 1), hidden: dense("hidden", 2, 3) };
        check_with(&parameters, &[vec![2, 3], vec![2, 3], vec![2, 2]], |tape, x| {
            let hidden = tape.gru(&cell, x[0], x[2]);
            tape.gru(&cell, x[1], hidden)
        });
    }
}
