//! Softmax and what is measured with it.

use rayon::prelude::*;

use super::super::{Real, Tensor};
use super::dense::rows_of;
use super::pointwise::as_f64;
use super::{Tape, Var};

impl<T: Real> Tape<'_, T> {
    /// The logarithm of the softmax over the last axis. Logits of minus infinity have probability
    /// exactly zero, and no gradient.
    pub fn log_softmax(&mut self, logits: Var) -> Var {
        let mut output = self.value(logits).clone();
        let width = rows_of(&output).1;
        output.values_mut().par_chunks_exact_mut(width).for_each(log_softmax_row);
        let kept = output.clone();
        self.push(output, &[logits], move |mut gradient, gradients| {
            let rows = gradient.values_mut().par_chunks_exact_mut(width);
            rows.zip(kept.values().par_chunks_exact(width)).for_each(|(gradient, logs)| {
                let live = |log: &T| log.is_finite();
                let pairs = gradient.iter().zip(logs).filter(|(_, log)| live(log));
                let total: T = pairs.map(|(gradient, _)| *gradient).sum();
                for (gradient, log) in gradient.iter_mut().zip(logs) {
                    *gradient = if live(log) { *gradient - total * log.exp() } else { T::ZERO };
                }
            });
            gradients.add(logits, gradient);
        })
    }

    /// The value of each row at a column: [N, C] -> `[N]`.
    ///
    /// # Panics
    /// If there is not one column a row, or it does not exist.
    pub fn pick(&mut self, x: Var, columns: Vec<usize>) -> Var {
        let value = self.value(x);
        let (rows, width) = rows_of(value);
        assert_eq!(columns.len(), rows, "one column a row");
        let picked = columns.iter().enumerate().map(|(row, at)| value.values()[row * width + at]);
        let (picked, shape) = (picked.collect(), value.shape().to_vec());
        self.push(Tensor::new(vec![rows], picked), &[x], move |gradient, gradients| {
            let mut back = Tensor::zeros(shape);
            for (row, (at, value)) in columns.iter().zip(gradient.values()).enumerate() {
                back.values_mut()[row * width + at] = *value;
            }
            gradients.add(x, back);
        })
    }

    /// The entropy of each row of logarithms of probabilities, in nats: [N, C] -> `[N]`. What has
    /// probability zero adds nothing.
    pub fn entropy(&mut self, logs: Var) -> Var {
        let input = self.shared(logs);
        let (rows, width) = rows_of(&input);
        let term = |log: &T| if log.is_finite() { -(log.exp() * *log) } else { T::ZERO };
        let row = |row: &[T]| row.iter().map(term).sum();
        let entropies = input.values().chunks_exact(width).map(row).collect();
        self.push(Tensor::new(vec![rows], entropies), &[logs], move |gradient, gradients| {
            let mut back = Tensor::zeros(input.shape().to_vec());
            let slopes = back.values_mut().chunks_exact_mut(width);
            let rows = slopes.zip(input.values().chunks_exact(width));
            for ((slopes, logs), above) in rows.zip(gradient.values()) {
                for (slope, log) in slopes.iter_mut().zip(logs).filter(|(_, log)| log.is_finite()) {
                    *slope = -(*above * log.exp() * (*log + T::ONE));
                }
            }
            gradients.add(logs, back);
        })
    }

    /// The mean cross entropy of the softmax over the last axis with the true `labels`, one a row:
    /// [.., C] -> [].
    ///
    /// # Panics
    /// If there is not one label a row, or it is no column.
    pub fn cross_entropy(&mut self, logits: Var, labels: Vec<usize>) -> Var {
        let logs = self.log_softmax(logits);
        let (rows, width) = rows_of(self.value(logs));
        let logs = self.reshape(logs, vec![rows, width]);
        let own = self.pick(logs, labels);
        let sum = self.sum(own);
        self.scale(sum, T::of(-1.0 / as_f64(rows.max(1))))
    }
}

/// The logarithm of the softmax, in place.
fn log_softmax_row<T: Real>(row: &mut [T]) {
    let most = row.iter().fold(T::of(f64::NEG_INFINITY), |most, value| most.largest(*value));
    let total: T = row.iter().map(|value| (*value - most).exp()).sum();
    let log = total.ln();
    row.iter_mut().for_each(|value| *value = *value - most - log);
}

#[cfg(test)]
mod tests;
