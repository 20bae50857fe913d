//! t-SNE (van der Maaten and Hinton, 2008): points of many dimensions in the plane, neighbours beside
//! neighbours.
//!
//! The exact method: all pairs, no tree, so that the same points and numbers drawn give the same
//! picture for any number of threads. Its cost grows with the square of the points; it is meant for a
//! few thousand.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Iterations with exaggerated attraction, in which clusters form.
const EARLY: usize = 250;
/// By how much it is exaggerated.
const EXAGGERATION: f64 = 12.0;
/// Of the first iterations, and of the rest.
const MOMENTUM: [f64; 2] = [0.5, 0.8];
/// Halvings of the interval of a bandwidth: more than a `f64` can tell apart.
const HALVINGS: usize = 64;

/// How points are laid out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tsne {
    /// About how many neighbours a point has.
    pub perplexity: f64,
    /// Steps of gradient descent.
    pub iterations: usize,
}

impl Tsne {
    /// The places of points, [N, `width`] row by row, in the plane, around its origin.
    ///
    /// # Panics
    /// If the rows are not whole.
    #[must_use]
    pub fn layout(&self, points: &[f32], width: usize, rng: &mut ChaCha8Rng) -> Vec<[f64; 2]> {
        assert!(width > 0 && points.len().is_multiple_of(width), "rows are whole");
        let count = points.len() / width;
        let affinities = affinities(&distances(points, width), count, self.perplexity);
        // Small and at random, as in the paper's reference.
        let mut start = || 1e-4 * (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let mut places: Vec<[f64; 2]> = (0..count).map(|_| [start(), start()]).collect();
        let mut speeds = vec![[0.0; 2]; count];
        let mut gains = vec![[1.0; 2]; count];
        // scikit-learn's rule, after Belkina et al. (2019).
        let rate = (real(count) / EXAGGERATION / 4.0).max(50.0);
        for step in 0..self.iterations {
            let is_early = step < EARLY.min(self.iterations / 2);
            let exaggeration = if is_early { EXAGGERATION } else { 1.0 };
            let slopes = gradient(&affinities, &places, exaggeration);
            let momentum = MOMENTUM[usize::from(!is_early)];
            for at in 0..count {
                for axis in 0..2 {
                    let (slope, speed) = (slopes[at][axis], &mut speeds[at][axis]);
                    let gain: &mut f64 = &mut gains[at][axis];
                    // Faster where it goes on, slower where it turns.
                    *gain =
                        if slope * *speed > 0.0 { (*gain * 0.8).max(0.01) } else { *gain + 0.2 };
                    *speed = momentum * *speed - rate * *gain * slope;
                    places[at][axis] += *speed;
                }
            }
            centre(&mut places);
        }
        places
    }
}

/// Squared distances of all pairs, [N, N].
fn distances(points: &[f32], width: usize) -> Vec<f64> {
    let count = points.len() / width;
    let row = |at: usize| &points[at * width..][..width];
    let distance = |one: &[f32], other: &[f32]| {
        let pairs = one.iter().zip(other);
        pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>()
    };
    let of_row = |at: usize| (0..count).map(move |other| distance(row(at), row(other)));
    (0..count).into_par_iter().flat_map_iter(of_row).collect()
}

/// `p_ij`: symmetric, 0 on the diagonal, 1 in all, [N, N].
fn affinities(distances: &[f64], count: usize, perplexity: f64) -> Vec<f64> {
    let conditional: Vec<f64> = distances
        .par_chunks(count.max(1))
        .enumerate()
        .flat_map_iter(|(at, row)| conditional(row, at, perplexity))
        .collect();
    let half = 2.0 * real(count.max(1));
    let both = |(place, one): (usize, &f64)| {
        let mirrored = place % count * count + place / count;
        ((one + conditional[mirrored]) / half).max(1e-12)
    };
    let mut all: Vec<f64> = conditional.par_iter().enumerate().map(both).collect();
    (0..count).for_each(|at| all[at * count + at] = 0.0);
    all
}

/// `p_j|i` of one point, with the bandwidth that gives the perplexity.
fn conditional(row: &[f64], own: usize, perplexity: f64) -> Vec<f64> {
    // Nearest first, so that no exponential vanishes for all.
    let others = || row.iter().enumerate().filter(move |(at, _)| *at != own);
    let nearest = others().map(|(_, distance)| *distance).fold(f64::INFINITY, f64::min);
    let weigh = |precision: f64| -> Vec<f64> {
        let weight = |(at, distance): (usize, &f64)| match at == own {
            true => 0.0,
            false => libm::exp(-(distance - nearest) * precision),
        };
        let weights: Vec<f64> = row.iter().enumerate().map(weight).collect();
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / total.max(f64::MIN_POSITIVE)).collect()
    };
    let entropy = |shares: &[f64]| {
        -shares
            .iter()
            .filter(|share| **share > 0.0)
            .map(|share| share * libm::log(*share))
            .sum::<f64>()
    };
    let wanted = libm::log(perplexity.min(real(row.len().saturating_sub(1))));
    let (mut low, mut high, mut precision) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..HALVINGS {
        if entropy(&weigh(precision)) > wanted {
            low = precision;
            precision = if high.is_finite() { f64::midpoint(low, high) } else { precision * 2.0 };
        } else {
            high = precision;
            precision = f64::midpoint(low, high);
        }
    }
    weigh(precision)
}

