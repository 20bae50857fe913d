//! When an image has been looked at enough.

use super::SettingError;

/// The first step whose absolute reward reaches sigma is the last one; the test begins with
/// `min_steps` (A27). Steps count from 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stopping {
    sigma: f64,
    min_steps: usize,
}

impl Stopping {
    /// Nothing is enough: all T steps. What training without an end by sigma (A31) uses, and what
    /// gives a trace from which every other rule follows.
    pub const NEVER: Self = Self { sigma: f64::INFINITY, min_steps: 1 };

    /// A threshold and the first step that it is tested at.
    ///
    /// # Errors
    /// [`SettingError`] if sigma is not a number or `min_steps` is 0.
    pub fn new(sigma: f64, min_steps: usize) -> Result<Self, SettingError> {
        if sigma.is_nan() {
            return Err(SettingError::out_of_range("sigma", sigma, "a number"));
        }
        if min_steps == 0 {
            return Err(SettingError::out_of_range("min_steps", 0.0, "at least 1"));
        }
        Ok(Self { sigma, min_steps })
    }

    /// The rule with sigma times the mean weight (A34), so that a search with weights and one
    /// without stop at comparable confidence.
    #[must_use]
    pub fn times(self, mean_weight: f64) -> Self {
        Self { sigma: self.sigma * mean_weight, ..self }
    }

    /// The threshold; none if nothing is enough.
    #[must_use]
    pub fn sigma(&self) -> Option<f64> {
        Some(self.sigma).filter(|sigma| sigma.is_finite())
    }

    /// Whether a step with this absolute reward is the last.
    #[must_use]
    pub fn ends(&self, step: usize, reward: f64) -> bool {
        step >= self.min_steps && reward >= self.sigma
    }

    /// The last step of an episode with these absolute rewards; all of them if none ends it.
    #[must_use]
    pub fn stop(&self, rewards: impl ExactSizeIterator<Item = f64>) -> usize {
        let count = rewards.len();
        let mut steps = (1..).zip(rewards);
        steps.find(|(step, reward)| self.ends(*step, *reward)).map_or(count, |(step, _)| step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REWARDS: [f64; 4] = [0.4, 0.7, 0.3, 0.9];

    fn stop(sigma: f64, min_steps: usize) -> usize {
        Stopping::new(sigma, min_steps).unwrap().stop(REWARDS.into_iter())
    }

    #[test]
    fn the_first_reward_that_reaches_sigma_ends() {
        assert_eq!(
            [0.0, -1.0, 0.4, 0.41, 0.7, 0.71, 0.91].map(|sigma| stop(sigma, 1)),
            [1, 1, 1, 2, 2, 4, 4]
        );
        assert_eq!([1, 2, 3, 4].map(|first| stop(0.35, first)), [1, 2, 4, 4]);
        assert_eq!(Stopping::NEVER.stop(REWARDS.into_iter()), 4);
        assert_eq!(Stopping::new(1.0, 1).unwrap().times(0.5).stop(REWARDS.into_iter()), 2);
    }

    /// (E5): a reward lies in (0, 2 beta].
    #[test]
    fn steps_do_not_fall_with_sigma_and_sigma_above_two_beta_never_ends() {
        let sigmas: Vec<f64> = (0..=40).map(|step| f64::from(step) * 0.05).collect();
        let stops: Vec<usize> = sigmas.iter().map(|sigma| stop(*sigma, 1)).collect();
        assert!(stops.is_sorted() && stops[0] == 1 && *stops.last().unwrap() == 4, "{stops:?}");
        let best = [1.25; 3].map(|weight| weight * 2.0);
        assert_eq!(Stopping::new(2.5, 1).unwrap().stop(best.into_iter()), 1);
        assert_eq!(Stopping::new(2.51, 1).unwrap().stop(best.into_iter()), 3);
    }

    #[test]
    fn what_can_never_be_compared_is_refused() {
        assert!(Stopping::new(f64::NAN, 1).is_err());
        let error = Stopping::new(0.5, 0).unwrap_err();
        assert_eq!(error.to_string(), "`min_steps` is 0; expected at least 1");
    }
}
