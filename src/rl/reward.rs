//! What a look is worth.
//!
//! `q_t` is the sum of the joint and the global probability of the rewarded class after t looks,
//! `beta_t` the weight of look t. The paper's reward is `r_t = beta_t q_t`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is paid (A4, A32).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RewardForm {
    /// `beta_t q_t`, as the paper says. With a discount near 1 an agent gains by *not* reaching the
    /// threshold that ends the episode.
    Absolute,
    /// `beta_t (q_t - q_{t-1})`; `q_0` is that of a joint prediction that has seen nothing local.
    Delta,
    /// The absolute reward at the last step, nothing before.
    AbsoluteTerminalOnly,
    /// The absolute reward; that of the last step is paid again for every step that was saved.
    Absorbing,
}

impl RewardForm {
    /// The reward of each step as long as the episode goes on, `[T]`, from weights `[T]` and `q_0`
    /// to `q_T`.
    ///
    /// # Panics
    /// If there are not as many.
    #[must_use]
    pub fn earned(self, weights: &[f64], confidences: &[f64]) -> Vec<f64> {
        assert_eq!(confidences.len(), weights.len() + 1, "one confidence before the first look");
        match self {
            Self::Delta => {
                let gains = confidences.windows(2).map(|pair| pair[1] - pair[0]);
                gains.zip(weights).map(|(gain, weight)| weight * gain).collect()
            }
            _ => absolute(weights, &confidences[1..]),
        }
    }

    /// What each step of an episode that ends with step `stop` is paid, `[T]`; steps count from 1.
    ///
    /// # Panics
    /// If it ends before it begins or after step T.
    #[must_use]
    pub fn paid(self, earned: &[f64], stop: usize) -> Vec<f64> {
        assert!((1..=earned.len()).contains(&stop), "an episode ends with one of its steps");
        let at = |step: usize| match self {
            Self::AbsoluteTerminalOnly if step != stop => 0.0,
            Self::Absorbing => earned[step.min(stop) - 1],
            _ if step > stop => 0.0,
            _ => earned[step - 1],
        };
        (1..=earned.len()).map(at).collect()
    }
}

/// `beta_t q_t` of each step.
#[must_use]
pub fn absolute(weights: &[f64], confidences: &[f64]) -> Vec<f64> {
    weights.iter().zip(confidences).map(|(weight, confidence)| weight * confidence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [f64; 3] = [1.0, 2.0, 0.5];
    const CONFIDENCES: [f64; 4] = [0.25, 0.5, 0.25, 1.0];

    #[test]
    fn each_form_pays_what_it_says() {
        let paid = |form: RewardForm, stop| form.paid(&form.earned(&WEIGHTS, &CONFIDENCES), stop);
        assert_eq!(paid(RewardForm::Absolute, 2), [0.5, 0.5, 0.0]);
        assert_eq!(paid(RewardForm::Absolute, 3), [0.5, 0.5, 0.5]);
        assert_eq!(paid(RewardForm::Delta, 3), [0.25, -0.5, 0.375]);
        assert_eq!(paid(RewardForm::Delta, 1), [0.25, 0.0, 0.0]);
        assert_eq!(paid(RewardForm::AbsoluteTerminalOnly, 2), [0.0, 0.5, 0.0]);
        let earned = [0.5, 0.75, 0.125];
        assert_eq!(RewardForm::Absorbing.paid(&earned, 2), [0.5, 0.75, 0.75]);
    }
}
