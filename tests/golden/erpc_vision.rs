//! The partial convolution, the local path and the entropy weights.

use erpc_pipe::models::erpcnet::cells::Cells;
use erpc_pipe::models::erpcnet::entropy::{Definition, EntropyWeight};
use erpc_pipe::models::erpcnet::network::{Fuse, LocalBatching, Network};
use erpc_pipe::nn::tape::{Dense, Mode, ParameterKind, Parameters, Recording, Tape};
use erpc_pipe::nn::{Activation, Tensor};

use crate::case::{Answers, Case};
use crate::network::{Bottlenecks, answers, dense, in_file_order, maps, parameters, tensor};

/// Every cell as a look, and the way back from given cotangents.
pub(crate) fn partial_convolution(case: &Case) -> Answers {
    let parameters = parameters(case, "");
    let layer = Dense { weight: parameters.find("weight").unwrap(), bias: parameters.find("bias") };
    let cells = Cells::of([case.count("size"); 2], 5, 3).unwrap();
    let images = case.count("B");
    let corners = (0..images)
        .flat_map(|image| (0..cells.count()).map(move |cell| cells.corner(image, cell)))
        .collect();
    let mut tape = Tape::new(&parameters, Recording::On);
    let map = tape.variable(maps(case, "in.E"));
    let [weight, bias] = [layer.weight, layer.bias.unwrap()].map(|id| tape.parameter(id));
    let seen = tape.convolve_at(map, weight, corners);
    let seen = tape.add_to_rows(seen, bias);
    let found = tape.value(seen).values().iter().map(|value| f64::from(*value)).collect();
    let shape = tape.value(seen).shape().to_vec();
    let above = tensor(case, "in.cotangent").into_values();
    let outcome = tape.backward_from(vec![(seen, Tensor::new(shape, above))]);
    let of = |id| in_file_order(outcome.of_parameter(id).unwrap());
    vec![
        ("out.cells".into(), found),
        ("grad.E".into(), in_file_order(outcome.of(map).unwrap())),
        ("grad.weight".into(), of(layer.weight)),
        ("grad.bias".into(), of(layer.bias.unwrap())),
    ]
}

/// The embeddings with both ways of batch normalisation, and with the running statistics.
pub(crate) fn local(case: &Case) -> Answers {
    let parameters = parameters(case, "");
    let cells = case.indices("in.cells");
    let tail = Bottlenecks::new(&parameters, case.count("blocks"));
    let look = dense(&parameters, "pconv");
    let mut all = Answers::new();
    for (name, batching, mode) in [
        ("merged", LocalBatching::Merged, Mode::Training),
        ("per_step", LocalBatching::PerStep, Mode::Training),
        ("eval", LocalBatching::Merged, Mode::Evaluation),
    ] {
        let mut tape = Tape::new(&parameters, Recording::Off);
        let map = tape.constant(maps(case, "in.E"));
        let found = local_only(look, batching).embed(&mut tape, &tail, map, &cells, mode);
        all.push((format!("out.{name}"), in_file_order(tape.value(found))));
        if mode == Mode::Training {
            let mut after: Parameters<f32> = parameters.clone();
            after.update_buffers(tape.into_buffers());
            all.extend(answers(&after, ParameterKind::Buffer, &format!("buffer_after.{name}")));
        }
    }
    all
}

/// A network of which only looks are used.
fn local_only(look: Dense, batching: LocalBatching) -> Network {
    let fuse = Fuse { weight: look.weight, bias: look.bias.unwrap() };
    Network {
        cells: Cells::of([14, 14], 5, 3).unwrap(),
        look,
        global: look,
        local: look,
        fuse,
        joint: look,
        activation: Activation::None,
        batching,
        dropout: 0.0,
    }
}

/// beta of every cell under every definition.
pub(crate) fn entropy(case: &Case) -> Answers {
    let cells = Cells::of([case.count("size"); 2], 5, 3).unwrap();
    let (width, channels, bins) = (case.count("size"), case.count("c_map"), case.count("bins"));
    let mut all = Answers::new();
    for name in ["E", "flat", "zero"] {
        let maps = maps(case, &format!("in.{name}"));
        for (letter, definition) in [
            ("A", Definition::Softmax),
            ("C", Definition::ChannelSoftmax),
            ("D", Definition::ChannelShare),
            ("F", Definition::Histogram),
        ] {
            let weight = EntropyWeight { definition, bins };
            let images = maps.values().chunks_exact(width * width * channels);
            let beta = images.flat_map(|map| weight.weights(map, width, channels, &cells));
            all.push((format!("out.{name}.{letter}"), beta.collect()));
        }
    }
    all
}
