//! What makes actions random: numbers that are drawn before the first look.

use std::f64::consts::TAU;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{Head, Policy};

/// How an agent chooses.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Draw<'a> {
    /// The most probable action: the mean of a density, the largest of probabilities.
    Greedy,
    /// By chance.
    Sampled(&'a Noise),
}

/// The random numbers of a batch, [N, T, W]. Those of an image depend neither on when others stop
/// nor on how many follow it.
#[derive(Clone, PartialEq, Debug)]
pub struct Noise {
    steps: usize,
    width: usize,
    values: Vec<f64>,
}

impl Noise {
    /// Draws what a policy needs for some images.
    #[must_use]
    pub fn draw(policy: &Policy, images: usize, rng: &mut ChaCha8Rng) -> Self {
        let (steps, width) = (policy.steps(), policy.head().noise_width());
        let count = images * steps * width;
        let values = match policy.head() {
            Head::Gaussian2d { .. } => (0..count).map(|_| normal(rng)).collect(),
            Head::Categorical => (0..count).map(|_| rng.random_range(0.0..1.0)).collect(),
        };
        Self { steps, width, values }
    }

    /// Takes given numbers, [N, T, W]: normal ones for a density, uniform ones in [0, 1) for
    /// probabilities.
    ///
    /// # Panics
    /// If they are not whole images.
    #[must_use]
    pub fn given(policy: &Policy, values: Vec<f64>) -> Self {
        let (steps, width) = (policy.steps(), policy.head().noise_width());
        assert_eq!(values.len() % (steps * width), 0, "noise is [N, T, W]");
        Self { steps, width, values }
    }

    /// The numbers of some images at a step, [n, W].
    pub(in crate::rl) fn rows(&self, step: usize, images: &[usize]) -> Vec<f64> {
        let row = |image: &usize| &self.values[(image * self.steps + step) * self.width..];
        images.iter().flat_map(|image| &row(image)[..self.width]).copied().collect()
    }
}

/// A normal number, by the polar form of Box and Muller; one of the pair is left unused.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let distance = 1.0 - rng.random_range(0.0..1.0);
    let angle = TAU * rng.random_range(0.0..1.0);
    (-2.0 * libm::log(distance)).sqrt() * libm::cos(angle)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::{Grid, Revisit};
    use super::*;

    fn policy(head: Head, steps: usize) -> Policy {
        Policy::new(head, Revisit::Forbidden, Grid { side: 4 }, steps).unwrap()
    }

    #[test]
    fn normal_numbers_have_mean_0_and_deviation_1() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let noise = Noise::draw(&policy(Head::Gaussian2d { std: 0.1 }, 2), 5_000, &mut rng);
        let count = noise.values.len() as f64;
        assert_eq!(count, 20_000.0);
        let mean = noise.values.iter().sum::<f64>() / count;
        let square = noise.values.iter().map(|value| value * value).sum::<f64>() / count;
        // Standard errors are .007 and .01.
        assert!(mean.abs() < 0.028 && (square - 1.0).abs() < 0.04, "{mean}, {square}");
        let beyond = noise.values.iter().filter(|value| value.abs() > 1.96).count() as f64;
        assert!((beyond / count - 0.05).abs() < 0.006, "{beyond}");
    }

    #[test]
    fn noise_of_an_image_does_not_depend_on_those_that_follow() {
        let draw = |images| {
            let mut rng = ChaCha8Rng::seed_from_u64(4);
            Noise::draw(&policy(Head::Categorical, 3), images, &mut rng)
        };
        let (few, many) = (draw(2), draw(5));
        assert_eq!(few.rows(2, &[1, 0]), many.rows(2, &[1, 0]));
        assert_ne!(many.rows(0, &[1]), many.rows(0, &[2]));
    }
}
