//! Operations on one value at a time.

use rayon::prelude::*;

use super::super::vector::widest;
use super::super::{Real, Tensor, Workspace};
use super::{Tape, Var};

/// Values that one task takes.
const BLOCK: usize = 1 << 14;

impl<T: Real> Tape<'_, T> {
    /// `left + right`, equal shapes.
    pub fn add(&mut self, left: Var, right: Var) -> Var {
        let other = self.matching(left, right);
        let sum = combined(&self.workspace, self.shared(left), other.values(), |a, b| a + b);
        self.push(sum, &[left, right], move |gradient, gradients| {
            gradients.add(left, gradient.clone());
            gradients.add(right, gradient);
        })
    }

    /// `left - right`, equal shapes.
    pub fn subtract(&mut self, left: Var, right: Var) -> Var {
        let negative = self.scale(right, -T::ONE);
        self.add(left, negative)
    }

    /// `left * right`, equal shapes, value by value.
    pub fn multiply(&mut self, left: Var, right: Var) -> Var {
        let (a, b) = (self.shared(left), self.matching(left, right).clone());
        let product = combined(&self.workspace, a.clone(), b.values(), |a, b| a * b);
        self.push(product, &[left, right], move |gradient, gradients| {
            for (var, other) in [(left, &b), (right, &a)] {
                if gradients.wants(var) {
                    let workspace = &gradients.workspace;
                    let part = combined(workspace, gradient.clone(), other.values(), |a, b| a * b);
                    gradients.add(var, part);
                }
            }
        })
    }

    /// `factor * x`.
    pub fn scale(&mut self, x: Var, factor: T) -> Var {
        let result = changed(&self.workspace, self.shared(x), |value| value * factor);
        self.push(result, &[x], move |gradient, gradients| {
            let gradient = changed(&gradients.workspace, gradient, |value| value * factor);
            gradients.add(x, gradient);
        })
    }

    /// `max(x, 0)`.
    pub fn relu(&mut self, x: Var) -> Var {
        let slope = |y| if y > T::ZERO { T::ONE } else { T::ZERO };
        self.through(x, |value| value.largest(T::ZERO), slope)
    }

    /// `1 / (1 + e^-x)`.
    pub fn sigmoid(&mut self, x: Var) -> Var {
        self.through(x, Real::sigmoid, |y| y * (T::ONE - y))
    }

    /// e to the power of x.
    pub fn exp(&mut self, x: Var) -> Var {
        self.through(x, Real::exp, |y| y)
    }

    /// Keeps what `kept` says and divides it by the share that is kept in the mean, so that the
    /// expectation stays. Everything is handed on where `kept` is none.
    ///
    /// # Panics
    /// If there is not one flag a value.
    pub fn dropout(&mut self, x: Var, kept: Option<&[bool]>, rate: f64) -> Var {
        let Some(kept) = kept else { return x };
        let shape = self.value(x).shape().to_vec();
        let factor = T::of(1.0 / (1.0 - rate));
        let factors = kept.iter().map(|&kept| if kept { factor } else { T::ZERO }).collect();
        let factors = self.constant(Tensor::new(shape, factors));
        self.multiply(x, factors)
    }

    /// The largest of several values at each place; the gradient goes to the first that has it.
    ///
    /// # Panics
    /// If there is none, or shapes differ.
    pub fn maximum(&mut self, vars: &[Var]) -> Var {
        let mut result = self.value(vars[0]).clone();
        let mut winners = vec![0_u32; result.values().len()];
        for (at, &var) in (0_u32..).zip(vars).skip(1) {
            let values = self.matching(vars[0], var).values();
            let places = result.values_mut().iter_mut().zip(&mut winners).zip(values);
            for ((best, winner), &value) in places {
                if value > *best {
                    (*best, *winner) = (value, at);
                }
            }
        }
        let inputs = vars.to_vec();
        self.push(result, vars, move |gradient, gradients| {
            for (at, var) in (0_u32..).zip(inputs) {
                if gradients.wants(var) {
                    let workspace = &gradients.workspace;
                    let won = |part, winner| if winner == at { part } else { T::ZERO };
                    let part = combined(workspace, gradient.clone(), &winners, won);
                    gradients.add(var, part);
                }
            }
        })
    }

    /// The sum of all values, [].
    pub fn sum(&mut self, x: Var) -> Var {
        let value = self.value(x);
        let shape = value.shape().to_vec();
        let total = value.values().iter().copied().sum();
        self.push(Tensor::new(Vec::new(), vec![total]), &[x], move |gradient, gradients| {
            let count = shape.iter().product();
            gradients.add(x, Tensor::new(shape, vec![gradient.values()[0]; count]));
        })
    }

    /// The mean of all values, [].
    pub fn mean(&mut self, x: Var) -> Var {
        let count = self.value(x).values().len();
        let sum = self.sum(x);
        self.scale(sum, T::of(1.0 / as_f64(count.max(1))))
    }

    /// `y = f(x)` with the derivative `slope(y)`.
    fn through(
        &mut self,
        x: Var,
        f: impl Fn(T) -> T + Sync,
        slope: impl Fn(T) -> T + Sync + 'static,
    ) -> Var {
        let output = changed(&self.workspace, self.shared(x), f);
        let kept = output.clone();
        self.push(output, &[x], move |gradient, gradients| {
            let back = |gradient, y| gradient * slope(y);
            let gradient = combined(&gradients.workspace, gradient, kept.values(), back);
            gradients.add(x, gradient);
        })
    }

    /// The second value, whose shape is that of the first.
    fn matching(&self, first: Var, second: Var) -> &Tensor<T> {
        let value = self.value(second);
        assert_eq!(self.value(first).shape(), value.shape(), "shapes fit");
        value
    }
}

