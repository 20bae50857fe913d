//! Batch normalisation over rows, with the ReLU that usually follows.

use rayon::prelude::*;

use super::super::vector::widest;
use super::super::{Activation, Real, Tensor, Workspace};
use super::dense::rows_of;
use super::pointwise::{as_f64, written};
use super::{ParameterId, Tape, Var};

/// Rows that one task sums; part of the definition of a sum over rows.
const BLOCK_ROWS: usize = 128;

/// A batch normalisation, `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` a channel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BatchNorm {
    /// gamma, `[C]`.
    pub weight: ParameterId,
    /// beta, `[C]`.
    pub bias: ParameterId,
    /// The running mean, `[C]`.
    pub mean: ParameterId,
    /// The running variance, `[C]`, unbiased.
    pub variance: ParameterId,
    /// What keeps the quotient finite.
    pub epsilon: f64,
    /// The share of a batch in the running statistics.
    pub momentum: f64,
}

/// Which statistics normalise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Those of the batch; the running ones follow.
    Training,
    /// The running ones, which stay.
    Evaluation,
}

/// Mean and 1 / sqrt(variance + epsilon) of each channel.
struct Statistics<T> {
    mean: Vec<T>,
    scale: Vec<T>,
}

impl<T: Real> Tape<'_, T> {
    /// Normalises the last axis over all rows, [.., C], and applies what follows.
    ///
    /// # Panics
    /// If the channels do not fit.
    pub fn batch_norm(
        &mut self,
        layer: &BatchNorm,
        x: Var,
        mode: Mode,
        activation: Activation,
    ) -> Var {
        let (gamma, beta) = (self.parameter(layer.weight), self.parameter(layer.bias));
        let input = self.shared(x);
        let statistics = match mode {
            Mode::Training => self.batch_statistics(layer, &input),
            Mode::Evaluation => Statistics {
                mean: self.running(layer.mean).values().to_vec(),
                scale: inverse_root(self.running(layer.variance).values(), layer.epsilon),
            },
        };
        let weights = self.shared(gamma);
        let offset = self.value(beta).values();
        let channels = offset.len();
        assert_eq!(rows_of(&input).1, channels, "channels fit");
        let line = Line::new(statistics, weights.values(), offset, activation);
        let mut output = self.workspace.blank(input.shape().to_vec());
        line.apply(input.values(), output.values_mut());
        self.push(output, &[x, gamma, beta], move |gradient, gradients| {
            let (mut gradient, [plain, with_x]) =
                line.gradient_sums(&gradients.workspace, &input, gradient);
            for (var, sums) in [(beta, &plain), (gamma, &with_x)] {
                if gradients.wants(var) {
                    gradients.add(var, Tensor::new(vec![channels], narrow(sums)));
                }
            }
            if gradients.wants(x) {
                let share = match mode {
                    Mode::Training => 1.0 / as_f64(rows_of(&input).0.max(1)),
                    Mode::Evaluation => 0.0,
                };
                let of_batch = [&plain, &with_x].map(|sums| scaled(sums, share));
                line.input_gradient(&mut gradient, &input, &of_batch);
                gradients.add(x, gradient);
            }
        })
    }

    /// A running statistic as this pass has left it so far.
    fn running(&self, id: ParameterId) -> &Tensor<T> {
        self.buffers.get(&id).unwrap_or_else(|| self.parameters.get(id).value())
    }

    fn batch_statistics(&mut self, layer: &BatchNorm, input: &Tensor<T>) -> Statistics<T> {
        let (rows, channels) = rows_of(input);
        let count = as_f64(rows.max(1));
        let sums = column_sums(input, |sums, row| {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value.wide());
        });
        let mean: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        let squares = column_sums(input, |sums, row| {
            for ((sum, value), mean) in sums.iter_mut().zip(row).zip(&mean) {
                let distance = value.wide() - mean;
                *sum += distance * distance;
            }
        });
        let variance: Vec<f64> = squares.iter().map(|sum| sum / count).collect();
        let unbiased = count / (count - 1.0).max(1.0);
        let follow = |old: &Tensor<T>, new: &dyn Fn(usize) -> f64| {
            let old = old.values().iter().enumerate();
            let mix = |(at, old): (usize, &T)| {
                T::of((1.0 - layer.momentum) * old.wide() + layer.momentum * new(at))
            };
            Tensor::new(vec![channels], old.map(mix).collect())
        };
        let means = follow(self.running(layer.mean), &|at| mean[at]);
        let variances = follow(self.running(layer.variance), &|at| variance[at] * unbiased);
        self.buffers.insert(layer.mean, means);
        self.buffers.insert(layer.variance, variances);
        Statistics { mean: narrow(&mean), scale: inverse_root(&variance, layer.epsilon) }
    }
}

