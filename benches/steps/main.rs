//! Training steps at the sizes of the paper, for `steps.py`, which measures this process beside
//! PyTorch.
//!
//! usage: `steps TASK STEPS THREADS`, where TASK is
//!
//! - `stage-one`: ERPCNet on AwA2 behind ResNet-101: 64 maps of 1024x14x14, six looks, the last stage
//!   of the network as local tail, 85 attributes, 40 classes;
//! - `layer4`: that last stage alone on 16 whole maps.
//!
//! The last line is the loss of each step, so that a step that computes nothing is seen.

use std::env;

use erpc_pipe::models::erpcnet::build::Design;
use erpc_pipe::models::erpcnet::learner::{Batch, Learner, LocalTail};
use erpc_pipe::models::erpcnet::losses::{JointLoss, Objective};
use erpc_pipe::models::erpcnet::network::LocalBatching;
use erpc_pipe::nn::Tensor;
use erpc_pipe::nn::optimiser::{Optimiser as _, Sgd};
use erpc_pipe::nn::tape::{Mode, Parameters, Recording, Tape};
use erpc_pipe::onnx::{Graph, ModelBuilder, Tail};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

const CHANNELS: usize = 1024;
const PLANES: usize = 512;
const EMBEDDING: usize = 2048;
const SIDE: usize = 14;
const ATTRIBUTES: usize = 85;
const CLASSES: usize = 40;
const LOOKS: usize = 6;
const RATE: f64 = 1e-3;

#[expect(clippy::print_stdout, reason = "the program that measures reads it")]
fn main() {
    let arguments: Vec<String> = env::args().filter(|argument| argument != "--bench").collect();
    let [_, task, steps, threads] = arguments.as_slice() else {
        println!("skipped: usage: steps TASK STEPS THREADS (`make bench` calls it)");
        return;
    };
    let count = |text: &String| text.parse().expect("STEPS and THREADS are counts");
    let pool = ThreadPoolBuilder::new().num_threads(count(threads)).build().expect("threads start");
    let losses = pool.install(|| match task.as_str() {
        "stage-one" => stage_one(count(steps)),
        "layer4" => layer4(count(steps)),
        other => panic!("`{other}` is no task"),
    });
    println!("{losses:?}");
}

fn stage_one(steps: usize) -> Vec<f64> {
    const IMAGES: usize = 64;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let tail = Tail::between(&resnet_end(&mut rng), "layer3", "pooled").expect("it is sound");
    let design = Design {
        channels: CHANNELS,
        map: [SIDE; 2],
        window: 5,
        stride: 3,
        embedding: EMBEDDING,
        fused: EMBEDDING,
        attributes: ATTRIBUTES,
        looks: LOOKS,
        relu: false,
        batching: LocalBatching::Merged,
        dropout: 0.0,
    };
    let mut parameters = Parameters::default();
    let network = design.build(&mut parameters, &mut rng);
    let copy = tail.copy("cl", &mut parameters);
    let locality = LocalTail { tail: &tail, copy: &copy };
    let objective = Objective {
        joint: JointLoss::Prefixes,
        logit_scale: 1.0,
        double_softmax: false,
        weights: [1.0; 4],
    };
    let signatures = random(&[CLASSES, ATTRIBUTES], 0.1, &mut rng);
    let sgd = Sgd::new(0.9, 1e-5);
    let mut learner = Learner::new(network, locality, objective, signatures, LOOKS, sgd);
    let batch = Batch {
        maps: random(&[IMAGES, SIDE, SIDE, CHANNELS], 1.0, &mut rng),
        global: random(&[IMAGES, EMBEDDING], 1.0, &mut rng),
        labels: (0..IMAGES).map(|image| image % CLASSES).collect(),
    };
    (0..steps).map(|_| learner.step(&mut parameters, &batch, RATE, &mut rng).losses[4]).collect()
}

