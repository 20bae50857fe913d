//! What an agent did with a batch of images, while it stayed as it was.

use crate::nn::tape::{Parameters, Recording, Tape};
use crate::nn::{Real, Tensor};

use super::action::Draw;
use super::agent::Agent;
use super::environment::{Environment, View};
use super::walk::{Spoken, Step, Walk};

/// Every look at a batch. All images go on to the last step, whatever they find: where an episode
/// ends is decided afterwards, by [`Episodes`](super::Episodes).
#[derive(Clone, PartialEq, Debug)]
pub struct Rollout<T> {
    /// What was known before the first look.
    pub opening: View<T>,
    /// The looks.
    pub steps: Vec<Step<T>>,
}

impl<T: Real> Rollout<T> {
    /// Lets an agent look T times at every image.
    pub fn record(
        agent: &Agent,
        parameters: &Parameters<T>,
        environment: &mut dyn Environment<T>,
        draw: Draw<'_>,
    ) -> Self {
        let tape = Tape::new(parameters, Recording::Off);
        let mut walk = Walk::new(agent, tape, environment.images(), draw);
        Self::along(&mut walk, environment, agent.policy().steps()).0
    }

    /// Takes a walk to its end, and gives what was said on the way as well.
    pub(super) fn along(
        walk: &mut Walk<'_, T>,
        environment: &mut dyn Environment<T>,
        steps: usize,
    ) -> (Self, Vec<Spoken>) {
        let mut rollout = Self { opening: environment.open(), steps: Vec::with_capacity(steps) };
        let mut spoken = Vec::with_capacity(steps);
        for step in 0..steps {
            let (taken, said) = walk.look(environment, rollout.states(step));
            rollout.steps.push(taken);
            spoken.push(said);
        }
        (rollout, spoken)
    }

    /// How many images there are.
    #[must_use]
    pub fn images(&self) -> usize {
        self.opening.predictions.len()
    }

    /// What the agent was told before a look, counted from 0.
    #[must_use]
    pub fn states(&self, step: usize) -> &Tensor<T> {
        match step.checked_sub(1) {
            None => &self.opening.states,
            Some(before) => &self.steps[before].view.states,
        }
    }

    /// What the agent was told before all looks, [T N, S], step by step.
    #[must_use]
    pub(super) fn all_states(&self) -> Tensor<T> {
        let width = self.opening.states.shape()[1];
        let steps = (0..self.steps.len()).map(|step| self.states(step).values());
        let values = steps.collect::<Vec<_>>().concat();
        Tensor::new(vec![self.steps.len() * self.images(), width], values)
    }

    /// beta of each look at an image, `[T]`.
    #[must_use]
    pub fn weights(&self, image: usize) -> Vec<f64> {
        self.steps.iter().map(|step| step.weights[image]).collect()
    }

    /// `q_0` to `q_T` of an image.
    #[must_use]
    pub fn confidences(&self, image: usize) -> Vec<f64> {
        let views = std::iter::once(&self.opening).chain(self.steps.iter().map(|step| &step.view));
        views.map(|view| view.joint[image] + view.global[image]).collect()
    }
}