/// How alike two places are, before all are scaled to 1 in all.
fn likeness(one: [f64; 2], other: [f64; 2]) -> f64 {
    1.0 / (1.0 + (one[0] - other[0]).powi(2) + (one[1] - other[1]).powi(2))
}

/// The sum of [`likeness`] over all pairs, row by row.
fn total(places: &[[f64; 2]]) -> f64 {
    let of_row = |at: usize| {
        let others = places.iter().enumerate().filter(|(other, _)| *other != at);
        others.map(|(_, other)| likeness(places[at], *other)).sum::<f64>()
    };
    (0..places.len()).into_par_iter().map(of_row).collect::<Vec<_>>().iter().sum()
}

/// The gradient of the Kullback-Leibler divergence of both likenesses, one pair of numbers a point.
fn gradient(affinities: &[f64], places: &[[f64; 2]], exaggeration: f64) -> Vec<[f64; 2]> {
    let total = total(places).max(f64::MIN_POSITIVE);
    let of_point = |at: usize| {
        let mut slope = [0.0; 2];
        for (other, place) in places.iter().enumerate().filter(|(other, _)| *other != at) {
            let near = likeness(places[at], *place);
            let pull = exaggeration * affinities[at * places.len() + other] - near / total;
            for axis in 0..2 {
                slope[axis] += 4.0 * pull * near * (places[at][axis] - place[axis]);
            }
        }
        slope
    };
    (0..places.len()).into_par_iter().map(of_point).collect()
}

fn centre(places: &mut [[f64; 2]]) {
    for axis in 0..2 {
        let mean = places.iter().map(|place| place[axis]).sum::<f64>() / real(places.len().max(1));
        places.iter_mut().for_each(|place| place[axis] -= mean);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand points")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// Three heaps of points in ten dimensions.
    fn heaps(each: usize) -> Vec<f32> {
        let mut rng = rng(1);
        let point = |at: usize| {
            let heap = at / each;
            (0..10).map(move |axis| if axis == heap { 6.0 } else { 0.0 })
        };
        (0..3 * each)
            .flat_map(point)
            .map(|centre| centre + rng.random_range(-1.0_f32..1.0))
            .collect()
    }

    #[test]
    fn every_point_has_as_many_neighbours_as_asked_for() {
        let points = heaps(20);
        let distances = distances(&points, 10);
        for perplexity in [5.0, 15.0] {
            for (at, row) in distances.chunks(60).enumerate() {
                let shares = conditional(row, at, perplexity);
                assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares[at] == 0.0);
                let positive = shares.iter().filter(|share| **share > 0.0);
                let entropy = -positive.map(|share| share * share.ln()).sum::<f64>();
                assert!((entropy.exp() - perplexity).abs() < 1e-6, "{}", entropy.exp());
            }
        }
        let affinities = affinities(&distances, 60, 5.0);
        assert!((affinities.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        assert!((0..3600).all(|at| affinities[at] == affinities[at % 60 * 60 + at / 60]));
    }

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives_of_the_divergence() {
        let points = heaps(4);
        let affinities = affinities(&distances(&points, 10), 12, 3.0);
        let mut rng = rng(2);
        let mut number = || rng.random_range(-1.0..1.0);
        let mut places: Vec<[f64; 2]> = (0..12).map(|_| [number(), number()]).collect();
        let divergence = |places: &[[f64; 2]]| {
            let total = total(places);
            let pairs = (0..144).filter(|at| at / 12 != at % 12);
            let term = |at: usize| {
                let near = likeness(places[at / 12], places[at % 12]) / total;
                affinities[at] * (affinities[at] / near).ln()
            };
            pairs.map(term).sum::<f64>()
        };
        let slopes = gradient(&affinities, &places, 1.0);
        for at in 0..12 {
            for axis in 0..2 {
                let mut moved = |step: f64| {
                    places[at][axis] += step;
                    let found = divergence(&places);
                    places[at][axis] -= step;
                    found
                };
                let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slopes[at][axis] - expected).abs() < 1e-7, "{at} {axis}");
            }
        }
    }

    #[test]
    fn heaps_stay_heaps_on_any_number_of_threads() {
        let points = heaps(25);
        let layout = Tsne { perplexity: 10.0, iterations: 400 };
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| layout.layout(&points, 10, &mut rng(3)))
        };
        let places = on(1);
        assert_eq!(places, on(2));
        assert_eq!(places, on(4));
        for (at, place) in places.iter().enumerate() {
            let distance =
                |other: usize| (place[0] - places[other][0]).hypot(place[1] - places[other][1]);
            let others = (0..75).filter(|other| *other != at);
            let nearest = others.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap();
            assert_eq!(nearest / 25, at / 25, "{at}");
        }
    }

    #[test]
    fn few_points_and_equal_points_have_places() {
        let layout = Tsne { perplexity: 30.0, iterations: 50 };
        assert!(layout.layout(&[], 3, &mut rng(4)).is_empty());
        for points in [vec![1.0; 3], vec![1.0; 12], vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0]] {
            let places = layout.layout(&points, 3, &mut rng(5));
            assert_eq!(places.len(), points.len() / 3);
            assert!(places.iter().flatten().all(|one| one.is_finite()), "{places:?}");
        }
    }
}
