//! From a state to what the memory takes in.

use crate::nn::Real;
use crate::nn::tape::{Dense, Gru, Tape, Var};

use super::AgentShape;
use super::initial::Initial;

/// `fc1`, `fc2` and the memory that follows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Encoder {
    pub(super) fc1: Dense,
    fc2: Dense,
    pub(super) gru: Gru,
}

/// States as the GRU reads them, [n, hidden].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoded {
    pub(super) actor: Var,
    pub(super) critic: Option<Var>,
}

impl Encoder {
    pub(super) fn new<T: Real>(
        initial: &mut Initial<'_, T>,
        prefix: &str,
        shape: &AgentShape,
    ) -> Self {
        let [first, second] = shape.hidden;
        Self {
            fc1: initial.dense(&format!("{prefix}fc1"), shape.state, first),
            fc2: initial.dense(&format!("{prefix}fc2"), first, second),
            gru: initial.gru(&format!("{prefix}gru"), second, shape.memory),
        }
    }

    /// [n, S] -> [n, hidden].
    pub(super) fn encode<T: Real>(&self, tape: &mut Tape<'_, T>, states: Var) -> Var {
        let hidden = tape.dense(self.fc1, states);
        let hidden = tape.relu(hidden);
        let hidden = tape.dense(self.fc2, hidden);
        tape.relu(hidden)
    }
}

impl Encoded {
    /// Only some states, in this order.
    pub(in crate::rl) fn keep<T: Real>(self, tape: &mut Tape<'_, T>, rows: &[usize]) -> Self {
        let mut keep = |states| tape.take_rows(states, rows.to_vec());
        Self { actor: keep(self.actor), critic: self.critic.map(keep) }
    }
}
