//! What attributes, poses and the marker look like in channel space.

use rand::seq::SliceRandom as _;
use rand::{Rng as _, RngExt as _};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the entries of a direction are drawn, before it is scaled to unit length.
///
/// Some entropy weights are ruled by the largest entries of a cell, so what they say of the same
/// scene depends on this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Entries {
    /// Evenly between 0.05 and 1: all channels of a direction say about as much.
    #[default]
    Uniform,
    /// As the square of a normal number: a few channels say most.
    SquaredNormal,
}

impl Entries {
    fn draw(self, rng: &mut ChaCha8Rng) -> f64 {
        // Never quite zero, so that there is a length to divide by.
        match self {
            Self::Uniform => rng.random_range(0.05..1.0),
            Self::SquaredNormal => {
                let one = normal(rng);
                (one * one).max(1e-3)
            }
        }
    }
}

/// One vector of unit length each, `[C]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Directions {
    /// Of the attributes.
    pub attributes: Vec<Vec<f64>>,
    /// Of the poses.
    pub poses: Vec<Vec<f64>>,
    /// Of the marker, which says "this belongs to the object".
    pub marker: Vec<f64>,
}

impl Directions {
    /// Draws all directions over so many `channels`, of which each uses half.
    #[must_use]
    pub fn draw(
        channels: usize,
        [attributes, poses]: [usize; 2],
        entries: Entries,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let mut one = || direction(channels, entries, rng);
        Self {
            attributes: (0..attributes).map(|_| one()).collect(),
            poses: (0..poses).map(|_| one()).collect(),
            marker: one(),
        }
    }
}

/// No entry below 0, half of them zero, scaled to unit length. Square roots are exact, so the bits
/// are the same on every machine.
fn direction(channels: usize, entries: Entries, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut places: Vec<usize> = (0..channels).collect();
    places.shuffle(rng);
    let mut direction = vec![0.0; channels];
    for place in &places[..channels.div_ceil(2)] {
        direction[*place] = entries.draw(rng);
    }
    let length = direction.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    direction.iter_mut().for_each(|entry| *entry /= length);
    direction
}

/// A number that is nearly normal with deviation 1: the sum of twelve uniform ones less six. Only
/// additions, so that the bits are the same on every machine.
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let uniform = |rng: &mut ChaCha8Rng| f64::from(rng.next_u32()) / f64::from(u32::MAX);
    (0..12).map(|_| uniform(rng)).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn directions_are_unit_sparse_and_not_negative() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let largest = [Entries::Uniform, Entries::SquaredNormal].map(|entries| {
            let found = Directions::draw(32, [24, 4], entries, &mut rng);
            assert_eq!((found.attributes.len(), found.poses.len()), (24, 4));
            for one in found.attributes.iter().chain(&found.poses).chain([&found.marker]) {
                assert!((one.iter().map(|entry| entry * entry).sum::<f64>() - 1.0).abs() < 1e-12);
                assert_eq!(one.iter().filter(|entry| **entry > 0.0).count(), 16);
                assert!(one.iter().all(|entry| *entry >= 0.0));
            }
            let largest = |one: &Vec<f64>| one.iter().copied().fold(0.0, f64::max);
            found.attributes.iter().map(largest).sum::<f64>() / 24.0
        });
        // Half of the channels share a length of 1: 0.25 each if all were equal.
        assert!(largest[0] < 0.45 && largest[1] > 0.6, "{largest:?}");
    }

    #[test]
    fn noise_has_mean_zero_and_deviation_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let drawn: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
