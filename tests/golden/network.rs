//! Networks with the names and the layout of the cases: torchvision's bottlenecks, linear layers.

use erpc_pipe::models::erpcnet::cells::Cells;
use erpc_pipe::models::erpcnet::entropy::{Definition, EntropyWeight};
use erpc_pipe::models::erpcnet::judge::{Classes, Judge};
use erpc_pipe::models::erpcnet::network::{Fuse, LocalBatching, Locality, Network};
use erpc_pipe::models::erpcnet::sight::{Rewarded, Seeable, Sight};
use erpc_pipe::nn::tape::{
    BatchNorm, ConvLayer, Dense, Mode, ParameterId, ParameterKind, Parameters, Recording, Tape,
    Var, filters_from_file,
};
use erpc_pipe::nn::{Activation, Tensor, Window, channels_last};

use crate::case::{Answers, Case};

/// A network in evaluation and the images of a case, of which every cell was embedded.
pub(crate) struct Scene {
    images: Seeable,
    judge: Judge,
}

impl Scene {
    /// The parameters of the case are called `net.…`.
    pub(crate) fn of(case: &Case, handicap: Vec<f64>) -> Self {
        let parameters = parameters(case, "net.");
        let network = network(&parameters, LocalBatching::Merged, 0.0);
        let tail = Bottlenecks::new(&parameters, case.count("blocks"));
        let maps = maps(case, "in.E");
        let (count, cells) = (case.count("B"), network.cells.count());
        let mut tape = Tape::new(&parameters, Recording::Off);
        let map = tape.constant(maps.clone());
        let all: Vec<usize> = (0..count).flat_map(|_| 0..cells).collect();
        let local = network.embed(&mut tape, &tail, map, &all, Mode::Evaluation);
        let local = tape.value(local).clone();
        let definition = match case.word("entropy") {
            "A" => Definition::Softmax,
            "D" => Definition::ChannelShare,
            other => panic!("entropy `{other}`"),
        };
        let weight = EntropyWeight { definition, bins: 64 };
        let (width, channels) = (case.count("size"), case.count("c_map"));
        let each = maps.values().chunks_exact(width * width * channels);
        let weights = each.flat_map(|map| weight.weights(map, width, channels, &network.cells));
        let images = Seeable { global: tensor(case, "in.g"), local, weights: weights.collect() };
        let classes = Classes { signatures: tensor(case, "in.phi"), handicap, scale: 1.0 };
        Self { images, judge: Judge::new(&network, &parameters, &classes) }
    }

    pub(crate) fn sight(&self, rewarded: Rewarded) -> Sight<'_, f32> {
        Sight::new(&self.judge, &self.images, rewarded)
    }
}

/// Parameters and running buffers of a case whose names begin with `prefix`, without it.
pub(crate) fn parameters(case: &Case, prefix: &str) -> Parameters<f32> {
    let mut parameters = Parameters::default();
    for (group, kind) in [("param", ParameterKind::Weight), ("buffer", ParameterKind::Buffer)] {
        let start = format!("{group}.{prefix}");
        for name in case.names(&start) {
            parameters.add(name, kind, in_our_order(&tensor(case, &format!("{start}{name}"))));
        }
    }
    parameters
}

/// A tensor of a case.
pub(crate) fn tensor(case: &Case, name: &str) -> Tensor<f32> {
    let tensor = case.tensor(name);
    Tensor::new(tensor.shape.clone(), tensor.numbers.iter().map(|number| *number as f32).collect())
}

/// Maps of a case, as [N, H, W, C].
pub(crate) fn maps(case: &Case, name: &str) -> Tensor<f32> {
    channels_last(&tensor(case, name))
}

/// Values in the order of the case: filters and maps have channels on axis 1.
pub(crate) fn in_file_order(value: &Tensor<f32>) -> Vec<f64> {
    let numbers = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
    let [outputs, rows, columns, channels] = *value.shape() else { return numbers(value.values()) };
    let mut values = vec![0.0; value.values().len()];
    let size = rows * columns * channels;
    for (output, filter) in value.values().chunks_exact(size).enumerate().take(outputs) {
        for (at, weight) in filter.iter().enumerate() {
            let (tap, channel) = (at / channels, at % channels);
            values[output * size + channel * rows * columns + tap] = *weight;
        }
    }
    numbers(&values)
}

