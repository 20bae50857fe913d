//! Linear layers outside a tape, so that several can be multiplied out into one.

use crate::nn::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use crate::nn::tape::{Dense, Parameters};
use crate::nn::{Real, Tensor};

/// `x -> W x + b`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Affine<T> {
    /// W, [outputs, inputs].
    pub(super) weight: Tensor<T>,
    /// b, `[outputs]`.
    pub(super) bias: Vec<T>,
}

impl<T: Real> Affine<T> {
    /// A layer as it stands among parameters.
    pub(super) fn of(layer: Dense, parameters: &Parameters<T>) -> Self {
        let weight = parameters.get(layer.weight).value();
        let outputs = weight.shape()[0];
        let inputs = weight.values().len() / outputs.max(1);
        let bias = layer.bias.map(|bias| parameters.get(bias).value().values().to_vec());
        Self {
            weight: weight.clone().reshaped(vec![outputs, inputs]),
            bias: bias.unwrap_or_else(|| vec![T::ZERO; outputs]),
        }
    }

    /// A product without a bias.
    pub(super) fn linear(weight: Tensor<T>) -> Self {
        let bias = vec![T::ZERO; weight.shape()[0]];
        Self { weight, bias }
    }

    pub(super) fn outputs(&self) -> usize {
        self.weight.shape()[0]
    }

    pub(super) fn inputs(&self) -> usize {
        self.weight.shape()[1]
    }

    /// This layer behind another one: `x -> W (V x + c) + b`.
    pub(super) fn after(&self, inner: &Self) -> Self {
        let (rows, columns) = (self.outputs(), inner.inputs());
        let mut weight = vec![T::ZERO; rows * columns];
        product(
            MatrixMut::new(&mut weight, rows, columns, columns),
            Sum::Fresh,
            Matrix::new(self.weight.values(), rows, self.inputs()),
            Matrix::new(inner.weight.values(), inner.outputs(), columns),
            Threads::Pool,
        );
        let bias = self.apply(&inner.bias, 1);
        Self { weight: Tensor::new(vec![rows, columns], weight), bias }
    }

    /// Rows [n, inputs] to rows [n, outputs].
    pub(super) fn apply(&self, rows: &[T], count: usize) -> Vec<T> {
        let mut result = self.part(0, rows, count);
        for row in result.chunks_exact_mut(self.outputs().max(1)) {
            row.iter_mut().zip(&self.bias).for_each(|(value, bias)| *value += *bias);
        }
        result
    }

    /// The product of rows [n, width] with the columns from `first` on, without the bias.
    pub(super) fn part(&self, first: usize, rows: &[T], count: usize) -> Vec<T> {
        let (outputs, total) = (self.outputs(), self.inputs());
        let width = rows.len() / count.max(1);
        let mut result = vec![T::ZERO; count * outputs];
        let columns = &self.weight.values()[first..];
        product(
            MatrixMut::new(&mut result, count, outputs, outputs),
            Sum::Fresh,
            Matrix::new(rows, count, width),
            Matrix::strided(columns, outputs, width, total).transposed(),
            Threads::Pool,
        );
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(outputs: usize, weight: &[f64], bias: &[f64]) -> Affine<f64> {
        let shape = vec![outputs, weight.len() / outputs];
        Affine { weight: Tensor::new(shape, weight.to_vec()), bias: bias.to_vec() }
    }

    #[test]
    fn layers_multiplied_out_give_what_they_give_one_after_the_other() {
        let inner = layer(2, &[1.0, 2.0, 0.0, 3.0, 1.0, 1.0], &[1.0, -1.0]);
        let outer = layer(1, &[2.0, 5.0], &[0.5]);
        let rows = [1.0, 1.0, 2.0, 0.0, 1.0, -1.0];
        let joined = outer.after(&inner).apply(&rows, 2);
        assert_eq!(joined, outer.apply(&inner.apply(&rows, 2), 2));
        // 1 + 2 + 1 = 4 and 3 + 1 + 2 - 1 = 5: 8 + 25 + .5.
        assert_eq!(joined[0], 33.5);
    }

    #[test]
    fn parts_of_a_row_add_up() {
        let layer = layer(2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[10.0, 20.0]);
        let row = [1.0, 0.5, 2.0, -1.0];
        let [left, right] = [layer.part(0, &row[..2], 1), layer.part(2, &row[2..], 1)];
        let sum: Vec<f64> =
            left.iter().zip(&right).zip(&layer.bias).map(|((a, b), c)| a + b + c).collect();
        assert_eq!(sum, layer.apply(&row, 1));
    }
}
