//! The error without bins: by kernel density estimates.
//!
//! With `f` the density of all confidences and `f1` that of hits, the error at confidence `s` is
//! `| P(y=1) f1(s) / f(s) - s |`, and its mean `ECE_d = integral | P(y=1) f1(s) - s f(s) | ds`. Both
//! densities have the bandwidth of Silverman's rule, and are reflected at 0 and 1, beyond which no
//! confidence lies.
//!
//! Confidences are first shared by the two nearest places of a grid of 0.0003, so that the cost does
//! not grow with their number.

use super::Confidence;

/// Steps of the grid from 0 to 1: a step is 0.0003.
const STEPS: usize = 3333;

/// The factor of Silverman's rule of thumb: `0.9 min(sd, IQR / 1.34) n^(-1/5)` (1986, eq. 3.31).
const SILVERMAN: f64 = 0.9;
/// The distance of the quartiles of a normal distribution in standard deviations.
const NORMAL_QUARTILES: f64 = 1.34;

/// The expected calibration error by kernel density estimates; 0 where there is no image.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 images and places")]
pub fn density_error(confidences: &[Confidence]) -> f64 {
    if confidences.is_empty() {
        return 0.0;
    }
    let mut masses = [vec![0.0; STEPS + 1], vec![0.0; STEPS + 1]];
    for confidence in confidences {
        let at = (confidence.score * STEPS as f64).clamp(0.0, STEPS as f64);
        let left = place(at).min(STEPS - 1);
        let share = at - left as f64;
        let mass = &mut masses[usize::from(confidence.is_right)];
        mass[left] += 1.0 - share;
        mass[left + 1] += share;
    }
    let kernel = kernel(bandwidth(confidences) * STEPS as f64);
    let [misses, hits] = masses.map(|mass| smoothed(&mass, &kernel));
    let gap = |(place, (hit, miss)): (usize, (&f64, &f64))| {
        let score = place as f64 / STEPS as f64;
        let gap = (hit - score * (hit + miss)).abs();
        // The ends of the range count half, as trapezoids have it.
        if place == 0 || place == STEPS { gap / 2.0 } else { gap }
    };
    let sum: f64 = hits.iter().zip(&misses).enumerate().map(gap).sum();
    sum / confidences.len() as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place of the grid is a small number"
)]
fn place(at: f64) -> usize {
    at as usize
}

/// The bandwidth by Silverman's rule, at least one step.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 images")]
fn bandwidth(confidences: &[Confidence]) -> f64 {
    let mut scores: Vec<f64> = confidences.iter().map(|confidence| confidence.score).collect();
    scores.sort_by(f64::total_cmp);
    let count = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / count;
    let squares: f64 = scores.iter().map(|score| (score - mean) * (score - mean)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    let quartiles = (quantile(&scores, 3) - quantile(&scores, 1)) / NORMAL_QUARTILES;
    // Half of the images at one place leave no distance between quartiles.
    let spread = if quartiles > 0.0 { deviation.min(quartiles) } else { deviation };
    (SILVERMAN * spread * libm::pow(count, -0.2)).max(1.0 / STEPS as f64)
}

/// The quartile `quarter` of sorted numbers, on straight lines between them.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 images")]
fn quantile(sorted: &[f64], quarter: usize) -> f64 {
    let steps = (sorted.len() - 1) * quarter;
    let (left, share) = (steps / 4, (steps % 4) as f64 / 4.0);
    let right = (left + 1).min(sorted.len() - 1);
    sorted[left] + (sorted[right] - sorted[left]) * share
}

/// A Gaussian at distances of 0, 1, 2 … places, its whole sum being one.
#[expect(clippy::cast_precision_loss, reason = "there are few places")]
fn kernel(bandwidth: f64) -> Vec<f64> {
    let at = |distance: usize| {
        let ratio = distance as f64 / bandwidth;
        libm::exp(-0.5 * ratio * ratio)
    };
    let mut kernel: Vec<f64> = (0..=2 * STEPS).map(at).collect();
    let whole = kernel[0] + 2.0 * kernel[1..].iter().sum::<f64>();
    kernel.iter_mut().for_each(|value| *value /= whole);
    // Far away there is nothing to add.
    let end = kernel.iter().position(|value| *value == 0.0).unwrap_or(kernel.len());
    kernel.truncate(end);
    kernel
}

/// The mass at every place, spread by the kernel and reflected at both ends.
fn smoothed(mass: &[f64], kernel: &[f64]) -> Vec<f64> {
    let mut spread = vec![0.0; mass.len()];
    for (from, mass) in mass.iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
        for (to, spread) in spread.iter_mut().enumerate() {
            // From itself, from its mirror image below 0, and from that above 1.
            for distance in [from.abs_diff(to), from + to, 2 * STEPS - from - to] {
                *spread += mass * kernel.get(distance).copied().unwrap_or(0.0);
            }
        }
    }
    spread
}

#[cfg(test)]
mod tests;