fn in_our_order(value: &Tensor<f32>) -> Tensor<f32> {
    match value.shape().len() {
        4 => filters_from_file(value),
        _ => value.clone(),
    }
}

/// Every value whose parameter is of a `kind`, as answers called `group.NAME`.
pub(crate) fn answers(parameters: &Parameters<f32>, kind: ParameterKind, group: &str) -> Answers {
    let own = parameters.iter().filter(|(_, parameter)| parameter.kind == kind);
    own.map(|(_, one)| (format!("{group}.{}", one.name), in_file_order(one.value()))).collect()
}

pub(crate) fn id(parameters: &Parameters<f32>, name: &str) -> ParameterId {
    parameters.find(name).unwrap_or_else(|| panic!("the case has no parameter `{name}`"))
}

/// A linear layer.
pub(crate) fn dense(parameters: &Parameters<f32>, name: &str) -> Dense {
    let weight = id(parameters, &format!("{name}.weight"));
    Dense { weight, bias: parameters.find(&format!("{name}.bias")) }
}

/// `planes` wide inside, stride 2 on the 3x3 of the first block.
pub(crate) struct Bottlenecks {
    blocks: Vec<Block>,
}

struct Block {
    layers: [(ConvLayer, BatchNorm); 3],
    downsample: Option<(ConvLayer, BatchNorm)>,
}

impl Bottlenecks {
    pub(crate) fn new(parameters: &Parameters<f32>, count: usize) -> Self {
        let layer = |conv: String, norm: String, kernel: usize, stride: usize| {
            let padding = [kernel / 2; 2];
            let window = Window {
                strides: [stride; 2],
                before: padding,
                after: padding,
                ..Window::new([kernel; 2])
            };
            let weight = id(parameters, &format!("{conv}.weight"));
            let name = |part: &str| id(parameters, &format!("{norm}.{part}"));
            let norm = BatchNorm {
                weight: name("weight"),
                bias: name("bias"),
                mean: name("running_mean"),
                variance: name("running_var"),
                epsilon: 1e-5,
                momentum: 0.1,
            };
            (ConvLayer { window, weight, bias: None }, norm)
        };
        let block = |block: usize| {
            let stride = if block == 0 { 2 } else { 1 };
            let part = |name: String| format!("cl.{block}.{name}");
            let inner = |at: usize, kernel, stride| {
                layer(part(format!("conv{at}")), part(format!("bn{at}")), kernel, stride)
            };
            let [conv, norm] = [0, 1].map(|at| part(format!("downsample.{at}")));
            let has_downsample = parameters.find(&format!("{conv}.weight")).is_some();
            Block {
                layers: [inner(1, 1, 1), inner(2, 3, stride), inner(3, 1, 1)],
                downsample: has_downsample.then(|| layer(conv, norm, 1, stride)),
            }
        };
        Self { blocks: (0..count).map(block).collect() }
    }
}

impl Locality<f32> for Bottlenecks {
    fn embed(&self, tape: &mut Tape<'_, f32>, looks: Var, mode: Mode) -> Var {
        let mut x = looks;
        for block in &self.blocks {
            let run = |tape: &mut Tape<'_, f32>, (conv, norm): &(ConvLayer, BatchNorm), x, then| {
                let y = tape.conv(conv, x);
                tape.batch_norm(norm, y, mode, then)
            };
            let [first, second, third] = &block.layers;
            let y = run(tape, first, x, Activation::Relu);
            let y = run(tape, second, y, Activation::Relu);
            let y = run(tape, third, y, Activation::None);
            let shortcut =
                block.downsample.as_ref().map_or(x, |layer| run(tape, layer, x, Activation::None));
            let sum = tape.add(y, shortcut);
            x = tape.relu(sum);
        }
        tape.global_average_pool(x)
    }
}

/// The network of a case, whose parameters begin with nothing.
pub(crate) fn network(
    parameters: &Parameters<f32>,
    batching: LocalBatching,
    dropout: f64,
) -> Network {
    let fuse = dense(parameters, "fcj1");
    Network {
        cells: Cells::of([14, 14], 5, 3).unwrap(),
        look: dense(parameters, "pconv"),
        global: dense(parameters, "fcg"),
        local: dense(parameters, "fcl"),
        fuse: Fuse { weight: fuse.weight, bias: fuse.bias.unwrap() },
        joint: dense(parameters, "fcj2"),
        activation: Activation::None,
        batching,
        dropout,
    }
}
