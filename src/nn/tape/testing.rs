//! Finite differences for the tests of operations.

use super::super::testing::noise;
use super::{Parameters, Recording, Tape, Tensor, Var};

/// The step of a central difference.
const STEP: f64 = 1e-5;
/// How far a derivative may be off, for values of about 1.
const TOLERANCE: f64 = 1e-7;

/// Values in [-1, 1), no two of them closer to each other than a step.
pub(crate) fn random(count: usize, seed: u32) -> Vec<f64> {
    noise(count, seed).into_iter().map(f64::from).collect()
}

pub(crate) fn tensor(shape: &[usize], seed: u32) -> Tensor<f64> {
    Tensor::new(shape.to_vec(), random(shape.iter().product(), seed))
}

/// Checks the gradients of an operation on inputs of these shapes, weighted by fixed cotangents.
pub(crate) fn check(shapes: &[Vec<usize>], operation: impl Fn(&mut Tape<'_, f64>, &[Var]) -> Var) {
    check_with(&Parameters::default(), shapes, operation);
}

/// The same with parameters, whose gradients are checked too.
pub(crate) fn check_with(
    parameters: &Parameters<f64>,
    shapes: &[Vec<usize>],
    operation: impl Fn(&mut Tape<'_, f64>, &[Var]) -> Var,
) {
    let inputs: Vec<_> = (11..).zip(shapes).map(|(seed, shape)| tensor(shape, seed)).collect();
    let value = |parameters: &Parameters<f64>, inputs: &[Tensor<f64>]| {
        let mut tape = Tape::new(parameters, Recording::Off);
        let vars: Vec<_> = inputs.iter().map(|input| tape.constant(input.clone())).collect();
        let output = operation(&mut tape, &vars);
        let output = tape.value(output);
        let weights = random(output.values().len(), 5);
        output.values().iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>()
    };
    let mut tape = Tape::new(parameters, Recording::On);
    let vars: Vec<_> = inputs.iter().map(|input| tape.variable(input.clone())).collect();
    let output = operation(&mut tape, &vars);
    let shape = tape.value(output).shape().to_vec();
    let weights = random(shape.iter().product(), 5);
    let outcome = tape.backward_from(vec![(output, Tensor::new(shape, weights))]);
    for (at, var) in vars.iter().enumerate() {
        let found = outcome.of(*var).map(Tensor::values);
        let slope = |place: usize, step: f64| {
            let mut moved = inputs.clone();
            moved[at].values_mut()[place] += step;
            value(parameters, &moved)
        };
        compare(&format!("input {at}"), found, inputs[at].values().len(), slope);
    }
    for (id, parameter) in parameters.iter().filter(|(_, one)| one.kind.is_trained()) {
        let found = outcome.of_parameter(id).map(Tensor::values);
        let slope = |place: usize, step: f64| {
            let mut moved = parameters.clone();
            moved.values_mut(id)[place] += step;
            value(&moved, &inputs)
        };
        compare(&parameter.name, found, parameter.value().values().len(), slope);
    }
}

fn compare(name: &str, found: Option<&[f64]>, count: usize, value: impl Fn(usize, f64) -> f64) {
    for place in 0..count {
        let found = found.map_or(0.0, |found| found[place]);
        let expected = (value(place, STEP) - value(place, -STEP)) / (2.0 * STEP);
        let tolerance = TOLERANCE * expected.abs().max(1.0);
        assert!((found - expected).abs() < tolerance, "{name} [{place}]: {found}, {expected}");
    }
}
