//! (G1): three steps of SGD and of Adam by given gradients.

use erpc_pipe::nn::Tensor;
use erpc_pipe::nn::optimiser::{Adam, Optimiser, Sgd};
use erpc_pipe::nn::tape::{ParameterKind, Parameters, Recording, Tape};

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let of = |rule: &str, name: &str| case.hyper_of(rule, name);
    let mut sgd = Sgd::new(of("sgd", "momentum"), of("sgd", "weight_decay"));
    let mut adam = Adam::new(of("adam", "weight_decay"));
    vec![
        ("after.sgd".into(), steps(case, &mut sgd, of("sgd", "lr"))),
        ("after.adam".into(), steps(case, &mut adam, of("adam", "lr"))),
    ]
}

/// The parameter after each step, one row a step.
fn steps(case: &Case, optimiser: &mut dyn Optimiser, rate: f64) -> Vec<f64> {
    let width = case.count("n");
    let mut parameters = Parameters::default();
    let start = Tensor::new(vec![width], case.singles("param.p"));
    let id = parameters.add("p", ParameterKind::Weight, start);
    let mut after = Vec::new();
    for gradient in case.singles("in.grads").chunks_exact(width) {
        let mut tape = Tape::new(&parameters, Recording::On);
        let var = tape.parameter(id);
        let gradient = Tensor::new(vec![width], gradient.to_vec());
        let outcome = tape.backward_from(vec![(var, gradient)]);
        optimiser.step(&mut parameters, &outcome, rate);
        after.extend(parameters.get(id).value().values().iter().map(|value| f64::from(*value)));
    }
    after
}