fn layer4(steps: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let tail = Tail::between(&resnet_end(&mut rng), "layer3", "pooled").expect("it is sound");
    let mut parameters = Parameters::default();
    let copy = tail.copy("layer4", &mut parameters);
    let maps = random(&[16, SIDE, SIDE, CHANNELS], 1.0, &mut rng);
    let mut sgd = Sgd::new(0.9, 1e-5);
    let mut losses = Vec::with_capacity(steps);
    for _ in 0..steps {
        let mut tape = Tape::new(&parameters, Recording::On);
        let maps = tape.constant(maps.clone());
        let pooled = tail.run(&mut tape, &copy, maps, Mode::Training);
        let loss = tape.mean(pooled);
        losses.push(f64::from(tape.value(loss).values()[0]));
        let mut outcome = tape.backward(loss);
        let buffers = std::mem::take(&mut outcome.buffers);
        sgd.step(&mut parameters, &outcome, RATE);
        parameters.update_buffers(buffers);
    }
    losses
}

/// The last stage of a ResNet of 50 or more layers: three bottlenecks, the first with stride 2.
fn resnet_end(rng: &mut ChaCha8Rng) -> Graph {
    let mut builder = ModelBuilder::new("layer3", &[CHANNELS, SIDE, SIDE]);
    let mut input = "layer3".to_owned();
    for block in 0..3 {
        let inputs = if block == 0 { CHANNELS } else { EMBEDDING };
        let stride = if block == 0 { 2 } else { 1 };
        let name = |layer: &str| format!("{block}.{layer}");
        let mut normed = |reads: &str, layer: &str, shape: [usize; 3], stride, relu| {
            convolution(&mut builder, reads, &name(layer), shape, stride, relu, rng)
        };
        let first = normed(&input, "1", [PLANES, inputs, 1], 1, true);
        let second = normed(&first, "2", [PLANES, PLANES, 3], stride, true);
        let third = normed(&second, "3", [EMBEDDING, PLANES, 1], 1, false);
        let shortcut = match block {
            0 => normed(&input, "downsample", [EMBEDDING, inputs, 1], stride, false),
            _ => input.clone(),
        };
        builder.node("Add", &[&third, &shortcut], &name("sum"));
        builder.node("Relu", &[&name("sum")], &name("out"));
        input = name("out");
    }
    builder.node("GlobalAveragePool", &[&input], "averaged");
    builder.node("Flatten", &["averaged"], "pooled");
    builder.finish(&["pooled"]).expect("the nodes fit")
}

/// A convolution [O, I, k, k] with its normalisation; gives the name of what comes out.
fn convolution(
    builder: &mut ModelBuilder,
    reads: &str,
    name: &str,
    [outputs, inputs, kernel]: [usize; 3],
    stride: usize,
    relu: bool,
    rng: &mut ChaCha8Rng,
) -> String {
    let part = |part: &str| format!("{name}.{part}");
    let shape = [outputs, inputs, kernel, kernel];
    let filters = random(&shape, 0.03, rng);
    builder.weight(&part("weight"), &shape, filters.values());
    builder
        .node("Conv", &[reads, &part("weight")], name)
        .ints("kernel_shape", &[kernel; 2])
        .ints("strides", &[stride; 2])
        .ints("pads", &[kernel / 2; 4]);
    for (end, value) in [("gamma", 1.0), ("beta", 0.0), ("mean", 0.0), ("variance", 1.0)] {
        builder.weight(&part(end), &[outputs], &vec![value; outputs]);
    }
    let ends = ["gamma", "beta", "mean", "variance"].map(part);
    let [gamma, beta, mean, variance] = ends.each_ref().map(String::as_str);
    let normed = part("norm");
    builder
        .node("BatchNormalization", &[name, gamma, beta, mean, variance], &normed)
        .float("epsilon", 1e-5);
    if !relu {
        return normed;
    }
    builder.node("Relu", &[&normed], &part("relu"));
    part("relu")
}

fn random(shape: &[usize], scale: f32, rng: &mut ChaCha8Rng) -> Tensor {
    let values = (0..shape.iter().product()).map(|_| rng.random_range(-scale..scale)).collect();
    Tensor::new(shape.to_vec(), values)
}