/// `f` of every value, by all threads; in the same memory if nobody shares it.
pub(super) fn changed<T: Real>(
    workspace: &Workspace<T>,
    values: Tensor<T>,
    f: impl Fn(T) -> T + Sync,
) -> Tensor<T> {
    written(workspace, values, |to, from| match from {
        None => each(to, |value| *value = f(*value)),
        Some(from) => zip(to, from, |to, from| *to = f(from)),
    })
}

/// `f` of every value and its partner, by all threads; in the memory of the values if nobody shares
/// it.
pub(super) fn combined<T: Real, U: Copy + Sync>(
    workspace: &Workspace<T>,
    values: Tensor<T>,
    others: &[U],
    f: impl Fn(T, U) -> T + Sync,
) -> Tensor<T> {
    written(workspace, values, |to, from| match from {
        None => zip(to, others, |value, other| *value = f(*value, other)),
        Some(from) => {
            assert_eq!(from.len(), others.len(), "lengths fit");
            let from = from.par_chunks(BLOCK).zip(others.par_chunks(BLOCK));
            to.par_chunks_mut(BLOCK).zip(from).for_each(|(to, (from, others))| {
                widest!({
                    let pairs = from.iter().zip(others);
                    to.iter_mut().zip(pairs).for_each(|(to, (from, other))| *to = f(*from, *other));
                });
            });
        }
    })
}

/// What `write` makes of values: where they stand, or, if they are shared, from there into memory of
/// its own.
pub(super) fn written<T: Real>(
    workspace: &Workspace<T>,
    mut values: Tensor<T>,
    write: impl FnOnce(&mut [T], Option<&[T]>),
) -> Tensor<T> {
    if !values.is_shared() {
        write(values.values_mut(), None);
        return values;
    }
    let mut result = workspace.blank(values.shape().to_vec());
    write(result.values_mut(), Some(values.values()));
    result
}

/// Changes every value, by all threads.
pub(super) fn each<T: Real>(values: &mut [T], change: impl Fn(&mut T) + Sync) {
    let blocks = values.par_chunks_mut(BLOCK);
    blocks.for_each(|block| widest!(block.iter_mut().for_each(&change)));
}

/// Changes every value by its partner, by all threads.
pub(super) fn zip<T: Real, U: Copy + Sync>(
    values: &mut [T],
    others: &[U],
    change: impl Fn(&mut T, U) + Sync,
) {
    assert_eq!(values.len(), others.len(), "lengths fit");
    let blocks = values.par_chunks_mut(BLOCK).zip(others.par_chunks(BLOCK));
    blocks.for_each(|(values, others)| {
        widest!(values.iter_mut().zip(others).for_each(|(value, other)| change(value, *other)));
    });
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, random};
    use super::super::{Parameters, Recording, Tape};
    use crate::nn::Tensor;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        let shapes = [vec![3, 4], vec![3, 4]];
        check(&shapes, |tape, x| tape.add(x[0], x[1]));
        check(&shapes, |tape, x| tape.subtract(x[0], x[1]));
        check(&shapes, |tape, x| tape.multiply(x[0], x[1]));
        check(&shapes[..1], |tape, x| tape.scale(x[0], -2.5));
        check(&shapes[..1], |tape, x| tape.relu(x[0]));
        check(&shapes[..1], |tape, x| tape.sigmoid(x[0]));
        check(&shapes[..1], |tape, x| tape.exp(x[0]));
        check(&shapes, |tape, x| tape.maximum(&[x[0], x[1]]));
        check(&shapes[..1], |tape, x| tape.mean(x[0]));
        let kept: Vec<bool> = random(12, 7).iter().map(|value| *value > 0.0).collect();
        check(&shapes[..1], |tape, x| tape.dropout(x[0], Some(&kept), 0.25));
    }

    /// (G1): what is kept grows by 1 / (1 - rate), so that the mean stays, as in `PyTorch`.
    #[test]
    fn dropout_scales_what_it_keeps() {
        let parameters = Parameters::default();
        let mut tape = Tape::new(&parameters, Recording::On);
        let x = tape.variable(Tensor::new(vec![4], vec![1.0, -2.0, 3.0, 4.0]));
        let kept = [true, false, true, false];
        let y = tape.dropout(x, Some(&kept), 0.75);
        assert_eq!(tape.value(y).values(), [4.0, 0.0, 12.0, 0.0]);
        assert_eq!(tape.dropout(x, None, 0.75), x);
        let ones = Tensor::new(vec![4], vec![1.0; 4]);
        let outcome = tape.backward_from(vec![(y, ones)]);
        assert_eq!(outcome.of(x).unwrap().values(), [4.0, 0.0, 4.0, 0.0]);
    }
}
