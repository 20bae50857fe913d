//! The differences of two methods over paired runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::signed_rank::signed_rank;
use super::student::{quantile, two_sided_p};

/// 2^40. Differences are rounded to its inverse, about 1e-12: shares of images differ by far more,
/// and what the subtraction of two fractions leaves below it would break ties and give equal
/// differences a deviation.
const RESOLUTION: f64 = 1_099_511_627_776.0;

/// Two methods over paired runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PairedDifference {
    /// How many pairs.
    pub n: usize,
    /// The mean of a.
    pub mean_a: f64,
    /// The mean of b.
    pub mean_b: f64,
    /// The mean of a - b.
    pub mean: f64,
    /// How sure the mean difference is; none for a single pair.
    pub spread: Option<Spread>,
}

/// How sure a mean difference is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    /// The standard deviation of the differences with n - 1 below the sum.
    pub sd: f64,
    /// The interval of the mean difference by Student's t.
    pub interval: (f64, f64),
    /// The mean in units of its standard error; none if all differences are equal.
    pub t: Option<f64>,
    /// The two-sided p of the paired t test. Equal differences have p = 0, or 1 if they are zero.
    pub t_p: f64,
    /// The two-sided p of Wilcoxon's signed ranks.
    pub rank_p: f64,
    /// What the interval says.
    pub verdict: Verdict,
}

/// Which side is higher.
///
/// The rule: a side is higher if the t interval of the mean difference leaves out zero, which is to say
/// that the paired t test has p < 1 - confidence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The interval lies above zero.
    AHigher,
    /// The interval lies below zero.
    BHigher,
    /// The interval holds zero.
    WithinNoise,
}

/// A side of a difference a - b.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Verdict {
    /// The verdict in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AHigher => "a higher",
            Self::BHigher => "b higher",
            Self::WithinNoise => "within noise",
        }
    }

    /// The verdict on the claim that `higher` is higher, in words.
    #[must_use]
    pub fn on(self, higher: Side) -> &'static str {
        match (self, higher) {
            (Self::AHigher, Side::A) | (Self::BHigher, Side::B) => "confirmed",
            (Self::AHigher, Side::B) | (Self::BHigher, Side::A) => "refuted",
            (Self::WithinNoise, _) => self.name(),
        }
    }

    fn of((low, high): (f64, f64)) -> Self {
        if low > 0.0 {
            Self::AHigher
        } else if high < 0.0 {
            Self::BHigher
        } else {
            Self::WithinNoise
        }
    }
}

impl PairedDifference {
    /// Compares the values of each pair, a and b; none if there is no pair.
    ///
    /// # Panics
    /// If a value is not finite, or `confidence` is not between 0 and 1.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)], confidence: f64) -> Option<Self> {
        if pairs.is_empty() {
            return None;
        }
        let n = pairs.len();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / number(n);
        let differences: Vec<f64> =
            pairs.iter().map(|(a, b)| ((a - b) * RESOLUTION).round() / RESOLUTION).collect();
        assert!(differences.iter().all(|value| value.is_finite()), "values are finite");
        Some(Self {
            n,
            mean_a: mean(&pairs.iter().map(|(a, _)| *a).collect::<Vec<_>>()),
            mean_b: mean(&pairs.iter().map(|(_, b)| *b).collect::<Vec<_>>()),
            mean: mean(&differences),
            spread: (n > 1).then(|| Spread::of(&differences, mean(&differences), confidence)),
        })
    }
}