/// Sums over rows, one a channel, in blocks that are added in their order.
fn column_sums<T: Real>(input: &Tensor<T>, add: impl Fn(&mut [f64], &[T]) + Sync) -> Vec<f64> {
    let channels = rows_of(input).1;
    let partial = |block: &[T]| {
        let mut sums = vec![0.0; channels];
        widest!(block.chunks_exact(channels).for_each(|row| add(&mut sums, row)));
        sums
    };
    let blocks = input.values().par_chunks(BLOCK_ROWS * channels);
    total(&blocks.map(partial).collect::<Vec<_>>(), channels)
}

fn total(partial: &[Vec<f64>], channels: usize) -> Vec<f64> {
    let mut total = vec![0.0; channels];
    for sums in partial {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    total
}

/// A normalisation with its statistics: a line a channel.
struct Line<T> {
    mean: Vec<T>,
    /// 1 / sqrt(variance + epsilon).
    scale: Vec<T>,
    /// gamma times scale.
    slope: Vec<T>,
    beta: Vec<T>,
    activation: Activation,
}

impl<T: Real> Line<T> {
    fn new(statistics: Statistics<T>, gamma: &[T], beta: &[T], activation: Activation) -> Self {
        let Statistics { mean, scale } = statistics;
        let slope = gamma.iter().zip(&scale).map(|(a, b)| *a * *b).collect();
        Self { mean, scale, slope, beta: beta.to_vec(), activation }
    }

    fn channels(&self) -> usize {
        self.mean.len()
    }

    /// Mean, scale, slope and beta, as slices whose equal length the compiler sees: loops over
    /// channels are then free of checks, which keeps them in vector registers.
    fn parts(&self) -> [&[T]; 4] {
        let channels = self.channels();
        [&self.mean, &self.scale, &self.slope, &self.beta].map(|part| &part[..channels])
    }

    fn apply(&self, input: &[T], output: &mut [T]) {
        let channels = self.channels();
        let size = BLOCK_ROWS * channels;
        let least = match self.activation {
            Activation::None => T::of(f64::NEG_INFINITY),
            Activation::Relu => T::ZERO,
        };
        let [mean, _, slope, beta] = self.parts();
        let blocks = output.par_chunks_mut(size).zip(input.par_chunks(size));
        blocks.for_each(|(output, input)| {
            widest!({
                let rows = output.chunks_exact_mut(channels).zip(input.chunks_exact(channels));
                for (output, input) in rows {
                    for at in 0..channels {
                        let line = (input[at] - mean[at]) * slope[at] + beta[at];
                        output[at] = line.largest(least);
                    }
                }
            });
        });
    }

    /// The gradient where the activation let values through, its sums over rows, and those of its
    /// product with the normalised input.
    fn gradient_sums(
        &self,
        workspace: &Workspace<T>,
        input: &Tensor<T>,
        gradient: Tensor<T>,
    ) -> (Tensor<T>, [Vec<f64>; 2]) {
        let channels = self.channels();
        let size = BLOCK_ROWS * channels;
        let mut sums = Vec::new();
        let gradient = written(workspace, gradient, |to, from| {
            let blocks = to.par_chunks_mut(size).zip(input.values().par_chunks(size)).enumerate();
            sums = blocks
                .map(|(block, (to, input))| {
                    let from = from.map(|from| &from[block * size..]);
                    widest!(self.gradient_sums_of_block(input, to, from))
                })
                .collect();
        });
        let (plain, with_x): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        (gradient, [total(&plain, channels), total(&with_x, channels)])
    }

    /// The same for some rows, whose gradient is in `from` or else in `to`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is not inlined is not compiled for the unit")]
    #[expect(clippy::needless_bitwise_bool, reason = "a branch would end the use of vectors")]
    fn gradient_sums_of_block(
        &self,
        input: &[T],
        to: &mut [T],
        from: Option<&[T]>,
    ) -> (Vec<f64>, Vec<f64>) {
        let channels = self.channels();
        let all_flows = self.activation == Activation::None;
        let [mean, scale, slope, beta] = self.parts();
        let (mut plain, mut with_x) = (vec![0.0; channels], vec![0.0; channels]);
        let rows = to.chunks_exact_mut(channels).zip(input.chunks_exact(channels));
        for (row, (to, input)) in rows.enumerate() {
            if let Some(from) = from {
                to.copy_from_slice(&from[row * channels..][..channels]);
            }
            let (plain, with_x) = (&mut plain[..channels], &mut with_x[..channels]);
            for at in 0..channels {
                let distance = input[at] - mean[at];
                let flows = all_flows | (distance * slope[at] + beta[at] > T::ZERO);
                let above = if flows { to[at] } else { T::ZERO };
                to[at] = above;
                plain[at] += above.wide();
                with_x[at] += (above * (distance * scale[at])).wide();
            }
        }
        (plain, with_x)
    }

    /// `gamma scale (dy - mean(dy) - x mean(dy x))`, in place of dy. `of_batch` are the two means;
    /// zeros where the statistics do not depend on the input.
    fn input_gradient(
        &self,
        gradient: &mut Tensor<T>,
        input: &Tensor<T>,
        [plain, with_x]: &[Vec<T>; 2],
    ) {
        let channels = self.channels();
        let size = BLOCK_ROWS * channels;
        let [mean, scale, slope, _] = self.parts();
        let (plain, with_x) = (&plain[..channels], &with_x[..channels]);
        let blocks = gradient.values_mut().par_chunks_mut(size);
        blocks.zip(input.values().par_chunks(size)).for_each(|(gradient, input)| {
            widest!({
                let rows = gradient.chunks_exact_mut(channels).zip(input.chunks_exact(channels));
                for (gradient, input) in rows {
                    for at in 0..channels {
                        let x = (input[at] - mean[at]) * scale[at];
                        gradient[at] = (gradient[at] - plain[at] - x * with_x[at]) * slope[at];
                    }
                }
            });
        });
    }
}

fn inverse_root<T: Real, U: Real>(variance: &[U], epsilon: f64) -> Vec<T> {
    variance.iter().map(|variance| T::of(1.0 / (variance.wide() + epsilon).sqrt())).collect()
}

fn narrow<T: Real>(values: &[f64]) -> Vec<T> {
    scaled(values, 1.0)
}

fn scaled<T: Real>(values: &[f64], factor: f64) -> Vec<T> {
    values.iter().map(|value| T::of(value * factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_with, tensor};
    use super::super::{ParameterKind, Parameters, Recording};
    use super::*;

    fn layer(parameters: &mut Parameters<f64>, channels: usize) -> BatchNorm {
        let mut add = |name, kind, values| parameters.add(name, kind, values);
        BatchNorm {
            weight: add("gamma", ParameterKind::Weight, tensor(&[channels], 1)),
            bias: add("beta", ParameterKind::Weight, tensor(&[channels], 2)),
            mean: add("mean", ParameterKind::Buffer, tensor(&[channels], 3)),
            variance: add(
                "variance",
                ParameterKind::Buffer,
                Tensor::new(vec![channels], vec![0.7; channels]),
            ),
            epsilon: 1e-5,
            momentum: 0.1,
        }
    }

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        let mut parameters = Parameters::default();
        let layer = layer(&mut parameters, 3);
        for mode in [Mode::Training, Mode::Evaluation] {
            for activation in [Activation::None, Activation::Relu] {
                check_with(&parameters, &[vec![2, 2, 2, 3]], |tape, x| {
                    tape.batch_norm(&layer, x[0], mode, activation)
                });
            }
        }
    }

    /// (G1)
    #[test]
    fn running_statistics_follow_each_batch_of_a_pass() {
        let mut parameters = Parameters::default();
        let layer = layer(&mut parameters, 1);
        parameters.values_mut(layer.mean)[0] = 1.0;
        parameters.values_mut(layer.variance)[0] = 2.0;
        let mut tape = Tape::new(&parameters, Recording::Off);
        let x = tape.constant(Tensor::new(vec![2, 1], vec![2.0, 6.0]));
        // Mean 4, unbiased variance 8.
        tape.batch_norm(&layer, x, Mode::Training, Activation::None);
        tape.batch_norm(&layer, x, Mode::Training, Activation::None);
        let buffers = tape.into_buffers();
        assert!((buffers[&layer.mean].values()[0] - (0.9 * 1.3 + 0.4)).abs() < 1e-12);
        assert!((buffers[&layer.variance].values()[0] - (0.9 * 2.6 + 0.8)).abs() < 1e-12);
    }
}
