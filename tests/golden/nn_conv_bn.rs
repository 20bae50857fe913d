//! (G1): a convolution and a batch normalisation, a step in training, then evaluation with what it
//! left.

use erpc_pipe::nn::tape::{
    BatchNorm, ConvLayer, Mode, ParameterId, ParameterKind, Parameters, Recording, Tape,
    filters_from_file, filters_to_file,
};
use erpc_pipe::nn::{Activation, Tensor, Window};

use crate::case::{Answers, Case};

/// The layers of the case.
struct Layers {
    conv: ConvLayer,
    norm: BatchNorm,
}

pub(crate) fn answers(case: &Case) -> Answers {
    let mut parameters = Parameters::<f32>::default();
    let layers = layers(case, &mut parameters);
    let [batch, inputs, outputs, size] =
        ["B", "c_in", "c_out", "size"].map(|name| case.count(name));
    let input = maps(case, "in.x", [batch, inputs, size, size]);

    let mut tape = Tape::new(&parameters, Recording::On);
    let x = tape.variable(input.clone());
    let features = tape.conv(&layers.conv, x);
    let trained = tape.batch_norm(&layers.norm, features, Mode::Training, Activation::None);
    let [_, height, width, _] = tape.value(trained).dims4().unwrap();
    let cotangent = maps(case, "in.cotangent", [batch, outputs, height, width]);
    let cotangent = tape.constant(cotangent);
    let weighted = tape.multiply(trained, cotangent);
    let loss = tape.sum(weighted);
    let mut answers = vec![
        ("out.train".into(), in_file_order(tape.value(trained))),
        ("loss.total".into(), wide(tape.value(loss))),
    ];
    let outcome = tape.backward(loss);
    let slope = |id: ParameterId| outcome.of_parameter(id).unwrap();
    answers.extend([
        ("grad.x".into(), in_file_order(outcome.of(x).unwrap())),
        ("grad.0.weight".into(), in_file_order(slope(layers.conv.weight))),
        ("grad.1.weight".into(), wide(slope(layers.norm.weight))),
        ("grad.1.bias".into(), wide(slope(layers.norm.bias))),
    ]);

    parameters.update_buffers(outcome.buffers);
    let mut tape = Tape::new(&parameters, Recording::Off);
    let x = tape.constant(input);
    let features = tape.conv(&layers.conv, x);
    let evaluated = tape.batch_norm(&layers.norm, features, Mode::Evaluation, Activation::None);
    answers.push(("out.eval".into(), in_file_order(tape.value(evaluated))));
    let value = |id: ParameterId| parameters.get(id).value();
    answers.extend([
        ("after.0.weight".into(), in_file_order(value(layers.conv.weight))),
        ("after.1.weight".into(), wide(value(layers.norm.weight))),
        ("after.1.bias".into(), wide(value(layers.norm.bias))),
        ("buffer_after.1.running_mean".into(), wide(value(layers.norm.mean))),
        ("buffer_after.1.running_var".into(), wide(value(layers.norm.variance))),
    ]);
    answers
}

fn layers(case: &Case, parameters: &mut Parameters<f32>) -> Layers {
    let [inputs, outputs, side] = ["c_in", "c_out", "k"].map(|name| case.count(name));
    let filters = maps(case, "param.0.weight", [outputs, inputs, side, side]);
    let mut vector = |name: &str, kind: ParameterKind| {
        let values: Vec<f32> = case.numbers(name).iter().map(|value| *value as f32).collect();
        parameters.add(name, kind, Tensor::new(vec![outputs], values))
    };
    let norm = BatchNorm {
        weight: vector("param.1.weight", ParameterKind::Weight),
        bias: vector("param.1.bias", ParameterKind::Weight),
        mean: vector("buffer.1.running_mean", ParameterKind::Buffer),
        variance: vector("buffer.1.running_var", ParameterKind::Buffer),
        epsilon: 1e-5,
        momentum: 0.1,
    };
    let (stride, pad) = (case.count("stride"), case.count("pad"));
    let window = Window {
        strides: [stride; 2],
        before: [pad; 2],
        after: [pad; 2],
        ..Window::new([side; 2])
    };
    let weight = parameters.add("param.0.weight", ParameterKind::Weight, filters);
    Layers { conv: ConvLayer { window, weight, bias: None }, norm }
}

/// Maps or filters, whose second axis is channels in the file and the last one here.
fn maps(case: &Case, name: &str, shape: [usize; 4]) -> Tensor<f32> {
    let values = case.numbers(name).iter().map(|value| *value as f32).collect();
    filters_from_file(&Tensor::new(shape.to_vec(), values))
}

fn in_file_order(maps: &Tensor<f32>) -> Vec<f64> {
    wide(&filters_to_file(maps))
}

fn wide(tensor: &Tensor<f32>) -> Vec<f64> {
    tensor.values().iter().map(|value| f64::from(*value)).collect()
}
