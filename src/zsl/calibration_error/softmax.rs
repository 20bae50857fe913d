//! A confidence out of scores.

/// The probability that a softmax over `scores` gives to the one at `chosen`.
///
/// Infinite scores are taken as limits: those that are largest share all of it.
///
/// # Panics
/// If there is no such score.
#[must_use]
pub fn softmax_confidence(scores: &[f64], chosen: usize) -> f64 {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The largest is 1 by definition, also where a difference of infinities would be undefined.
    let weight = |score: f64| if score == most { 1.0 } else { libm::exp(score - most) };
    weight(scores[chosen]) / scores.iter().map(|score| weight(*score)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_share_and_large_ones_do_not_overflow() {
        assert_eq!(softmax_confidence(&[3.0, 3.0, 3.0, 3.0], 2), 0.25);
        // ln 3 above the other: 3 to 1.
        assert!((softmax_confidence(&[1e6 + 3_f64.ln(), 1e6], 0) - 0.75).abs() < 1e-9);
        assert_eq!(softmax_confidence(&[f64::INFINITY, 1.0, f64::INFINITY], 0), 0.5);
        assert_eq!(softmax_confidence(&[f64::NEG_INFINITY, f64::NEG_INFINITY], 1), 0.5);
    }
}
