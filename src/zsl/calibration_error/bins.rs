//! Bins of confidences, and the error over them.

use super::Confidence;

/// Neighbouring ranges `(low, high]` of confidences; whatever is below the first belongs to it.
#[derive(Clone, PartialEq, Debug)]
pub struct Bins {
    /// The ends, rising; one more than there are bins.
    edges: Vec<f64>,
}

/// How an image is distributed over bins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weights {
    /// It belongs to the bin that its confidence lies in.
    One,
    /// It is shared by the two bins whose centres are on both sides of it, the nearer one getting
    /// more ("linear binning").
    Linear,
}

impl Bins {
    /// `count` bins of equal width from 0 to 1; at least one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are few bins")]
    pub fn equal_widths(count: usize) -> Self {
        let count = count.max(1);
        Self { edges: (0..=count).map(|edge| edge as f64 / count as f64).collect() }
    }

    /// At most `count` bins with equal numbers of images. Images of equal confidence share a bin,
    /// so there may be fewer.
    #[must_use]
    pub fn equal_counts(count: usize, confidences: &[Confidence]) -> Self {
        let mut scores: Vec<f64> = confidences.iter().map(|confidence| confidence.score).collect();
        scores.sort_by(f64::total_cmp);
        let (Some(&least), count) = (scores.first(), count.max(1)) else {
            return Self::equal_widths(count);
        };
        let last_of = |bin: usize| scores[(bin * scores.len()).div_ceil(count) - 1];
        let mut upper: Vec<f64> = (1..=count).map(last_of).collect();
        upper.dedup();
        Self { edges: std::iter::once(least).chain(upper).collect() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// Whether there is none, which cannot be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ends of a bin.
    ///
    /// # Panics
    /// If there is no such bin.
    #[must_use]
    pub fn range(&self, bin: usize) -> (f64, f64) {
        (self.edges[bin], self.edges[bin + 1])
    }

    /// The bin that a confidence lies in.
    #[must_use]
    pub fn position(&self, score: f64) -> usize {
        let below = self.edges[1..].partition_point(|edge| *edge < score);
        below.min(self.len() - 1)
    }

    fn centre(&self, bin: usize) -> f64 {
        f64::midpoint(self.edges[bin], self.edges[bin + 1])
    }

    /// The bins that share a confidence with their weights, which add up to one.
    fn shares(&self, score: f64, weights: Weights) -> [(usize, f64); 2] {
        if weights == Weights::One {
            return [(self.position(score), 1.0), (0, 0.0)];
        }
        let own = self.position(score);
        let left = if score < self.centre(own) { own.checked_sub(1) } else { Some(own) };
        let Some(left) = left else { return [(0, 1.0), (0, 0.0)] };
        if left + 1 == self.len() {
            return [(left, 1.0), (0, 0.0)];
        }
        let (low, high) = (self.centre(left), self.centre(left + 1));
        // Confidences one bit apart may leave no distance between two centres.
        let share = if high > low { (high - score) / (high - low) } else { 1.0 };
        [(left, share), (left + 1, 1.0 - share)]
    }
}

/// The expected calibration error over bins; 0 where there is no image.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 images")]
pub fn binned_error(confidences: &[Confidence], bins: &Bins, weights: Weights) -> f64 {
    let mut sums = vec![0.0; bins.len()];
    for confidence in confidences {
        for (bin, share) in bins.shares(confidence.score, weights) {
            sums[bin] += share * confidence.residual();
        }
    }
    let total: f64 = sums.iter().map(|sum: &f64| sum.abs()).sum();
    total / confidences.len().max(1) as f64
}
