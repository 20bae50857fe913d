//! Both rules by hand, and across a checkpoint.

use super::super::tape::{ParameterKind, Recording, Tape};
use super::*;

/// One step on the loss `sum(w * w) / 2`, whose gradient is w.
fn step(optimiser: &mut dyn Optimiser<f64>, parameters: &mut Parameters<f64>, rate: f64) {
    let id = parameters.find("w").unwrap();
    let mut tape = Tape::new(parameters, Recording::On);
    let w = tape.parameter(id);
    let square = tape.multiply(w, w);
    let sum = tape.sum(square);
    let half = tape.scale(sum, 0.5);
    let outcome = tape.backward(half);
    optimiser.step(parameters, &outcome, rate);
}

fn parameters() -> Parameters<f64> {
    let mut parameters = Parameters::default();
    parameters.add("w", ParameterKind::Weight, Tensor::new(vec![2], vec![1.0, -2.0]));
    parameters.add("fixed", ParameterKind::Frozen, Tensor::new(vec![1], vec![7.0]));
    parameters
}

fn values(parameters: &Parameters<f64>) -> Vec<f64> {
    parameters.get(parameters.find("w").unwrap()).value().values().to_vec()
}

/// (G1)
#[test]
fn momentum_and_decay_are_what_a_pencil_says() {
    let mut parameters = parameters();
    let mut sgd = Sgd::new(0.5, 0.1);
    // Slope 1.1 w: m = 1.1, w = 1 - .11 = .89; m = .55 + .979, w = .89 - .1529.
    step(&mut sgd, &mut parameters, 0.1);
    assert!((values(&parameters)[0] - 0.89).abs() < 1e-12);
    step(&mut sgd, &mut parameters, 0.1);
    assert!((values(&parameters)[0] - 0.7371).abs() < 1e-12);
    assert!((values(&parameters)[1] + 1.4742).abs() < 1e-12);
}

/// (G1)
#[test]
fn the_first_step_of_adam_is_the_rate() {
    let mut parameters = parameters();
    step(&mut Adam::new(0.0), &mut parameters, 0.25);
    let found = values(&parameters);
    assert!((found[0] - 0.75).abs() < 1e-6 && (found[1] + 1.75).abs() < 1e-6, "{found:?}");
}

#[test]
fn what_is_remembered_survives_a_checkpoint() {
    type Make = fn() -> Box<dyn Optimiser<f64>>;
    let makers: [Make; 2] = [|| Box::new(Sgd::new(0.9, 0.01)), || Box::new(Adam::new(0.01))];
    for make in makers {
        let (mut whole, mut optimiser) = (parameters(), make());
        for _ in 0..6 {
            step(optimiser.as_mut(), &mut whole, 0.1);
        }
        let (mut parts, mut optimiser) = (parameters(), make());
        for _ in 0..3 {
            step(optimiser.as_mut(), &mut parts, 0.1);
        }
        let state = optimiser.state(&parts);
        let mut optimiser = make();
        assert!(optimiser.restore(&parts, state));
        for _ in 0..3 {
            step(optimiser.as_mut(), &mut parts, 0.1);
        }
        assert_eq!(values(&whole), values(&parts));
        let strange = vec![("first/else".to_owned(), Tensor::zeros(vec![2]))];
        assert!(!make().restore(&parts, strange));
    }
}

#[test]
fn a_rate_falls_by_steps() {
    let schedule = StepSchedule { rate: 1.0, factor: 0.5, every: Some(3) };
    assert_eq!([0, 2, 3, 6].map(|epoch| schedule.at(epoch)), [1.0, 1.0, 0.5, 0.25]);
    assert_eq!(StepSchedule { every: None, ..schedule }.at(100), 1.0);
}