impl Spread {
    fn of(differences: &[f64], mean: f64, confidence: f64) -> Self {
        let degrees = differences.len() - 1;
        let is_constant = differences.iter().all(|value| *value == differences[0]);
        let squares: f64 = differences.iter().map(|value| (value - mean) * (value - mean)).sum();
        let sd = if is_constant { 0.0 } else { (squares / number(degrees)).sqrt() };
        let error = sd / number(differences.len()).sqrt();
        let t = (!is_constant).then(|| mean / error);
        let half = quantile(confidence, degrees) * error;
        let interval = (mean - half, mean + half);
        Self {
            sd,
            interval,
            t,
            t_p: t.map_or(if mean == 0.0 { 1.0 } else { 0.0 }, |t| two_sided_p(t, degrees)),
            rank_p: signed_rank(differences).p,
            verdict: Verdict::of(interval),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64, within: f64) {
        assert!((left - right).abs() <= within, "{left} is not {right}");
    }

    /// Pairs with these differences, around values that are not round.
    fn pairs(differences: &[f64]) -> Vec<(f64, f64)> {
        let base = [0.31, 0.47, 0.295, 0.333, 0.612, 0.108];
        differences.iter().zip(base.iter().cycle()).map(|(d, b)| (b + d, *b)).collect()
    }

    #[test]
    fn three_pairs_are_what_a_pencil_says() {
        // Differences 1 2 3: mean 2, sd 1, t = 2 sqrt(3) = 3.4641 with two degrees of freedom, whose
        // p = 1 - t / sqrt(2 + t²) = 1 - 3.4641 / sqrt(14) = 0.0741799. Half the interval is
        // 4.302653 / sqrt(3) = 2.484138. Three signs that agree: 2 / 8.
        let found = PairedDifference::of(&[(4.0, 3.0), (7.0, 5.0), (3.0, 0.0)], 0.95).unwrap();
        assert_eq!((found.n, found.mean), (3, 2.0));
        close(found.mean_a, 14.0 / 3.0, 1e-15);
        close(found.mean_b, 8.0 / 3.0, 1e-15);
        let spread = found.spread.unwrap();
        assert_eq!((spread.sd, spread.rank_p), (1.0, 0.25));
        close(spread.t.unwrap(), 3.464_101_615, 1e-9);
        close(spread.t_p, 0.074_179_900, 1e-9);
        close(spread.interval.0, 2.0 - 2.484_138, 1e-6);
        close(spread.interval.1, 2.0 + 2.484_138, 1e-6);
        assert_eq!(spread.verdict, Verdict::WithinNoise);
    }

    #[test]
    fn a_verdict_and_its_p_say_the_same() {
        for (shift, verdict) in
            [(0.5, Verdict::AHigher), (0.0, Verdict::WithinNoise), (-0.5, Verdict::BHigher)]
        {
            let differences = [0.11, -0.08, 0.02, -0.04].map(|value| value + shift);
            for confidence in [0.5, 0.9, 0.95] {
                let spread = PairedDifference::of(&pairs(&differences), confidence).unwrap();
                let spread = spread.spread.unwrap();
                assert_eq!(spread.verdict, verdict);
                assert_eq!(verdict != Verdict::WithinNoise, spread.t_p < 1.0 - confidence);
            }
        }
    }

    #[test]
    fn exchanging_the_sides_flips_the_signs_and_keeps_p() {
        let forward = pairs(&[0.02, 0.031, -0.004, 0.017, 0.02, 0.0]);
        let backward: Vec<_> = forward.iter().map(|(a, b)| (*b, *a)).collect();
        let one = PairedDifference::of(&forward, 0.95).unwrap();
        let other = PairedDifference::of(&backward, 0.95).unwrap();
        assert_eq!((one.mean, one.mean_a, one.mean_b), (-other.mean, other.mean_b, other.mean_a));
        let (one, other) = (one.spread.unwrap(), other.spread.unwrap());
        assert_eq!(one.interval, (-other.interval.1, -other.interval.0));
        assert_eq!((one.sd, one.t_p, one.rank_p), (other.sd, other.t_p, other.rank_p));
        assert_eq!(one.t.unwrap(), -other.t.unwrap());
    }

    #[test]
    fn equal_differences_have_no_deviation_though_floats_round() {
        let pairs = [(0.41, 0.31), (0.57, 0.47), (0.395, 0.295)];
        let subtracted = pairs.map(|(a, b)| a - b);
        assert!(subtracted[0] != subtracted[2], "these are not the same double");
        let found = PairedDifference::of(&pairs, 0.95);
        let spread = found.unwrap().spread.unwrap();
        assert_eq!((spread.sd, spread.t, spread.t_p), (0.0, None, 0.0));
        assert_eq!((spread.rank_p, spread.verdict), (0.25, Verdict::AHigher));
        let same = PairedDifference::of(&[(0.3, 0.3), (0.4, 0.4)], 0.95).unwrap();
        let spread = same.spread.unwrap();
        assert_eq!((same.mean, spread.sd, spread.t, spread.t_p), (0.0, 0.0, None, 1.0));
        assert_eq!((spread.interval, spread.rank_p), ((0.0, 0.0), 1.0));
        assert_eq!(spread.verdict, Verdict::WithinNoise);
    }

    #[test]
    fn a_single_pair_has_a_difference_and_nothing_else() {
        let found = PairedDifference::of(&[(0.5, 0.25)], 0.95).unwrap();
        assert_eq!((found.n, found.mean, found.spread), (1, 0.25, None));
        assert_eq!(PairedDifference::of(&[], 0.95), None);
    }
}
