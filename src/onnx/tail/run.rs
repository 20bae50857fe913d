//! The layers of a tail on a tape.

use crate::nn::tape::{BatchNorm, Mode, ParameterId, Tape, Var};
use crate::nn::{BinaryOperator, Real, Tensor, Window};

use super::extent::fitted;
use super::layer::{Constant, Layer, Normalisation, Rank, Side};

impl Layer {
    /// Computes the layer of a copy, whose parameters are `ids`.
    pub(super) fn run<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        ids: &[ParameterId],
        reads: &[Var],
        mode: Mode,
    ) -> Var {
        let x = reads[0];
        match self {
            Self::Conv { window, groups, weight, bias } => {
                let weight = tape.parameter(ids[*weight]);
                let y = convolve(tape, window, *groups, x, weight);
                shift(tape, y, bias.map(|bias| ids[bias]), 1.0)
            }
            Self::BatchNorm(layer) => tape.batch_norm(&layer.of(ids), x, mode, layer.activation),
            Self::Relu => tape.relu(x),
            Self::Binary(BinaryOperator::Add) => tape.add(x, reads[1]),
            Self::Binary(BinaryOperator::Sub) => tape.subtract(x, reads[1]),
            Self::Binary(BinaryOperator::Mul) => tape.multiply(x, reads[1]),
            Self::Constant { operator, constant, side } => {
                let constant = match constant {
                    Constant::Channels(at) => tape.parameter(ids[*at]),
                    Constant::Number(number) => filled(tape, x, *number),
                };
                with_constant(tape, *operator, x, constant, *side)
            }
            Self::Concat => tape.concat(reads),
            Self::MaxPool(window) => {
                let window = fitted(window, size(tape, x));
                tape.max_pool(&window, x)
            }
            Self::AveragePool(layer) => {
                let window = fitted(&layer.window, size(tape, x));
                tape.average_pool(&window, layer.padding, x)
            }
            Self::GlobalAveragePool => {
                let means = tape.global_average_pool(x);
                rename(tape, means, Rank::Maps)
            }
            Self::Linear { alpha, beta, weight, bias } => {
                let weight = tape.parameter(ids[*weight]);
                let y = tape.rows_times(x, weight);
                let y = scaled(tape, y, *alpha);
                shift(tape, y, bias.map(|bias| ids[bias]), *beta)
            }
            Self::Rename { to, .. } => rename(tape, x, *to),
        }
    }
}

impl Normalisation {
    fn of(&self, ids: &[ParameterId]) -> BatchNorm {
        BatchNorm {
            weight: ids[self.weight],
            bias: ids[self.bias],
            mean: ids[self.mean],
            variance: ids[self.variance],
            epsilon: self.epsilon,
            momentum: self.momentum,
        }
    }
}

/// A convolution of some groups of channels, each with filters of its own.
fn convolve<T: Real>(
    tape: &mut Tape<'_, T>,
    window: &Window,
    groups: usize,
    x: Var,
    weight: Var,
) -> Var {
    if groups == 1 {
        return tape.convolve(window, x, weight);
    }
    let shape = tape.value(weight).shape();
    let (filters, depth) = (shape[0] / groups, shape[3]);
    let mut parts = Vec::with_capacity(groups);
    for group in 0..groups {
        let channels = tape.columns(x, group * depth, depth);
        let own = tape.take_rows(weight, (group * filters..(group + 1) * filters).collect());
        parts.push(tape.convolve(window, channels, own));
    }
    tape.concat(&parts)
}

/// `x + factor b`.
fn shift<T: Real>(tape: &mut Tape<'_, T>, x: Var, bias: Option<ParameterId>, factor: f32) -> Var {
    let Some(bias) = bias else { return x };
    let bias = tape.parameter(bias);
    let bias = scaled(tape, bias, factor);
    tape.add_to_rows(x, bias)
}

/// `factor x`; exactly 1 is what nearly every network says.
fn scaled<T: Real>(tape: &mut Tape<'_, T>, x: Var, factor: f32) -> Var {
    if factor.to_bits() == 1.0_f32.to_bits() { x } else { tape.scale(x, T::of(factor.wide())) }
}

fn with_constant<T: Real>(
    tape: &mut Tape<'_, T>,
    operator: BinaryOperator,
    x: Var,
    constant: Var,
    side: Side,
) -> Var {
    match (operator, side) {
        (BinaryOperator::Add, _) => tape.add_to_rows(x, constant),
        (BinaryOperator::Mul, _) => tape.multiply_rows(x, constant),
        (BinaryOperator::Sub, Side::Right) => {
            let negative = tape.scale(constant, -T::ONE);
            tape.add_to_rows(x, negative)
        }
        (BinaryOperator::Sub, Side::Left) => {
            let negative = tape.scale(x, -T::ONE);
            tape.add_to_rows(negative, constant)
        }
    }
}

/// One number for each channel of `x`.
fn filled<T: Real>(tape: &mut Tape<'_, T>, x: Var, number: f64) -> Var {
    let width = tape.value(x).shape().last().copied().unwrap_or(1);
    tape.constant(Tensor::new(vec![width], vec![T::of(number); width]))
}

/// The same pixels under other axes; a map has one.
fn rename<T: Real>(tape: &mut Tape<'_, T>, x: Var, rank: Rank) -> Var {
    let shape = tape.value(x).shape();
    if shape.len() == rank.axes() {
        return x;
    }
    let [count, width] = [shape[0], shape[shape.len() - 1]];
    tape.reshape(
        x,
        match rank {
            Rank::Maps => vec![count, 1, 1, width],
            Rank::Rows => vec![count, width],
        },
    )
}

fn size<T: Real>(tape: &Tape<'_, T>, maps: Var) -> [usize; 2] {
    let shape = tape.value(maps).shape();
    [shape[1], shape[2]]
}
