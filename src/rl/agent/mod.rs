//! The agent's network (section 1.7 of the specification; the paper's "policy and value").
//!
//! ```text
//! state ─▶ fc1 ─▶ relu ─▶ fc2 ─▶ relu ─▶ gru ─┬─▶ actor ─▶ policy
//!  [S]     1024            256      256 (h_t)  └─▶ critic ─▶ V
//! ```
//!
//! The state before the first look is g, later the v of the latest look; the GRU starts each image
//! from zeros (A8). With [`CriticEncoder::Separate`] (A7) the critic has an encoder of its own,
//! named `critic_encoder.fc1` and so on. States may be divided by a scale (A33), which is kept
//! among the parameters as `input_scale`, so that a saved agent is whole.

mod encoder;
mod initial;
mod scale;

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::tape::{Dense, ParameterId, ParameterKind, Parameters, Tape, Var};
use crate::nn::{Real, Tensor};

use super::SettingError;
use super::action::{Policy, Visits};
use encoder::Encoder;
use initial::Initial;

pub use encoder::Encoded;
pub use scale::{Deviation, InputScale};

/// Whether actor and critic read the same encoder (A7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CriticEncoder {
    /// The same.
    Shared,
    /// Each has its own, of the same widths.
    Separate,
}

/// The widths of an agent. The default is the paper's, for a ResNet-101.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentShape {
    /// Numbers of a state: those of g and v.
    pub state: usize,
    /// Outputs of `fc1` and `fc2`.
    pub hidden: [usize; 2],
    /// The hidden state of the GRU.
    pub memory: usize,
    /// Who reads what.
    pub critic: CriticEncoder,
}

impl Default for AgentShape {
    fn default() -> Self {
        Self { state: 2048, hidden: [1024, 256], memory: 256, critic: CriticEncoder::Shared }
    }
}

/// Where an agent's layers are among the parameters, and what its output means.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Agent {
    policy: Policy,
    memory: usize,
    encoder: Encoder,
    critic_encoder: Option<Encoder>,
    actor: Dense,
    critic: Dense,
    input_scale: Option<ParameterId>,
}

/// What an agent remembers of some images, [n, memory].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    actor: Var,
    critic: Option<Var>,
}

/// What an agent says of some images.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What to draw an action from, as [`Policy::distribution`] gives it.
    pub distribution: Var,
    /// V, `[n]`.
    pub value: Var,
    /// What it remembers from now on.
    pub memory: Memory,
}

impl Agent {
    /// Adds an agent to parameters; `prefix` begins all names, such as `agent.`.
    ///
    /// # Errors
    /// [`SettingError`] if a width is 0.
    pub fn new<T: Real>(
        parameters: &mut Parameters<T>,
        prefix: &str,
        shape: &AgentShape,
        policy: Policy,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, SettingError> {
        let widths = [shape.state, shape.hidden[0], shape.hidden[1], shape.memory];
        if widths.contains(&0) {
            return Err(SettingError::out_of_range("width of the agent", 0.0, "at least 1"));
        }
        let mut initial = Initial { parameters, rng };
        let encoder = Encoder::new(&mut initial, prefix, shape);
        let actor = initial.dense(&format!("{prefix}actor"), shape.memory, policy.outputs());
        let critic = initial.dense(&format!("{prefix}critic"), shape.memory, 1);
        let critic_encoder = match shape.critic {
            CriticEncoder::Shared => None,
            CriticEncoder::Separate => {
                Some(Encoder::new(&mut initial, &format!("{prefix}critic_encoder."), shape))
            }
        };
        let memory = shape.memory;
        Ok(Self { policy, memory, encoder, critic_encoder, actor, critic, input_scale: None })
    }

    /// The same agent, whose states are divided by `scale` from now on.
    ///
    /// # Errors
    /// [`SettingError`] unless there is one divisor a number of the state.
    pub fn with_input_scale<T: Real>(
        self,
        parameters: &mut Parameters<T>,
        prefix: &str,
        scale: &InputScale,
    ) -> Result<Self, SettingError> {
        let expected = parameters.get(self.encoder.fc1.weight).value().shape()[1];
        let divisors: Vec<T> = scale.divisors().iter().map(|divisor| T::of(*divisor)).collect();
        if divisors.len() != expected {
            return Err(SettingError::ScaleWidth { expected, found: divisors.len() });
        }
        let divisors = Tensor::new(vec![expected], divisors);
        let name = format!("{prefix}input_scale");
        let id = parameters.add(name, ParameterKind::Frozen, divisors);
        Ok(Self { input_scale: Some(id), ..self })
    }

    /// What its output means.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What it remembers of images that it has not seen: nothing.
    pub fn start<T: Real>(&self, tape: &mut Tape<'_, T>, images: usize) -> Memory {
        let nothing = tape.constant(Tensor::zeros(vec![images, self.memory]));
        Memory { actor: nothing, critic: self.critic_encoder.map(|_| nothing) }
    }

    /// Encodes states, [n, S], of whatever images and steps.
    ///
    /// # Panics
    /// If states have another width.
    pub fn encode<T: Real>(&self, tape: &mut Tape<'_, T>, states: &Tensor<T>) -> Encoded {
        let states = self.scaled(tape, states);
        let states = tape.constant(states);
        Encoded {
            actor: self.encoder.encode(tape, states),
            critic: self.critic_encoder.map(|encoder| encoder.encode(tape, states)),
        }
    }

    /// Takes in the next state of each image.
    ///
    /// # Panics
    /// If there are not as many states as memories.
    pub fn answer<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        states: Encoded,
        memory: Memory,
        visits: &Visits,
    ) -> Answer {
        let own = tape.gru(&self.encoder.gru, states.actor, memory.actor);
        let of_critic = self.critic_encoder.zip(states.critic).zip(memory.critic);
        let of_critic =
            of_critic.map(|((encoder, state), memory)| tape.gru(&encoder.gru, state, memory));
        let output = tape.dense(self.actor, own);
        let value = tape.dense(self.critic, of_critic.unwrap_or(own));
        let count = tape.value(value).shape()[0];
        Answer {
            distribution: self.policy.distribution(tape, output, visits),
            value: tape.reshape(value, vec![count]),
            memory: Memory { actor: own, critic: of_critic },
        }
    }

    fn scaled<T: Real>(&self, tape: &mut Tape<'_, T>, states: &Tensor<T>) -> Tensor<T> {
        let mut scaled = states.clone();
        if let Some(id) = self.input_scale {
            let scale = tape.parameter(id);
            let divisors = tape.value(scale).values();
            for row in scaled.values_mut().chunks_exact_mut(divisors.len()) {
                row.iter_mut().zip(divisors).for_each(|(value, by)| *value = *value / *by);
            }
        }
        scaled
    }
}

impl Memory {
    /// Only some images, in this order.
    pub(super) fn keep<T: Real>(self, tape: &mut Tape<'_, T>, rows: &[usize]) -> Self {
        let mut keep = |memory| tape.take_rows(memory, rows.to_vec());
        Self { actor: keep(self.actor), critic: self.critic.map(keep) }
    }
}

#[cfg(test)]
mod tests;
