//! Where the episodes of a rollout end, and what they are worth.

use crate::nn::Real;

use super::returns::{discounted, standardise};
use super::reward::{RewardForm, absolute};
use super::rollout::Rollout;
use super::stopping::Stopping;

/// What an agent works for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rules {
    /// What is paid.
    pub form: RewardForm,
    /// What ends an episode; [`Stopping::NEVER`] where sigma does not end it in training.
    pub stopping: Stopping,
    /// gamma; .99 in the paper.
    pub discount: f64,
}

/// A rollout by its rules. Tables are [N, T], image by image.
#[derive(Clone, PartialEq, Debug)]
pub struct Episodes {
    steps: usize,
    /// The last step of each image, counted from 1.
    pub stops: Vec<usize>,
    /// What each step earns, as if no episode had ended.
    pub earned: Vec<f64>,
    /// `G_t`; 0 after the end.
    pub returns: Vec<f64>,
}

impl Episodes {
    /// Judges a rollout. Whatever is paid, it is the absolute reward that ends an episode.
    #[must_use]
    pub fn of<T: Real>(rollout: &Rollout<T>, rules: &Rules) -> Self {
        let steps = rollout.steps.len();
        let mut episodes = Self { steps, stops: vec![], earned: vec![], returns: vec![] };
        for image in 0..rollout.images() {
            episodes.push(&rollout.weights(image), &rollout.confidences(image), rules);
        }
        episodes
    }

    fn push(&mut self, weights: &[f64], confidences: &[f64], rules: &Rules) {
        let rewards = absolute(weights, &confidences[1..]);
        let stop = rules.stopping.stop(rewards.into_iter());
        let earned = rules.form.earned(weights, confidences);
        let mut returns = discounted(&rules.form.paid(&earned, stop), rules.discount);
        returns[stop..].fill(0.0);
        self.stops.push(stop);
        self.earned.extend(earned);
        self.returns.extend(returns);
    }

    /// The places of the steps that were taken before the end, in the tables.
    #[must_use]
    pub fn live(&self) -> Vec<usize> {
        let episodes = self.stops.iter().enumerate();
        episodes.flat_map(|(image, stop)| (0..*stop).map(move |t| image * self.steps + t)).collect()
    }

    /// The returns, standardised over the live steps; 0 after the end.
    #[must_use]
    pub fn standardised(&self) -> Vec<f64> {
        let live = self.live();
        let mut values: Vec<f64> = live.iter().map(|place| self.returns[*place]).collect();
        standardise(&mut values);
        let mut table = vec![0.0; self.returns.len()];
        live.into_iter().zip(values).for_each(|(place, value)| table[place] = value);
        table
    }

    /// The mean number of steps.
    #[must_use]
    pub fn mean_steps(&self) -> f64 {
        ratio(self.live().len(), self.stops.len())
    }

    /// The mean reward of a live step.
    #[must_use]
    pub fn mean_reward(&self) -> f64 {
        let live = self.live();
        live.iter().map(|place| self.earned[*place]).sum::<f64>() * ratio(1, live.len())
    }

    /// The share of episodes that end before step T. Falling rewards in ever longer episodes say
    /// that an agent has learnt to stay below sigma.
    #[must_use]
    pub fn share_ended_early(&self) -> f64 {
        let early = self.stops.iter().filter(|stop| **stop < self.steps).count();
        ratio(early, self.stops.len())
    }
}

#[expect(clippy::cast_precision_loss, reason = "steps are far fewer than 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episodes(form: RewardForm, sigma: f64) -> Episodes {
        let rules = Rules { form, stopping: Stopping::new(sigma, 1).unwrap(), discount: 0.5 };
        let mut episodes = Episodes { steps: 3, stops: vec![], earned: vec![], returns: vec![] };
        episodes.push(&[1.0; 3], &[0.0, 0.25, 1.0, 0.5], &rules);
        episodes.push(&[2.0, 1.0, 1.0], &[0.5, 0.25, 0.25, 0.75], &rules);
        episodes
    }

    #[test]
    fn what_comes_after_the_end_counts_nothing() {
        let episodes = episodes(RewardForm::Absolute, 0.75);
        assert_eq!(episodes.stops, [2, 3]);
        assert_eq!(episodes.live(), [0, 1, 3, 4, 5]);
        assert_eq!(episodes.earned, [0.25, 1.0, 0.5, 0.5, 0.25, 0.75]);
        // .25 + .5 * 1; .25 + .5 * .75 = .625, .5 + .5 * .625.
        assert_eq!(episodes.returns, [0.75, 1.0, 0.0, 0.8125, 0.625, 0.75]);
        assert_eq!(episodes.mean_steps(), 2.5);
        assert_eq!(episodes.mean_reward(), 0.55);
        assert_eq!(episodes.share_ended_early(), 0.5);
        let standardised = episodes.standardised();
        assert_eq!(standardised[2], 0.0);
        assert!((standardised.iter().sum::<f64>()).abs() < 1e-12);
    }

    #[test]
    fn steps_saved_are_paid_where_the_end_absorbs() {
        let episodes = episodes(RewardForm::Absorbing, 0.75);
        // 1 + .5 * 1, and .25 + .5 * 1.5; the saved step is no decision, so it is not live.
        assert_eq!(episodes.returns[..3], [1.0, 1.5, 0.0]);
    }

    #[test]
    fn increments_are_paid_but_the_absolute_reward_ends() {
        let episodes = episodes(RewardForm::Delta, 0.75);
        assert_eq!(episodes.stops, [2, 3]);
        assert_eq!(episodes.earned[..3], [0.25, 0.75, -0.5]);
        assert_eq!(episodes.returns[..3], [0.625, 0.75, 0.0]);
    }
}
