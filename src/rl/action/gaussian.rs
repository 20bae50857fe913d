//! A normal density over the square, `N(sigmoid(x), std^2)` for row and column.

use std::f64::consts::TAU;

use crate::nn::tape::{Tape, Var};
use crate::nn::{Real, Tensor};

use super::Density;

/// The mean of each image, [n, 2], from the actor's output, [n, 2].
pub(super) fn means<T: Real>(tape: &mut Tape<'_, T>, output: Var) -> Var {
    tape.sigmoid(output)
}

/// A point an image: the mean, or the mean moved by `std` times two normal numbers. It is clipped
/// to the square, and the clipped point is what counts from then on.
pub(super) fn points<T: Real>(means: &Tensor<T>, std: f64, noise: Option<&[f64]>) -> Vec<[T; 2]> {
    let clip = |place: f64| T::of(place.clamp(0.0, 1.0));
    let point = |(row, mean): (usize, &[T])| {
        [0, 1].map(|axis| {
            let noise = noise.map_or(0.0, |noise| noise[2 * row + axis]);
            clip(mean[axis].wide() + std * noise)
        })
    };
    means.values().chunks_exact(2).enumerate().map(point).collect()
}

/// The logarithm of the density at one point an image, and the entropy, which is the same for all.
///
/// `log p(a) = -|a - m|^2 / (2 std^2) - log(2 pi std^2)`, `H = 1 + log(2 pi std^2)`.
pub(super) fn density<T: Real>(
    tape: &mut Tape<'_, T>,
    means: Var,
    std: f64,
    points: &[[T; 2]],
) -> Density {
    let count = points.len();
    let normaliser = libm::log(TAU * std * std);
    let points = tape.constant(Tensor::new(vec![count, 2], points.concat()));
    let away = tape.subtract(points, means);
    let squares = tape.multiply(away, away);
    let slope = T::of(-0.5 / (std * std));
    let slopes = tape.constant(Tensor::new(vec![1, 2], vec![slope; 2]));
    let exponents = tape.rows_times(squares, slopes);
    let exponents = tape.reshape(exponents, vec![count]);
    let same = |value: f64| Tensor::new(vec![count], vec![T::of(value); count]);
    let shift = tape.constant(same(-normaliser));
    Density { log: tape.add(exponents, shift), entropy: tape.constant(same(1.0 + normaliser)) }
}

#[cfg(test)]
mod tests {
    use crate::nn::tape::{Parameters, Recording};

    use super::*;

    #[test]
    fn points_are_clipped_before_their_density() {
        let parameters = Parameters::default();
        let mut tape = Tape::new(&parameters, Recording::Off);
        // A sigmoid of 0 is the middle.
        let output = tape.constant(Tensor::zeros(vec![2, 2]));
        let means = means(&mut tape, output);
        let noise = [6.0, 1.0, 0.0, -9.0];
        let points = points::<f64>(tape.value(means), 0.1, Some(&noise));
        assert_eq!(points, [[1.0, 0.6], [0.5, 0.0]]);
        let density = density(&mut tape, means, 0.1, &points);
        // -(.25 + .01) / .02 - log(.02 pi) = -13 + 2.7673, and -.25 / .02 - log(.02 pi).
        let normaliser = (0.02 * std::f64::consts::PI).ln();
        let found = tape.value(density.log).values();
        assert!((found[0] - (-13.0 - normaliser)).abs() < 1e-12, "{found:?}");
        assert!((found[1] - (-12.5 - normaliser)).abs() < 1e-12, "{found:?}");
        // Two one-dimensional entropies of (1 + log(2 pi .01)) / 2.
        let entropy = tape.value(density.entropy).values();
        assert!((entropy[1] - (1.0 + normaliser)).abs() < 1e-12, "{entropy:?}");
    }

    #[test]
    fn the_greedy_point_is_the_mean() {
        let means = Tensor::new(vec![1, 2], vec![0.25_f32, 0.75]);
        assert_eq!(points(&means, 0.1, None), [[0.25, 0.75]]);
    }
}
