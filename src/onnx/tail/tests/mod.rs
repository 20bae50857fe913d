//! Tails against the embedded kernels, which run the same part of the same graph.

mod export;
mod forward;
mod gradient;
mod real;
mod refusals;
mod sharing;
mod shipped;

use super::*;
use crate::nn::tape::testing::random;
use crate::nn::tape::{Recording, filters_from_file, filters_to_file};
use crate::nn::{Real, Tensor};
use crate::onnx::{ModelBuilder, Network, Workspace};

/// Random maps as files have them.
fn maps(shape: [usize; 4], seed: u32) -> Tensor {
    let values = random(shape.iter().product(), seed).into_iter().map(f32::of).collect();
    Tensor::new(shape.to_vec(), values)
}

/// Adds a random weight of moderate size.
fn weight(builder: &mut ModelBuilder, name: &str, shape: &[usize], seed: u32) {
    let count: usize = shape.iter().product();
    let fan = shape[1..].iter().product::<usize>().max(1) as f64;
    let values: Vec<f32> =
        random(count, seed).into_iter().map(|value| f32::of(value / fan.sqrt())).collect();
    builder.weight(name, shape, &values);
}

/// Adds a convolution `name` of `shape` filters, with a padding that keeps the size.
fn conv(builder: &mut ModelBuilder, input: &str, name: &str, shape: [usize; 4], seed: u32) {
    let filters = format!("{name}.weight");
    weight(builder, &filters, &shape, seed);
    let pad = shape[2] / 2;
    builder.node("Conv", &[input, &filters], name).ints("pads", &[pad; 4]);
}

/// Adds a normalisation `name` with all four of its weights.
fn batch_norm(builder: &mut ModelBuilder, input: &str, name: &str, channels: usize, seed: u32) {
    let names = ["weight", "bias", "running_mean", "running_var"];
    let names = names.map(|part| format!("{name}.{part}"));
    for (seed, name) in (seed..).zip(&names) {
        let values = random(channels, seed).into_iter();
        let is_variance = name.ends_with("var");
        let value = |value: f64| if is_variance { 1.0 + value / 2.0 } else { value };
        builder.weight(
            name,
            &[channels],
            &values.map(|one| f32::of(value(one))).collect::<Vec<_>>(),
        );
    }
    let [gamma, beta, mean, variance] = &names;
    builder.node("BatchNormalization", &[input, gamma, beta, mean, variance], name);
}

/// What a copy of a tail gives for maps [N, C, H, W], in the file's order.
fn run<T: Real>(
    tail: &Tail,
    copy: &TailCopy,
    parameters: &Parameters<T>,
    maps: &Tensor,
) -> Tensor<f32> {
    let maps = filters_from_file(maps);
    let [_, sizes @ ..] = maps.dims4().unwrap();
    let promised = tail.output(sizes).unwrap();
    let values = maps.values().iter().map(|value| T::of(value.wide())).collect();
    let mut tape = Tape::new(parameters, Recording::Off);
    let x = tape.constant(Tensor::new(maps.shape().to_vec(), values));
    let y = tail.run(&mut tape, copy, x, Mode::Evaluation);
    let y = tape.value(y);
    let found = match *y.shape() {
        [_, height, width, channels] => Extent::Map([height, width, channels]),
        ref rows => Extent::Row(rows[1]),
    };
    assert_eq!(found, promised);
    let values = y.values().iter().map(|value| f32::of(value.wide())).collect();
    let y = Tensor::new(y.shape().to_vec(), values);
    if y.shape().len() == 4 { filters_to_file(&y) } else { y }
}

/// What the embedded kernels give.
fn embedded(part: &Graph, maps: &Tensor) -> Tensor {
    let network = Network::new(part).unwrap();
    network.run(maps.clone(), &mut Workspace::default()).unwrap().remove(0)
}

/// The largest difference, relative to the largest value.
fn distance(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.shape(), expected.shape());
    let largest = expected.values().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let pairs = found.values().iter().zip(expected.values());
    let worst = pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
    worst / largest.max(f32::MIN_POSITIVE)
}

/// Holds a tail against the embedded kernels, on maps of some size.
fn agree(graph: &Graph, [from, to]: [&str; 2], shape: [usize; 4]) {
    let tail = Tail::between(graph, from, to).unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    assert_eq!(tail.find("tail", &parameters), Some(copy.clone()), "a copy is found again");
    let maps = maps(shape, 77);
    let found = run(&tail, &copy, &parameters, &maps);
    let expected = embedded(&graph.part(from, to).unwrap(), &maps);
    let distance = distance(&found, &expected);
    assert!(distance < 1e-5, "{from} to {to}: {distance:e}");
}

/// A residual block, a dense block and pools: `maps` -> `out`, 6 channels to 5 classes.
fn small() -> Graph {
    let mut builder = ModelBuilder::new("input", &[3, 8, 8]);
    conv(&mut builder, "input", "maps", [6, 3, 3, 3], 1);
    conv(&mut builder, "maps", "a", [6, 6, 3, 3], 2);
    batch_norm(&mut builder, "a", "a.norm", 6, 3);
    builder.node("Relu", &["a.norm"], "a.relu");
    builder.node("Add", &["a.relu", "maps"], "sum");
    conv(&mut builder, "sum", "b", [4, 6, 1, 1], 9);
    builder.node("Concat", &["b", "sum"], "joined").int("axis", 1);
    batch_norm(&mut builder, "joined", "b.norm", 10, 20);
    builder.node("Relu", &["b.norm"], "b.relu");
    let pool = &mut builder.node("AveragePool", &["b.relu"], "halved");
    pool.ints("kernel_shape", &[2, 2]).ints("strides", &[2, 2]);
    let pool = &mut builder.node("MaxPool", &["halved"], "largest");
    pool.ints("kernel_shape", &[3, 3]).ints("strides", &[2, 2]).ints("pads", &[1, 1, 1, 1]);
    builder.node("GlobalAveragePool", &["largest"], "pooled");
    builder.node("Flatten", &["pooled"], "vector");
    weight(&mut builder, "head", &[10, 5], 40);
    weight(&mut builder, "head.bias", &[5], 41);
    builder.node("Gemm", &["vector", "head", "head.bias"], "out");
    builder.finish(&["out", "vector"]).unwrap()
}
