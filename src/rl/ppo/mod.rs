//! Proximal policy optimisation of a rollout (section 1.7).
//!
//! One update: K epochs over the whole batch. Each looks at all sequences again from an empty
//! memory, with the agent as it is now, and follows the gradient of the clipped [`objective`]. With
//! K = 1 every ratio is exactly 1, nothing is clipped, and the update is that of an advantage
//! actor-critic.

mod objective;
#[cfg(test)]
mod tests;

use crate::nn::Real;
use crate::nn::optimiser::Optimiser;
use crate::nn::tape::{Outcome, Parameters, Recording, Tape, Var};

use super::SettingError;
use super::action::{Choice, Visits};
use super::agent::Agent;
use super::episodes::Episodes;
use super::rollout::Rollout;

pub use objective::{Objective, Said, Targets, objective};

/// What is standardised over the live steps of a batch (A5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

    /// Updates an agent by a rollout: K steps of `optimiser`, and what each found.
    pub fn update<T: Real>(
        &self,
        agent: &Agent,
        parameters: &mut Parameters<T>,
        optimiser: &mut dyn Optimiser<T>,
        rollout: &Rollout<T>,
        episodes: &Episodes,
    ) -> Vec<Losses> {
        let targets = self.targets(rollout, episodes);
        let mut epoch = || {
            let (losses, outcome) = self.differentiate(agent, parameters, rollout, &targets);
            optimiser.step(parameters, &outcome, self.rate);
            losses
        };
        (0..self.epochs).map(|_| epoch()).collect()
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

    /// The objective of an agent as it is, and its gradient.
    #[must_use]
    pub fn differentiate<T: Real>(
        &self,
        agent: &Agent,
        parameters: &Parameters<T>,
        rollout: &Rollout<T>,
        targets: &Targets<T>,
    ) -> (Losses, Outcome<T>) {
        let mut tape = Tape::new(parameters, Recording::On);
        let said = ask_again(agent, &mut tape, rollout);
        let parts = objective(&mut tape, &said, targets, self);
        (self.losses(&tape, &parts), tape.backward(parts.loss))
    }

    #[expect(clippy::cast_precision_loss, reason = "steps are far fewer than 2^53")]
    fn losses<T: Real>(&self, tape: &Tape<'_, T>, parts: &Objective) -> Losses {
        let number = |var: Var| tape.value(var).values()[0].wide();
        let ratios = || tape.value(parts.ratios).values().iter().map(|ratio| ratio.wide());
        let count = ratios().len().max(1) as f64;
        let outside = ratios().filter(|ratio| (ratio - 1.0).abs() > self.clip).count();
        Losses {
            total: number(parts.loss),
            policy: number(parts.policy),
            value: number(parts.value),
            entropy: number(parts.entropy),
            clipped: outside as f64 / count,
            drift: ratios().map(|ratio| -libm::log(ratio)).sum::<f64>() / count,
        }
    }
}

/// Asks an agent what it says now of every step of a rollout, from an empty memory.
pub fn ask_again<T: Real>(agent: &Agent, tape: &mut Tape<'_, T>, rollout: &Rollout<T>) -> Said {
    let images = rollout.images();
    let policy = agent.policy();
    let mut memory = agent.start(tape, images);
    let mut visits = Visits::none(images, policy.grid().cells());
    let mut columns: [Vec<Var>; 3] = Default::default();
    for (at, step) in rollout.steps.iter().enumerate() {
        let answer = agent.answer(tape, rollout.states(at), memory, &visits);
        let density = policy.density(tape, answer.distribution, &step.choices);
        for (column, var) in columns.iter_mut().zip([density.log, answer.value, density.entropy]) {
            column.push(tape.reshape(var, vec![images, 1]));
        }
        memory = answer.memory;
        visits.mark(step.choices.iter().map(|choice: &Choice<T>| choice.cell));
    }
    let count = images * rollout.steps.len();
    let [log_densities, values, entropies] = columns.map(|column| {
        let table = tape.concat(&column);
        tape.reshape(table, vec![count])
    });
    Said { log_densities, values, entropies }
}
