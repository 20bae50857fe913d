//! The clipped objective.
//!
//! ```text
//! J = mean over live steps of
//!     min(rho A, clip(rho, 1 - eps, 1 + eps) A) - c_value (V - G)^2 + c_entropy H
//! rho = p(a) / p_old(a),  A = G - V, a constant
//! ```

use crate::nn::tape::{Tape, Var};
use crate::nn::{Real, Tensor};

use super::super::returns::standardise;
use super::{Normalisation, Ppo, Said};

/// What an agent is held against: the steps that count, and the numbers of these.
#[derive(Clone, PartialEq, Debug)]
pub struct Targets<T> {
    /// The places of the live steps among all.
    pub live: Vec<usize>,
    /// The logarithm of the density when they were chosen.
    pub log_densities: Vec<T>,
    /// G, standardised if the settings say so.
    pub returns: Vec<T>,
}

/// The parts of an objective, each one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Objective {
    /// `-J`, which is minimised.
    pub loss: Var,
    /// The mean of the clipped term.
    pub policy: Var,
    /// The mean of `(V - G)^2`.
    pub value: Var,
    /// The mean entropy.
    pub entropy: Var,
    /// `log rho` of each live step.
    pub distances: Var,
}

/// Puts the objective on the tape. Steps that are not live are no part of it at all.
pub fn objective<T: Real>(
    tape: &mut Tape<'_, T>,
    said: &Said,
    targets: &Targets<T>,
    settings: &Ppo,
) -> Objective {
    let [logs, values, entropies] = [said.log_densities, said.values, said.entropies]
        .map(|all| tape.take_rows(all, targets.live.clone()));
    let old = column(tape, targets.log_densities.clone());
    let returns = column(tape, targets.returns.clone());
    let advantages = advantages(tape, values, targets, settings);
    let advantages = column(tape, advantages);

    let distances = tape.subtract(logs, old);
    let ratios = tape.exp(distances);
    let clipped = clip(tape, ratios, 1.0 - settings.clip, 1.0 + settings.clip);
    let plain = tape.multiply(ratios, advantages);
    let clipped = tape.multiply(clipped, advantages);
    let least = minimum(tape, plain, clipped);
    let policy = tape.mean(least);

    let error = tape.subtract(values, returns);
    let squares = tape.multiply(error, error);
    let value = tape.mean(squares);
    let entropy = tape.mean(entropies);

    let reward = tape.scale(entropy, T::of(settings.entropy_weight));
    let reward = tape.add(policy, reward);
    let penalty = tape.scale(value, T::of(settings.value_weight));
    let loss = tape.subtract(penalty, reward);
    Objective { loss, policy, value, entropy, distances }
}

/// `G - V` with the V of now, standardised if the settings say so.
fn advantages<T: Real>(
    tape: &Tape<'_, T>,
    values: Var,
    targets: &Targets<T>,
    settings: &Ppo,
) -> Vec<T> {
    let pairs = targets.returns.iter().zip(tape.value(values).values());
    let mut advantages: Vec<f64> = pairs.map(|(g, v)| g.wide() - v.wide()).collect();
    if settings.normalisation == Normalisation::Advantage {
        standardise(&mut advantages);
    }
    advantages.into_iter().map(T::of).collect()
}

fn column<T: Real>(tape: &mut Tape<'_, T>, values: Vec<T>) -> Var {
    tape.constant(Tensor::new(vec![values.len()], values))
}

fn clip<T: Real>(tape: &mut Tape<'_, T>, x: Var, least: f64, most: f64) -> Var {
    let count = tape.value(x).values().len();
    let [least, most] = [least, most].map(|bound| column(tape, vec![T::of(bound); count]));
    let raised = tape.maximum(&[x, least]);
    minimum(tape, raised, most)
}

fn minimum<T: Real>(tape: &mut Tape<'_, T>, left: Var, right: Var) -> Var {
    let negatives = [left, right].map(|x| tape.scale(x, -T::ONE));
    let negative = tape.maximum(&negatives);
    tape.scale(negative, -T::ONE)
}
