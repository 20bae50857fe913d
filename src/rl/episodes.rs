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
mod tests;
