//! One update: a rollout, what it was worth, and K epochs.

use crate::nn::optimiser::Optimiser;
use crate::nn::tape::{Parameters, Recording, Tape};
use crate::nn::{Real, Workspace};

use super::super::action::{Draw, Noise};
use super::super::agent::Agent;
use super::super::environment::Environment;
use super::super::episodes::{Episodes, Rules};
use super::super::rollout::Rollout;
use super::super::walk::Walk;
use super::{Losses, Ppo, Said};

/// What an agent learns from once.
pub struct Lesson<'a, T: Real> {
    /// The images.
    pub environment: &'a mut dyn Environment<T>,
    /// What makes its actions random.
    pub noise: &'a Noise,
    /// What it works for.
    pub rules: &'a Rules,
    /// The memory of a lesson, for the next one.
    pub workspace: &'a Workspace<T>,
}

/// What came of a lesson.
#[derive(Clone, PartialEq, Debug)]
pub struct Learnt<T> {
    /// What the agent did before it was changed.
    pub rollout: Rollout<T>,
    /// What that was worth.
    pub episodes: Episodes,
    /// What each epoch found.
    pub losses: Vec<Losses>,
}

impl Ppo {
    /// Lets an agent look at a batch by chance and makes it better by what came of it: K steps of
    /// `optimiser`.
    pub fn learn<T: Real>(
        &self,
        agent: &Agent,
        parameters: &mut Parameters<T>,
        optimiser: &mut dyn Optimiser<T>,
        lesson: Lesson<'_, T>,
    ) -> Learnt<T> {
        let Lesson { environment, noise, rules, workspace } = lesson;
        let images = environment.images();
        let tape = Tape::within(workspace, parameters, Recording::On);
        let mut walk = Walk::new(agent, tape, images, Draw::Sampled(noise));
        let (rollout, spoken) = Rollout::along(&mut walk, environment, agent.policy().steps());
        let episodes = Episodes::of(&rollout, rules);
        let targets = self.targets(&rollout, &episodes);
        let mut tape = walk.into_tape();
        let said = Said::join(&mut tape, images, &spoken);
        let (losses, outcome) = self.backward(tape, &said, &targets);
        optimiser.step(parameters, &outcome, self.rate);
        let mut losses = vec![losses];
        for _ in 1..self.epochs {
            let tape = Tape::within(workspace, parameters, Recording::On);
            let (next, outcome) = self.differentiate(agent, tape, &rollout, &targets);
            optimiser.step(parameters, &outcome, self.rate);
            losses.push(next);
        }
        Learnt { rollout, episodes, losses }
    }
}
