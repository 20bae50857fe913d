//! Looking with an agent that has learnt: each image as often as it needs.

use crate::nn::tape::{Parameters, Recording, Tape};
use crate::nn::{Real, Tensor};

use super::action::Draw;
use super::agent::Agent;
use super::environment::Environment;
use super::stopping::Stopping;
use super::trace::{Trace, TracedLook};
use super::walk::{Step, Walk};

/// Lets an agent look at most T times at every image. An image that has been looked at enough
/// leaves the batch, so nothing is computed for it any more.
pub fn search<T: Real>(
    agent: &Agent,
    parameters: &Parameters<T>,
    environment: &mut dyn Environment<T>,
    stopping: &Stopping,
    draw: Draw<'_>,
) -> Vec<Trace> {
    let opening = environment.open();
    let predictions = opening.predictions.iter();
    let mut traces: Vec<Trace> =
        predictions.map(|class| Trace { opening: *class, looks: Vec::new() }).collect();
    let tape = Tape::new(parameters, Recording::Off);
    let mut walk = Walk::new(agent, tape, environment.images(), draw);
    let mut states = opening.states;
    for step in 1..=agent.policy().steps() {
        let (taken, _) = walk.look(environment, &states);
        let mut going_on = Vec::new();
        for (row, image) in walk.images().iter().enumerate() {
            let look = traced(&taken, row);
            traces[*image].looks.push(look);
            if !stopping.ends(step, look.reward) {
                going_on.push(row);
            }
        }
        if going_on.is_empty() {
            break;
        }
        states = match going_on.len() < walk.images().len() {
            true => {
                walk.keep(&going_on);
                rows(&taken.view.states, &going_on)
            }
            false => taken.view.states,
        };
    }
    traces
}

fn traced<T>(step: &Step<T>, row: usize) -> TracedLook {
    let (weight, joint, global) = (step.weights[row], step.view.joint[row], step.view.global[row]);
    TracedLook {
        cell: step.choices[row].cell,
        weight,
        joint,
        global,
        reward: weight * (joint + global),
        prediction: step.view.predictions[row],
    }
}

fn rows<T: Real>(states: &Tensor<T>, rows: &[usize]) -> Tensor<T> {
    let width = states.shape()[1];
    let kept = rows.iter().flat_map(|row| &states.values()[row * width..][..width]);
    Tensor::new(vec![rows.len(), width], kept.copied().collect())
}

#[cfg(test)]
mod tests;
