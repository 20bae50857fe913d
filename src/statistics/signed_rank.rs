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
mod tests {
    use super::*;

    #[test]
    fn five_pairs_that_agree_have_p_of_one_sixteenth() {
        // All positive: one of 2^5 choices of signs, and its mirror image.
        let found = signed_rank(&[0.1, 0.4, 0.2, 0.5, 0.3]);
        assert_eq!(found, SignedRank { n: 5, positive: 15.0, p: 2.0 / 32.0 });
    }

    #[test]
    fn a_pencil_counts_the_same() {
        // Ranks 1 2 3 4 with -1: the sums 0 and 1 are at least as far below 5 as 9 is above; so are 9
        // and 10: 4 of 16 choices.
        let found = signed_rank(&[-1.0, 2.0, 3.0, 4.0]);
        assert_eq!(found, SignedRank { n: 4, positive: 9.0, p: 0.25 });
    }

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        // Magnitudes 1 1 2 have the ranks 1.5 1.5 3. Sums: 0 1.5 1.5 3 3 4.5 4.5 6. The positive ones
        // sum to 4.5; at least as far from 3: 0, 1.5 twice, 4.5 twice, 6: 6 of 8.
        let found = signed_rank(&[1.0, -1.0, 2.0]);
        assert_eq!(found, SignedRank { n: 3, positive: 4.5, p: 0.75 });
    }

    #[test]
    fn zeros_are_dropped() {
        assert_eq!(signed_rank(&[0.0, 1.0, -0.0, 2.0]), signed_rank(&[1.0, 2.0]));
        assert_eq!(signed_rank(&[0.0, 0.0]), SignedRank { n: 0, positive: 0.0, p: 1.0 });
        assert_eq!(signed_rank(&[]), SignedRank { n: 0, positive: 0.0, p: 1.0 });
    }

    #[test]
    fn printed_critical_values_agree() {
        // Two-sided 5 %: the smaller sum may be at most 8 for ten pairs (Wilcoxon's table); each sum is
        // reached here by giving these ranks a negative sign.
        let with = |negative: &[usize]| {
            let signed = (1..=10).map(|rank| {
                let sign = if negative.contains(&rank) { -1.0 } else { 1.0 };
                sign * number(rank)
            });
            signed_rank(&signed.collect::<Vec<_>>()).p
        };
        assert!(with(&[8]) < 0.05 && with(&[9]) > 0.05, "{} {}", with(&[8]), with(&[9]));
        // One per cent: at most 3. The exact shares are 10 / 1024 and 14 / 1024.
        assert_eq!((with(&[3]), with(&[4])), (10.0 / 1024.0, 14.0 / 1024.0));
    }

    #[test]
    fn every_choice_of_signs_counted_one_by_one_gives_the_same() {
        let sizes = [1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 5.0, 8.0];
        let signed = |signs: u32| -> Vec<f64> {
            let sign = |bit: usize| if signs >> bit & 1 == 1 { 1.0 } else { -1.0 };
            sizes.iter().enumerate().map(|(bit, size)| sign(bit) * size).collect()
        };
        let sums: Vec<f64> = (0..256).map(|signs| signed_rank(&signed(signs)).positive).collect();
        for signs in 0..256 {
            let found = signed_rank(&signed(signs));
            let far = |sum: f64| (sum - 18.0).abs();
            let unusual = sums.iter().filter(|sum| far(**sum) >= far(found.positive)).count();
            assert_eq!(found.p, number(unusual) / 256.0, "{signs:b}");
        }
    }

    #[test]
    fn the_normal_takes_over_where_it_is_near() {
        for ties in [1, 3] {
            let sizes: Vec<f64> = (0..30).map(|rank| f64::from(rank / ties + 1)).collect();
            let ranks = doubled_ranks(&sizes);
            let total: usize = ranks.iter().sum();
            for positive in (0..=total).step_by(14) {
                let (near, true_p) = (normal(&ranks, positive), exact(&ranks, positive));
                assert!((near - true_p).abs() < 0.006, "{ties} {positive}: {near} {true_p}");
            }
        }
    }

    #[test]
    fn a_tie_takes_its_share_of_the_variance() {
        // n = 26, a tie of 3: n (n + 1) (2n + 1) / 24 - (27 - 3) / 48 = 1550.25 - 0.5.
        let sizes: Vec<f64> = (0..26).map(|rank| f64::from(i32::max(rank, 2))).collect();
        let squares: usize = doubled_ranks(&sizes).iter().map(|rank| rank * rank).sum();
        assert_eq!(number(squares) / 16.0, 1550.25 - 0.5);
        // All positive: z = (351 / 2 - 1 / 2) / sqrt(1549.75).
        let z = 175.0 / 1549.75_f64.sqrt();
        assert_eq!(signed_rank(&sizes.iter().map(|size| size + 1.0).collect::<Vec<_>>()).p, {
            libm::erfc(z / std::f64::consts::SQRT_2)
        });
    }
}
