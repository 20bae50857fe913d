//! Both rules by hand, and across a checkpoint.

use super::super::tape::testing::random;
use super::super::tape::{
    BatchNorm, ConvLayer, Corner, Mode, ParameterKind, Recording, Tape, filters_from_file,
};
use super::super::{Activation, Window, Workspace};
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

/// A network with every kernel of stage I, wide enough for several threads and for a workspace.
struct Wide {
    conv: ConvLayer,
    norm: BatchNorm,
    look: ParameterId,
    fuse: ParameterId,
}

impl Wide {
    const CHANNELS: usize = 24;
    const IMAGES: usize = 8;

    fn new(parameters: &mut Parameters<f32>) -> Self {
        let mut add = |name: &str, shape: &[usize], kind| {
            let values = random(shape.iter().product(), 3).into_iter();
            let values = values.map(|value| f32::of(value.abs() * 0.1 + 0.01)).collect();
            parameters.add(name, kind, Tensor::new(shape.to_vec(), values))
        };
        let (weight, buffer) = (ParameterKind::Weight, ParameterKind::Buffer);
        let channels = Self::CHANNELS;
        let window = Window { before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        Self {
            conv: ConvLayer {
                window,
                weight: add("conv", &[channels, 3, 3, channels], weight),
                bias: Some(add("bias", &[channels], weight)),
            },
            norm: BatchNorm {
                weight: add("gamma", &[channels], weight),
                bias: add("beta", &[channels], weight),
                mean: add("mean", &[channels], buffer),
                variance: add("variance", &[channels], buffer),
                epsilon: 1e-5,
                momentum: 0.1,
            },
            look: add("look", &[64, 5, 5, channels], weight),
            fuse: add("fuse", &[96, 4 * 64], weight),
        }
    }

    fn loss(&self, tape: &mut Tape<'_, f32>, maps: Tensor<f32>) -> Var {
        let x = tape.constant(maps);
        let mut y = x;
        for _ in 0..2 {
            let convolved = tape.conv(&self.conv, y);
            y = tape.batch_norm(&self.norm, convolved, Mode::Training, Activation::Relu);
        }
        let sum = tape.add(y, x);
        let y = tape.relu(sum);
        let corner = |look: usize| Corner { image: look / 3, row: look % 3 * 3, column: look % 5 };
        let look = tape.parameter(self.look);
        let seen = tape.convolve_at(y, look, (0..Self::IMAGES * 3).map(corner).collect());
        let seen = tape.reshape(seen, vec![Self::IMAGES, 3, 64]);
        let first = tape.constant(Tensor::zeros(vec![Self::IMAGES, 64]));
        let fuse = tape.parameter(self.fuse);
        let fused = tape.fuse_prefixes(first, seen, fuse);
        tape.cross_entropy(fused, (0..Self::IMAGES * 4).map(|row| row * 7 % 96).collect())
    }
}

/// The parameters after four steps.
fn taught(threads: usize, optimiser: &mut (dyn Optimiser + Send), descends: bool) -> Vec<f32> {
    let mut parameters = Parameters::default();
    let network = Wide::new(&mut parameters);
    let workspace = Workspace::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for step in 0..4 {
        let shape = [Wide::IMAGES, Wide::CHANNELS, 14, 14];
        let values = random(shape.iter().product(), 10 + step).into_iter().map(f32::of).collect();
        let maps = filters_from_file(&Tensor::new(shape.to_vec(), values));
        pool.install(|| {
            if descends {
                let mut tape = Tape::within(&workspace, &parameters, Recording::On);
                let loss = network.loss(&mut tape, maps);
                let pass = tape.end();
                optimiser.descend(&mut parameters, pass, loss, 0.01);
            } else {
                let mut tape = Tape::new(&parameters, Recording::On);
                let loss = network.loss(&mut tape, maps);
                let outcome = tape.backward(loss);
                optimiser.step(&mut parameters, &outcome, 0.01);
                parameters.update_buffers(outcome.buffers);
            }
        });
    }
    parameters.iter().flat_map(|(_, one)| one.value().values().to_vec()).collect()
}

#[test]
fn a_descent_is_a_step_bit_by_bit_whatever_memory_and_threads() {
    let plain = taught(1, &mut Sgd::new(0.9, 1e-3), false);
    // Memory that was not written before it was read would show here.
    assert!(plain.iter().all(|value| value.is_finite()));
    for threads in [1, 2, 4] {
        assert_eq!(taught(threads, &mut Sgd::new(0.9, 1e-3), true), plain, "{threads} threads");
    }
    assert_eq!(taught(2, &mut Adam::new(0.1), true), taught(1, &mut Adam::new(0.1), false));
}
