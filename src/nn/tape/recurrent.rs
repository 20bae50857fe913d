//! A gated recurrent unit.

use rayon::prelude::*;

use super::super::vector::widest;
use super::super::{Real, Tensor};
use super::{Dense, Tape, Var};

/// Rows that one task takes at least.
const BLOCK_ROWS: usize = 16;

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
        let of_input = self.dense(cell.input, x);
        let of_hidden = self.dense(cell.hidden, hidden);
        self.gates(of_input, of_hidden, hidden)
    }

    /// What the gates let through: [N, 3 H], [N, 3 H] and the state before, [N, H] -> [N, H]. One pass
    /// over the values there and one back, where each operation alone would be one.
    fn gates(&mut self, of_input: Var, of_hidden: Var, hidden: Var) -> Var {
        let [x, h, before] = [of_input, of_hidden, hidden].map(|var| self.shared(var));
        let (count, width) = (before.shape()[0], before.shape()[1]);
        let wide = vec![count, 3 * width];
        assert!(x.shape() == wide && h.shape() == wide, "three gates of the state's width");
        let mut opened = self.workspace.blank(wide.clone());
        let mut state = self.workspace.blank(vec![count, width]);
        let to = rows_mut(&mut opened, 3 * width).zip(rows_mut(&mut state, width));
        let from = rows(&x, 3 * width).zip(rows(&h, 3 * width)).zip(rows(&before, width));
        to.zip(from).for_each(|((opened, state), ((x, h), before))| {
            open(opened, [x, h]);
            let [_, update, new] = thirds(opened);
            widest!({
                let gates = update.iter().zip(new).zip(before);
                for (state, ((update, new), before)) in state.iter_mut().zip(gates) {
                    *state = (T::ONE - *update) * *new + *update * *before;
                }
            });
        });
        self.push(state, &[of_input, of_hidden, hidden], move |gradient, gradients| {
            let mut blank = |width| gradients.workspace.blank(vec![count, width]);
            let [mut of_x, mut of_h, mut of_before] = [3 * width, 3 * width, width].map(&mut blank);
            let to = rows_mut(&mut of_x, 3 * width).zip(rows_mut(&mut of_h, 3 * width));
            let to = to.zip(rows_mut(&mut of_before, width)).zip(rows(&gradient, width));
            let from = rows(&opened, 3 * width).zip(rows(&h, 3 * width)).zip(rows(&before, width));
            to.zip(from).for_each(|((((of_x, of_h), of_before), above), ((opened, h), before))| {
                widest!(back(above, opened, thirds(h)[2], before, [of_x, of_h, of_before]));
            });
            gradients.add(hidden, of_before);
            gradients.add(of_hidden, of_h);
            gradients.add(of_input, of_x);
        })
    }
}

/// Writes r, z and n of an image.
fn open<T: Real>(opened: &mut [T], [x, h]: [&[T]; 2]) {
    let width = opened.len() / 3;
    let (gates, new) = opened.split_at_mut(2 * width);
    for ((gate, x), h) in gates.iter_mut().zip(x).zip(h) {
        *gate = *x + *h;
    }
    T::sigmoid_all(gates);
    let reset = gates.iter().zip(&h[2 * width..]);
    for ((new, x), (reset, h)) in new.iter_mut().zip(&x[2 * width..]).zip(reset) {
        *new = *x + *reset * *h;
    }
    T::tanh_all(new);
}

/// Writes the gradients of what came from the input, from the state and of the state itself, for an
/// image; `h_new` is the state's part in the new gate.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what is not inlined is not compiled for the unit")]
fn back<T: Real>(above: &[T], opened: &[T], h_new: &[T], before: &[T], to: [&mut [T]; 3]) {
    let width = above.len();
    // Of a length that the compiler sees, so that the loop is free of checks.
    let [reset, update, new] = thirds(opened).map(|gate| &gate[..width]);
    let [h_new, before] = [h_new, before].map(|part| &part[..width]);
    let [of_x, of_h, of_before] = to;
    let of_before = &mut of_before[..width];
    let (of_gates, of_new) = of_x.split_at_mut(2 * width);
    let (of_reset, of_update) = of_gates.split_at_mut(width);
    let [of_reset, of_update, of_new] =
        [of_reset, of_update, of_new].map(|part| &mut part[..width]);
    let of_h_new = &mut of_h[2 * width..][..width];
    for at in 0..width {
        let (above, r, z, n) = (above[at], reset[at], update[at], new[at]);
        of_before[at] = above * z;
        let to_update = above * n * -T::ONE + above * before[at];
        let to_new = above * (T::ONE - z) * (T::ONE - n * n);
        let to_reset = to_new * h_new[at];
        of_reset[at] = to_reset * (r * (T::ONE - r));
        of_update[at] = to_update * (z * (T::ONE - z));
        of_new[at] = to_new;
        of_h_new[at] = to_new * r;
    }
    of_h[..2 * width].copy_from_slice(&of_x[..2 * width]);
}

/// The parts of the three gates.
fn thirds<T>(row: &[T]) -> [&[T]; 3] {
    let width = row.len() / 3;
    [0, 1, 2].map(|gate| &row[gate * width..][..width])
}

fn rows<T: Real>(
    tensor: &Tensor<T>,
    width: usize,
) -> impl IndexedParallelIterator<Item = &[T]> + '_ {
    tensor.values().par_chunks_exact(width).with_min_len(BLOCK_ROWS)
}

fn rows_mut<T: Real>(
    tensor: &mut Tensor<T>,
    width: usize,
) -> impl IndexedParallelIterator<Item = &mut [T]> + '_ {
    tensor.values_mut().par_chunks_exact_mut(width).with_min_len(BLOCK_ROWS)
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
