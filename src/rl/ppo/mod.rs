//! Proximal policy optimisation of a rollout (section 1.7).
//!
//! One update: a rollout of the agent as it is, then K epochs over the whole batch, each a step
//! along the gradient of the clipped [`objective`]. The first epoch is about the agent that has just
//! looked, so what it computed then is differentiated as it stands: every ratio is exactly 1,
//! nothing is clipped, and with K = 1 the update is that of an advantage actor-critic. Later epochs
//! ask again, from an empty memory, what the agent has come to say of the same steps.

mod lesson;
mod objective;
mod said;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::Real;
use crate::nn::tape::{Outcome, Tape, Var};

use super::SettingError;
use super::agent::Agent;
use super::episodes::Episodes;
use super::rollout::Rollout;

pub use lesson::{Learnt, Lesson};
pub use objective::{Objective, Targets, objective};
pub use said::{Said, ask_again};

/// What is standardised over the live steps of a batch (A5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// The returns, for the critic and the advantage alike.
    Return,
    /// The advantage alone, anew in each epoch.
    Advantage,
    /// Nothing.
    None,
}

/// The settings of an update. The default is the paper's; what it leaves open is its lineage's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ppo {
    /// eps.
    pub clip: f64,
    /// The weight of the critic's squared error.
    pub value_weight: f64,
    /// The weight of the entropy.
    pub entropy_weight: f64,
    /// K, updates from one rollout (A6).
    pub epochs: usize,
    /// What is standardised.
    pub normalisation: Normalisation,
    /// The learning rate.
    pub rate: f64,
}

impl Default for Ppo {
    fn default() -> Self {
        Self {
            clip: 0.2,
            value_weight: 0.5,
            entropy_weight: 0.01,
            epochs: 1,
            normalisation: Normalisation::Return,
            rate: 3e-4,
        }
    }
}

/// What an epoch found before it changed the agent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Losses {
    /// `-J`.
    pub total: f64,
    /// The mean of the clipped term.
    pub policy: f64,
    /// The critic's mean squared error.
    pub value: f64,
    /// The mean entropy, in nats.
    pub entropy: f64,
    /// The share of live steps whose ratio lies outside the clip.
    pub clipped: f64,
    /// The mean of `log p_old - log p`: how far the agent has moved.
    pub drift: f64,
}

impl Ppo {
    /// The settings, if an update can run with them.
    ///
    /// # Errors
    /// [`SettingError`] names the first that is out of range.
    pub fn checked(self) -> Result<Self, SettingError> {
        let weights =
            [("value_weight", self.value_weight), ("entropy_weight", self.entropy_weight)];
        for (name, value) in weights {
            if !(value.is_finite() && value >= 0.0) {
                return Err(SettingError::out_of_range(name, value, "a finite number, 0 or more"));
            }
        }
        for (name, value) in [("clip", self.clip), ("rate", self.rate)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(SettingError::out_of_range(name, value, "a finite number above 0"));
            }
        }
        match self.epochs {
            0 => Err(SettingError::out_of_range("epochs", 0.0, "at least 1")),
            _ => Ok(self),
        }
    }

    /// What all epochs of an update are held against.
    #[must_use]
    pub fn targets<T: Real>(&self, rollout: &Rollout<T>, episodes: &Episodes) -> Targets<T> {
        let live = episodes.live();
        let returns = match self.normalisation {
            Normalisation::Return => episodes.standardised(),
            Normalisation::Advantage | Normalisation::None => episodes.returns.clone(),
        };
        let steps = rollout.steps.len();
        let old = |place: &usize| rollout.steps[place % steps].log_densities[place / steps];
        Targets {
            log_densities: live.iter().map(old).collect(),
            returns: live.iter().map(|place| T::of(returns[*place])).collect(),
            live,
        }
    }

    /// The objective of an agent as it is, and its gradient, on an empty tape that records.
    #[must_use]
    pub fn differentiate<T: Real>(
        &self,
        agent: &Agent,
        mut tape: Tape<'_, T>,
        rollout: &Rollout<T>,
        targets: &Targets<T>,
    ) -> (Losses, Outcome<T>) {
        let said = ask_again(agent, &mut tape, rollout);
        self.backward(tape, &said, targets)
    }

    fn backward<T: Real>(
        &self,
        mut tape: Tape<'_, T>,
        said: &Said,
        targets: &Targets<T>,
    ) -> (Losses, Outcome<T>) {
        let parts = objective(&mut tape, said, targets, self);
        (self.losses(&tape, &parts), tape.backward(parts.loss))
    }

    #[expect(clippy::cast_precision_loss, reason = "steps are far fewer than 2^53")]
    fn losses<T: Real>(&self, tape: &Tape<'_, T>, parts: &Objective) -> Losses {
        let number = |var: Var| tape.value(var).values()[0].wide();
        let distances = tape.value(parts.distances).values();
        let distances = || distances.iter().map(|distance| distance.wide());
        let count = distances().len().max(1) as f64;
        let is_outside = |distance: &f64| (libm::exp(*distance) - 1.0).abs() > self.clip;
        let outside = distances().filter(is_outside).count();
        Losses {
            total: number(parts.loss),
            policy: number(parts.policy),
            value: number(parts.value),
            entropy: number(parts.entropy),
            clipped: outside as f64 / count,
            drift: -distances().sum::<f64>() / count,
        }
    }
}
