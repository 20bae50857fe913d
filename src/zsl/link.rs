//! From logits to probabilities, with elementary functions that give the same bits everywhere.

/// Turns logits into probabilities that sum to one; returns the logarithm of the sum of their
/// exponentials.
///
/// # Panics
/// If there is no logit.
pub fn softmax(logits: &mut [f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for logit in &mut *logits {
        *logit = libm::exp(*logit - largest);
        sum += *logit;
    }
    logits.iter_mut().for_each(|probability| *probability /= sum);
    largest + libm::log(sum)
}

/// `1 / (1 + exp(-z))`.
#[must_use]
pub fn sigmoid(z: f64) -> f64 {
    let small = libm::exp(-z.abs());
    if z >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

/// The logarithm of [`sigmoid`], also where that is too small for a number.
#[must_use]
pub fn log_sigmoid(z: f64) -> f64 {
    z.min(0.0) - libm::log1p(libm::exp(-z.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_however_large_the_logits() {
        // exp(0) : exp(ln 3) = 1 : 3, with 1000 on both.
        let mut logits = [1000.0, 1000.0 + 3.0_f64.ln()];
        let log_sum = softmax(&mut logits);
        assert!((logits[0] - 0.25).abs() < 1e-12 && (logits[1] - 0.75).abs() < 1e-12);
        assert!((log_sum - 1000.0 - 4.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn the_logarithm_goes_on_where_the_probability_is_zero() {
        assert_eq!(sigmoid(0.0), 0.5);
        assert!((sigmoid(2.0) + sigmoid(-2.0) - 1.0).abs() < 1e-15);
        assert!((log_sigmoid(2.0) - sigmoid(2.0).ln()).abs() < 1e-15);
        assert_eq!(log_sigmoid(-1000.0), -1000.0);
        assert_eq!(log_sigmoid(1000.0), 0.0);
    }
}
