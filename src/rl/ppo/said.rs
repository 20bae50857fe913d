//! What an agent says of all steps of a rollout.

use crate::nn::Real;
use crate::nn::tape::{Tape, Var};

use super::super::action::Visits;
use super::super::agent::Agent;
use super::super::rollout::Rollout;
use super::super::walk::Spoken;

/// What an agent says now of the steps of a rollout, each [N T], image by image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    /// The logarithm of the density of what was done.
    pub log_densities: Var,
    /// V.
    pub values: Var,
    /// The entropy of what could have been done.
    pub entropies: Var,
}

impl Said {
    /// Joins what was said step by step.
    pub(super) fn join<T: Real>(tape: &mut Tape<'_, T>, images: usize, spoken: &[Spoken]) -> Self {
        let mut join = |part: fn(&Spoken) -> Var| {
            let columns: Vec<Var> =
                spoken.iter().map(|step| tape.reshape(part(step), vec![images, 1])).collect();
            let table = tape.concat(&columns);
            tape.reshape(table, vec![images * spoken.len()])
        };
        Self {
            log_densities: join(|step| step.log_density),
            values: join(|step| step.value),
            entropies: join(|step| step.entropy),
        }
    }
}

/// Asks an agent what it says now of every step of a rollout, from an empty memory.
///
/// The states are known, so those of all steps are encoded in one product.
pub fn ask_again<T: Real>(agent: &Agent, tape: &mut Tape<'_, T>, rollout: &Rollout<T>) -> Said {
    let images = rollout.images();
    let policy = agent.policy();
    let encoded = agent.encode(tape, &rollout.all_states());
    let mut memory = agent.start(tape, images);
    let mut visits = Visits::none(images, policy.grid().cells());
    let mut spoken = Vec::with_capacity(rollout.steps.len());
    for (at, step) in rollout.steps.iter().enumerate() {
        let rows: Vec<usize> = (at * images..(at + 1) * images).collect();
        let states = encoded.keep(tape, &rows);
        let answer = agent.answer(tape, states, memory, &visits);
        let density = policy.density(tape, answer.distribution, &step.choices);
        spoken.push(Spoken {
            log_density: density.log,
            value: answer.value,
            entropy: density.entropy,
        });
        memory = answer.memory;
        visits.mark(step.choices.iter().map(|choice| choice.cell));
    }
    Said::join(tape, images, &spoken)
}
