//! Training steps and searches at the sizes of the paper, for `steps.py`, which measures this process
//! beside PyTorch.
//!
//! usage: `steps TASK STEPS THREADS`, where TASK is
//!
//! - `stage-one`: a step of ERPCNet on AwA2 behind ResNet-101: 64 maps of 1024x14x14, six looks, the
//!   last stage of the network as local tail, 85 attributes, 40 classes;
//! - `layer4`: a step of that last stage alone on 16 whole maps;
//! - `stage-two`: an update of the policy from 64 images whose looks were embedded beforehand;
//! - `table`: embedding all looks at 64 images;
//! - `inference`: both, for 64 images that are looked at until the reward reaches a threshold;
//! - `train-cells`, `train-crops`: a step of stage I in which everything learns, from the pixels of 16
//!   images through a whole ResNet-101 on, with partial convolution and as `HardNet`;
//! - `test-cells`, `test-crops`: 32 images looked at six times; all four write each step with its
//!   seconds;
//! - `case`: no measurement, but rewards of a small network, with all that they follow from.
//!
//! The last line is the loss of each step (what each batch came to, the case as JSON), so that a
//! step that computes nothing is seen.

mod case;
mod hard;
mod model;
mod search;

use std::env;

use erpc_pipe::models::erpcnet::learner::{Batch, BoundTail, Learner, Subnets};
use erpc_pipe::models::erpcnet::losses::{JointLoss, Objective};
use erpc_pipe::nn::Workspace;
use erpc_pipe::nn::optimiser::{Optimiser as _, Sgd};
use erpc_pipe::nn::tape::{Mode, Parameters, Recording, Tape};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rayon::ThreadPoolBuilder;

use hard::Eye;
use model::{Model, SIDE, Sizes, random, tail};

const SIZES: Sizes = Sizes::PAPER;
const IMAGES: usize = 64;
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
    let steps = count(steps);
    println!("{}", pool.install(|| run(task, steps)));
}

fn run(task: &str, steps: usize) -> String {
    let found = match task {
        "stage-one" => stage_one(steps),
        "layer4" => layer4(steps),
        "stage-two" => search::updates(steps),
        "table" => search::tables(steps),
        "inference" => search::searches(steps),
        "train-cells" => return written(&hard::trainings(Eye::Cells, steps)),
        "train-crops" => return written(&hard::trainings(Eye::Crops, steps)),
        "test-cells" => return written(&hard::tests(Eye::Cells, steps)),
        "test-crops" => return written(&hard::tests(Eye::Crops, steps)),
        "case" => return case::small().to_string(),
        other => panic!("`{other}` is no task"),
    };
    format!("{found:?}")
}

/// Pairs of what a step came to and its seconds, as JSON.
fn written(measured: &[(f64, f64)]) -> String {
    serde_json::to_string(measured).expect("numbers can be written")
}

fn stage_one(steps: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let Model { tail, copy, network, mut parameters } = Model::new(&SIZES, &mut rng);
    let objective = Objective {
        joint: JointLoss::Prefixes,
        logit_scale: 1.0,
        double_softmax: false,
        weights: [1.0; 4],
    };
    let signatures = random(&[SIZES.classes, SIZES.attributes], 0.1, &mut rng);
    let batch = Batch {
        maps: Some(random(&[IMAGES, SIDE, SIDE, SIZES.channels], 1.0, &mut rng)),
        global: Some(random(&[IMAGES, SIZES.embedding], 1.0, &mut rng)),
        labels: (0..IMAGES).map(|image| image % SIZES.classes).collect(),
    };
    let local = BoundTail { tail: &tail, copy: &copy };
    let sgd = Sgd::new(0.9, 1e-5);
    let subnets = Subnets { network, local, global: None };
    let mut learner = Learner::new(subnets, objective, signatures, SIZES.looks, sgd);
    (0..steps).map(|_| learner.step(&mut parameters, batch.clone(), RATE, &mut rng).loss).collect()
}

fn layer4(steps: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let tail = tail(&SIZES, &mut rng);
    let mut parameters = Parameters::default();
    let copy = tail.copy("layer4", &mut parameters);
    let maps = random(&[16, SIDE, SIDE, SIZES.channels], 1.0, &mut rng);
    let mut sgd = Sgd::new(0.9, 1e-5);
    let workspace = Workspace::default();
    let mut losses = Vec::with_capacity(steps);
    for _ in 0..steps {
        let mut tape = Tape::within(&workspace, &parameters, Recording::On);
        let maps = tape.constant(maps.clone());
        let pooled = tail.run(&mut tape, &copy, maps, Mode::Training);
        let loss = tape.mean(pooled);
        losses.push(f64::from(tape.value(loss).values()[0]));
        let pass = tape.end();
        sgd.descend(&mut parameters, pass, loss, RATE);
    }
    losses
}
