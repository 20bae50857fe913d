//! Rows times a matrix.

use rayon::prelude::*;

use super::super::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use super::super::vector::widest;
use super::super::{Real, Tensor, Workspace};
use super::gradients::Cover;
use super::{Gradients, ParameterId, Tape, Var, pointwise};

/// Rows that one task takes.
const BLOCK_ROWS: usize = 32;

/// Columns that one task sums.
const BLOCK_COLUMNS: usize = 256;

/// A linear layer, `y = x W^T + b`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dense {
    /// W, [O, I].
    pub weight: ParameterId,
    /// b, `[O]`.
    pub bias: Option<ParameterId>,
}

impl<T: Real> Tape<'_, T> {
    /// The layer on the last axis: [.., I] -> [.., O].
    ///
    /// # Panics
    /// If the widths do not fit.
    pub fn dense(&mut self, layer: Dense, x: Var) -> Var {
        let weight = self.parameter(layer.weight);
        let y = self.rows_times(x, weight);
        match layer.bias {
            Some(bias) => {
                let bias = self.parameter(bias);
                self.add_to_rows(y, bias)
            }
            None => y,
        }
    }

    /// `x W^T` on the last axis: [.., I] and a weight whose axes after the first have I values,
    /// [O, ..] -> [.., O].
    ///
    /// # Panics
    /// If the widths do not fit.
    pub fn rows_times(&mut self, x: Var, weight: Var) -> Var {
        let (input, filters) = (self.shared(x), self.shared(weight));
        let (rows, width) = rows_of(&input);
        let outputs = filters.shape()[0];
        let mut shape = input.shape().to_vec();
        *shape.last_mut().expect("rows have a width") = outputs;
        let mut y = self.workspace.blank(shape);
        product(
            MatrixMut::new(y.values_mut(), rows, outputs, outputs),
            Sum::Fresh,
            Matrix::new(input.values(), rows, width),
            Matrix::new(filters.values(), outputs, width).transposed(),
            Threads::Pool,
        );
        self.push(y, &[x, weight], move |gradient, gradients| {
            let above = Matrix::new(gradient.values(), rows, outputs);
            let filter = Matrix::new(filters.values(), outputs, width);
            if gradients.wants(x) {
                let (slot, sum) = gradients.product_slot(x, input.shape(), Cover::Whole);
                let target = MatrixMut::new(slot, rows, width, width);
                product(target, sum, above, filter, Threads::Pool);
            }
            if gradients.wants(weight) {
                let (slot, sum) = gradients.product_slot(weight, filters.shape(), Cover::Whole);
                let target = MatrixMut::new(slot, outputs, width, width);
                let rows = Matrix::new(input.values(), rows, width);
                product(target, sum, above.transposed(), rows, Threads::Pool);
            }
        })
    }

    /// Multiplies every row by a vector, value by value: [.., O] and `[O]`.
    ///
    /// # Panics
    /// If the widths do not fit.
    pub fn multiply_rows(&mut self, x: Var, factors: Var) -> Var {
        let (input, vector) = (self.shared(x), self.shared(factors));
        let y = by_rows(&self.workspace, input.clone(), vector.values(), |value, by| value * by);
        self.push(y, &[x, factors], move |gradient, gradients| {
            let workspace = gradients.workspace.clone();
            if gradients.wants(factors) {
                let times = |above, x| above * x;
                let products =
                    pointwise::combined(&workspace, gradient.clone(), input.values(), times);
                add_columns(gradients, factors, &products);
            }
            if gradients.wants(x) {
                let times = |above, by| above * by;
                gradients.add(x, by_rows(&workspace, gradient, vector.values(), times));
            }
        })
    }

    /// Adds a vector to every row: [.., O] and `[O]`.
    ///
    /// # Panics
    /// If the widths do not fit.
    pub fn add_to_rows(&mut self, x: Var, bias: Var) -> Var {
        let (input, vector) = (self.shared(x), self.value(bias).values());
        let y = by_rows(&self.workspace, input, vector, |value, bias| value + bias);
        self.push(y, &[x, bias], move |gradient, gradients| {
            add_columns(gradients, bias, &gradient);
            gradients.add(x, gradient);
        })
    }
}

/// `f` of every value and the vector's value for its column, by all threads.
fn by_rows<T: Real>(
    workspace: &Workspace<T>,
    rows: Tensor<T>,
    vector: &[T],
    f: impl Fn(T, T) -> T + Sync,
) -> Tensor<T> {
    let width = vector.len();
    assert_eq!(rows_of(&rows).1, width, "widths fit");
    pointwise::written(workspace, rows, |to, from| {
        let blocks = to.par_chunks_mut(BLOCK_ROWS * width).enumerate();
        blocks.for_each(|(block, to)| {
            let from = from.map(|from| &from[block * BLOCK_ROWS * width..]);
            widest!({
                for (row, to) in to.chunks_exact_mut(width).enumerate() {
                    match from {
                        None => to.iter_mut().zip(vector).for_each(|(to, by)| *to = f(*to, *by)),
                        Some(from) => {
                            let pairs = from[row * width..].iter().zip(vector);
                            to.iter_mut()
                                .zip(pairs)
                                .for_each(|(to, (from, by))| *to = f(*from, *by));
                        }
                    }
                }
            });
        });
    })
}

/// How many rows a tensor has, and numbers a row: its last axis.
pub(super) fn rows_of<T: Real>(tensor: &Tensor<T>) -> (usize, usize) {
    let (width, rest) = tensor.shape().split_last().expect("rows have a width");
    (rest.iter().product(), *width)
}

/// Adds the sum over all rows to the gradient of a vector.
pub(super) fn add_columns<T: Real>(gradients: &mut Gradients<T>, var: Var, rows: &Tensor<T>) {
    if gradients.wants(var) {
        let width = rows_of(rows).1;
        let slot = gradients.slot(var, &[width]).par_chunks_mut(BLOCK_COLUMNS);
        slot.enumerate().for_each(|(block, slot)| {
            widest!({
                for row in rows.values().chunks_exact(width) {
                    let row = &row[block * BLOCK_COLUMNS..];
                    slot.iter_mut().zip(row).for_each(|(sum, value)| *sum += *value);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_with, tensor};
    use super::super::{ParameterKind, Parameters};
    use super::*;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        check(&[vec![2, 3, 4], vec![5, 2, 2]], |tape, x| tape.rows_times(x[0], x[1]));
        check(&[vec![3, 4], vec![4]], |tape, x| tape.add_to_rows(x[0], x[1]));
        check(&[vec![3, 2, 4], vec![4]], |tape, x| tape.multiply_rows(x[0], x[1]));
        let mut parameters = Parameters::default();
        let layer = Dense {
            weight: parameters.add("w", ParameterKind::Weight, tensor(&[3, 4], 1)),
            bias: Some(parameters.add("b", ParameterKind::Weight, tensor(&[3], 2))),
        };
        check_with(&parameters, &[vec![2, 4]], |tape, x| tape.dense(layer, x[0]));
    }
}
