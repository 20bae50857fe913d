//! (G1): a gated recurrent unit over a sequence, with its gradients.

use erpc_pipe::nn::Tensor;
use erpc_pipe::nn::tape::{Dense, Gru, ParameterKind, Parameters, Recording, Tape};

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let [batch, steps, inputs, width] = ["B", "T", "n_in", "n_h"].map(|name| case.count(name));
    let mut parameters: Parameters<f32> = Parameters::default();
    let mut add = |name: &str, shape: Vec<usize>| {
        let values = case.singles(&format!("param.{name}"));
        parameters.add(name, ParameterKind::Weight, Tensor::new(shape, values))
    };
    let mut dense = |side: &str, inputs: usize| Dense {
        weight: add(&format!("weight_{side}"), vec![3 * width, inputs]),
        bias: Some(add(&format!("bias_{side}"), vec![3 * width])),
    };
    let cell = Gru { input: dense("ih", inputs), hidden: dense("hh", width) };

    let mut tape = Tape::new(&parameters, Recording::On);
    let all = tape.variable(Tensor::new(vec![batch, steps * inputs], case.singles("in.x")));
    let mut hidden = tape.constant(Tensor::zeros(vec![batch, width]));
    let mut states = Vec::new();
    for step in 0..steps {
        let x = tape.columns(all, step * inputs, inputs);
        hidden = tape.gru(&cell, x, hidden);
        states.push(hidden);
    }
    let states = tape.concat(&states);
    let cotangent = Tensor::new(vec![batch, steps * width], case.singles("in.cotangent"));
    let cotangent = tape.constant(cotangent);
    let weighted = tape.multiply(states, cotangent);
    let loss = tape.sum(weighted);
    let mut answers = vec![
        ("out.h".into(), wide(tape.value(states))),
        ("loss.total".into(), wide(tape.value(loss))),
    ];
    let outcome = tape.backward(loss);
    answers.push(("grad.x".into(), wide(outcome.of(all).unwrap())));
    let names = ["grad.weight_ih", "grad.weight_hh", "grad.bias_ih", "grad.bias_hh"];
    for name in names {
        let id = parameters.find(name.trim_start_matches("grad.")).unwrap();
        answers.push((name.into(), wide(outcome.of_parameter(id).unwrap())));
    }
    answers
}

fn wide(tensor: &Tensor) -> Vec<f64> {
    tensor.values().iter().map(|value| f64::from(*value)).collect()
}
