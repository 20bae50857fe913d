//! What the rest of an episode is worth.

/// What keeps a standardisation finite.
const EPSILON: f64 = 1e-5;

/// `G_t = r_t + gamma G_{t+1}`, `[T]`.
#[must_use]
pub fn discounted(rewards: &[f64], discount: f64) -> Vec<f64> {
    let mut returns = rewards.to_vec();
    for step in (1..returns.len()).rev() {
        returns[step - 1] += discount * returns[step];
    }
    returns
}

/// Subtracts the mean and divides by the standard deviation (unbiased, plus 1e-5).
#[expect(clippy::cast_precision_loss, reason = "steps are far fewer than 2^53")]
pub fn standardise(values: &mut [f64]) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    values.iter_mut().for_each(|value| *value = (*value - mean) / (deviation + EPSILON));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (E8)
    #[test]
    fn returns_are_the_sums_of_discounted_rewards() {
        let rewards = [1.0, -2.0, 0.5, 4.0];
        let naive = |from: usize| -> f64 {
            let later = (0..).zip(&rewards[from..]);
            later.map(|(after, reward)| 0.9_f64.powi(after) * reward).sum()
        };
        for (step, found) in discounted(&rewards, 0.9).into_iter().enumerate() {
            assert!((found - naive(step)).abs() < 1e-12, "step {step}: {found}");
        }
        assert_eq!(discounted(&rewards, 0.0), rewards);
    }

    #[test]
    fn standardised_values_have_mean_0_and_unbiased_deviation_1() {
        // Mean 4, deviation sqrt((9 + 1 + 16) / 2) = sqrt 13.
        let mut values = [1.0, 3.0, 8.0];
        standardise(&mut values);
        let scale = 13.0_f64.sqrt() + 1e-5;
        assert_eq!(values, [-3.0 / scale, -1.0 / scale, 4.0 / scale]);
        let mut one = [5.0];
        standardise(&mut one);
        assert_eq!(one, [0.0]);
    }
}
