//! Probabilities of cells, `softmax(x)` over those that may be chosen.

use crate::nn::tape::{Tape, Var};
use crate::nn::{Real, Tensor};

use super::Density;

/// The logarithms of the probabilities, [n, cells], from the actor's output. Cells that are
/// `closed`, one flag a cell, have probability exactly 0.
pub(super) fn log_probabilities<T: Real>(
    tape: &mut Tape<'_, T>,
    output: Var,
    closed: Option<&[bool]>,
) -> Var {
    let Some(closed) = closed else { return tape.log_softmax(output) };
    let mask = |closed: &bool| if *closed { T::of(f64::NEG_INFINITY) } else { T::ZERO };
    let shape = tape.value(output).shape().to_vec();
    let mask = tape.constant(Tensor::new(shape, closed.iter().map(mask).collect()));
    let open = tape.add(output, mask);
    tape.log_softmax(open)
}

/// A cell an image: the most probable one, the first of equals; or the first whose probability
/// with all before it exceeds a uniform number.
pub(super) fn cells<T: Real>(logs: &Tensor<T>, noise: Option<&[f64]>) -> Vec<usize> {
    let width = logs.shape()[1];
    let rows = logs.values().chunks_exact(width).enumerate();
    rows.map(|(row, logs)| match noise {
        None => most_probable(logs),
        Some(noise) => inverse(logs, noise[row]),
    })
    .collect()
}

fn most_probable<T: Real>(logs: &[T]) -> usize {
    let mut best = 0;
    for (cell, log) in logs.iter().enumerate() {
        if *log > logs[best] {
            best = cell;
        }
    }
    best
}

/// Rounding may leave the sum of all a little below 1; what is beyond it is the last open cell.
fn inverse<T: Real>(logs: &[T], uniform: f64) -> usize {
    let (mut sum, mut last) = (0.0, 0);
    for (cell, log) in logs.iter().enumerate().filter(|(_, log)| log.is_finite()) {
        sum += libm::exp(log.wide());
        last = cell;
        if sum > uniform {
            break;
        }
    }
    last
}

/// The logarithm of the probability of one cell an image, and the entropy of all.
pub(super) fn density<T: Real>(tape: &mut Tape<'_, T>, logs: Var, cells: Vec<usize>) -> Density {
    Density { log: tape.pick(logs, cells), entropy: tape.entropy(logs) }
}

#[cfg(test)]
mod tests {
    use crate::nn::tape::{Parameters, Recording};

    use super::*;

    /// (E3)
    #[test]
    fn what_is_closed_has_probability_zero_and_the_rest_sums_to_one() {
        let parameters = Parameters::default();
        let mut tape = Tape::new(&parameters, Recording::Off);
        let output = tape.constant(Tensor::new(vec![1, 4], vec![0.3_f32, 9.0, -0.7, 0.1]));
        let closed = [false, true, false, false];
        let logs = log_probabilities(&mut tape, output, Some(&closed));
        let probabilities: Vec<f32> =
            tape.value(logs).values().iter().map(|log| log.exp()).collect();
        assert_eq!(probabilities[1], 0.0);
        assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        // e^.3, e^-.7 and e^.1 over their sum: 1.3499, .4966 and 1.1052 of 2.9516.
        assert!((probabilities[0] - 0.457_33).abs() < 1e-4, "{probabilities:?}");
    }

    #[test]
    fn a_uniform_number_finds_its_cell() {
        let logs = [0.25_f64, 0.0, 0.5, 0.25].map(f64::ln);
        let found = [0.0, 0.2499, 0.25, 0.7499, 0.75, 1.0].map(|uniform| inverse(&logs, uniform));
        assert_eq!(found, [0, 0, 2, 2, 3, 3]);
        assert_eq!(most_probable(&[-2.0, -0.5, -0.5]), 1);
    }
}
