//! Wilcoxon's signed ranks (1945): are the differences symmetric about zero?

/// Up to so many differences that are not zero, p is counted out instead of approximated.
const EXACT: usize = 25;

/// What the signed ranks of paired differences say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SignedRank {
    /// How many differences are not zero; the others were dropped, as Wilcoxon did.
    pub n: usize,
    /// The sum of the ranks of the positive differences.
    pub positive: f64,
    /// The two-sided p; 1 where no difference is left.
    pub p: f64,
}

/// Ranks the magnitudes of all `differences` that are not zero; equal ones share the mean of their
/// ranks. Under symmetry each rank is positive or negative with equal chances; p is the chance of a
/// sum of positive ranks at least as far from its mean as the one found. Up to 25 differences all
/// 2^n signs are counted, ties included; above, the sum is taken for normal, with the variance
/// that ties leave and a correction of one half for its steps.
///
/// # Panics
/// If a difference is no number.
#[must_use]
pub fn signed_rank(differences: &[f64]) -> SignedRank {
    assert!(differences.iter().all(|difference| !difference.is_nan()), "differences are numbers");
    let mut left: Vec<f64> = differences.iter().copied().filter(|value| *value != 0.0).collect();
    left.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    let ranks = doubled_ranks(&left);
    let signed = left.iter().zip(&ranks).filter(|(difference, _)| **difference > 0.0);
    let positive: usize = signed.map(|(_, rank)| rank).sum();
    let p = if left.len() <= EXACT { exact(&ranks, positive) } else { normal(&ranks, positive) };
    SignedRank { n: left.len(), positive: number(positive) / 2.0, p }
}

/// Twice the rank of each of the sorted magnitudes, so that means of ranks are whole.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let mut ranks = Vec::with_capacity(sorted.len());
    for tied in sorted.chunk_by(|one, other| one.abs() == other.abs()) {
        let (first, last) = (ranks.len() + 1, ranks.len() + tied.len());
        ranks.extend(std::iter::repeat_n(first + last, tied.len()));
    }
    ranks
}

/// The share of all choices of signs whose positive ranks sum to something at least as unusual.
fn exact(ranks: &[usize], positive: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    // ways[s]: how many choices of signs among the ranks so far sum to s.
    let mut ways = vec![0_u64; total + 1];
    ways[0] = 1;
    let mut reached = 0;
    for rank in ranks {
        reached += rank;
        for sum in (*rank..=reached).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    // The sums lie symmetrically about total / 2.
    let tail: u64 = ways[..=positive.min(total - positive)].iter().sum();
    let all: u64 = ways.iter().sum();
    (2.0 * wide(tail) / wide(all)).min(1.0)
}

/// The same by the normal distribution. The variance of Σ ± rank / 2 is Σ rank² / 4: for ranks
/// without ties n (n + 1) (2n + 1) / 24, and a group of t ties takes (t³ - t) / 48 away.
fn normal(ranks: &[usize], positive: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    let distance = number(positive.abs_diff(total - positive)) / 4.0;
    let squares: usize = ranks.iter().map(|rank| rank * rank).sum();
    let deviation = (number(squares) / 16.0).sqrt();
    let z = (distance - 0.5).max(0.0) / deviation;
    libm::erfc(z / std::f64::consts::SQRT_2)
}

#[expect(clippy::cast_precision_loss, reason = "ranks of few runs")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "at most 2^25")]
fn wide(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
