//! Slopes through time, the start of the memory, and what a scale does.

use super::super::Rollout;
use super::super::action::{Draw, Head};
use super::super::ppo::ask_again;
use super::super::testing::{HEADS, Toy, agent, numbers, policy, rng, sampled, shape};
use super::*;
use crate::nn::tape::Recording;

/// The sum of all that an agent says of a rollout, weighted by fixed numbers.
fn total(agent: &Agent, parameters: &Parameters<f64>, rollout: &Rollout<f64>) -> f64 {
    let mut tape = Tape::new(parameters, Recording::Off);
    let said = weighted(agent, &mut tape, rollout);
    tape.value(said).values()[0]
}

fn weighted(agent: &Agent, tape: &mut Tape<'_, f64>, rollout: &Rollout<f64>) -> Var {
    let said = ask_again(agent, tape, rollout);
    let parts = [said.log_densities, said.values, said.entropies].map(|part| {
        let count = tape.value(part).values().len();
        let weights = tape.constant(Tensor::new(vec![count], numbers(count, 6)));
        tape.multiply(part, weights)
    });
    let all = tape.concat(&parts);
    tape.sum(all)
}

/// (G2)
#[test]
fn slopes_through_an_episode_are_the_derivatives() {
    for head in HEADS {
        for critic in [CriticEncoder::Shared, CriticEncoder::Separate] {
            let (agent, parameters) = agent(head, critic);
            let (rollout, _) = sampled(&agent, &parameters, 3);
            let mut tape = Tape::new(&parameters, Recording::On);
            let sum = weighted(&agent, &mut tape, &rollout);
            let outcome = tape.backward(sum);
            for (id, parameter) in parameters.iter() {
                let found = outcome.of_parameter(id).expect("all layers are used");
                for (place, found) in found.values().iter().enumerate() {
                    let moved = |step: f64| {
                        let mut moved = parameters.clone();
                        moved.values_mut(id)[place] += step;
                        total(&agent, &moved, &rollout)
                    };
                    let expected = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                    let distance = (found - expected).abs();
                    let name = &parameter.name;
                    assert!(
                        distance < 1e-6 * expected.abs().max(1.0),
                        "{head:?} {critic:?} {name} [{place}]: {found}, {expected}"
                    );
                }
            }
        }
    }
}

/// (E10)
#[test]
fn two_images_of_a_batch_are_two_images_alone() {
    for head in HEADS {
        let (agent, parameters) = agent(head, CriticEncoder::Shared);
        let looks = |toy: &mut Toy| Rollout::record(&agent, &parameters, toy, Draw::Greedy);
        let toy = Toy::new(2);
        let both = looks(&mut Toy::new(2));
        for image in 0..2 {
            let alone = looks(&mut toy.only(&[image]));
            for (both, alone) in both.steps.iter().zip(&alone.steps) {
                assert_eq!(both.choices[image].cell, alone.choices[0].cell);
                assert!((both.values[image] - alone.values[0]).abs() < 1e-12);
                assert!((both.log_densities[image] - alone.log_densities[0]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn a_batch_leaves_nothing_behind() {
    let (agent, parameters) = agent(Head::Categorical, CriticEncoder::Shared);
    let mut toy = Toy::new(3);
    let looks = |toy: &mut Toy| Rollout::record(&agent, &parameters, toy, Draw::Greedy);
    let first = looks(&mut toy);
    assert_eq!(first, looks(&mut toy));
    assert_ne!(first.steps[0].values, first.steps[1].values);
}

#[test]
fn names_and_bounds_are_those_of_the_layers() {
    let mut parameters: Parameters<f32> = Parameters::default();
    let shape = shape(CriticEncoder::Separate);
    Agent::new(&mut parameters, "agent.", &shape, policy(Head::Categorical), &mut rng(1)).unwrap();
    let value = |name: &str| parameters.get(parameters.find(name).unwrap()).value();
    assert_eq!(value("agent.fc1.weight").shape(), [7, 5]);
    assert_eq!(value("agent.gru.weight_ih").shape(), [12, 6]);
    assert_eq!(value("agent.gru.weight_hh").shape(), [12, 4]);
    assert_eq!(value("agent.gru.bias_hh").shape(), [12]);
    assert_eq!(value("agent.actor.weight").shape(), [16, 4]);
    assert_eq!(value("agent.critic.bias").shape(), [1]);
    assert_eq!(value("agent.critic_encoder.fc2.weight").shape(), [6, 7]);
    let largest =
        |name: &str| value(name).values().iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    // 1 / sqrt 5 inputs, 1 / sqrt 4 hidden numbers.
    let (first, hidden) = (largest("agent.fc1.weight"), largest("agent.gru.weight_ih"));
    assert!((0.4..=0.448).contains(&first), "{first}");
    assert!((0.45..=0.5).contains(&hidden), "{hidden}");
}

#[test]
fn scaled_states_are_states_divided_beforehand() {
    let (plain, mut parameters) = agent(Head::Categorical, CriticEncoder::Shared);
    let scale = InputScale::new(vec![0.5, 2.0, 4.0, 1.0, 8.0]).unwrap();
    let scaled = plain.with_input_scale(&mut parameters, "agent.", &scale).unwrap();
    let states = numbers(10, 9);
    let divided = states.iter().enumerate().map(|(at, value)| value / scale.divisors()[at % 5]);
    let divided = Tensor::new(vec![2, 5], divided.collect());
    let states = Tensor::new(vec![2, 5], states);
    let mut tape = Tape::new(&parameters, Recording::Off);
    let visits = Visits::none(2, 16);
    let start = scaled.start(&mut tape, 2);
    let states = scaled.encode(&mut tape, &states);
    let found = scaled.answer(&mut tape, states, start, &visits);
    let divided = plain.encode(&mut tape, &divided);
    let expected = plain.answer(&mut tape, divided, start, &visits);
    assert_eq!(tape.value(found.value), tape.value(expected.value));
    assert_eq!(tape.value(found.distribution), tape.value(expected.distribution));

    let narrow = InputScale::new(vec![1.0; 4]).unwrap();
    let error = plain.with_input_scale(&mut parameters, "other.", &narrow).unwrap_err();
    assert_eq!(error.to_string(), "an input scale of 4 numbers for states of 5");
}
