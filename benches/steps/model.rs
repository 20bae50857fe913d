//! ERPCNet with random weights, behind a ResNet whose last stage is random as well.

use erpc_pipe::artifact::{Artifact as _, Blob};
use erpc_pipe::fs;
use erpc_pipe::models::erpcnet::build::Design;
use erpc_pipe::models::erpcnet::learner::{BoundTail, Subnets};
use erpc_pipe::models::erpcnet::network::{LocalBatching, Network};
use erpc_pipe::nn::Tensor;
use erpc_pipe::nn::tape::Parameters;
use erpc_pipe::onnx::{Graph, ModelBuilder, OnnxModel, Tail, TailCopy};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Pixels on a side of the map.
pub(crate) const SIDE: usize = 14;

/// How large a network is.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) channels: usize,
    pub(crate) planes: usize,
    pub(crate) embedding: usize,
    pub(crate) attributes: usize,
    pub(crate) classes: usize,
    pub(crate) looks: usize,
}

impl Sizes {
    /// Those of the paper: AwA2 behind ResNet-101.
    pub(crate) const PAPER: Self = Self {
        channels: 1024,
        planes: 512,
        embedding: 2048,
        attributes: 85,
        classes: 40,
        looks: 6,
    };

    /// Small enough to be written down.
    pub(crate) const SMALL: Self =
        Self { channels: 8, planes: 4, embedding: 16, attributes: 5, classes: 4, looks: 3 };
}

/// A network and what it consists of.
pub(crate) struct Model {
    pub(crate) tail: Tail,
    pub(crate) copy: TailCopy,
    pub(crate) network: Network,
    pub(crate) parameters: Parameters,
}

impl Model {
    pub(crate) fn new(sizes: &Sizes, rng: &mut ChaCha8Rng) -> Self {
        let tail = tail(sizes, rng);
        let design = Design {
            channels: sizes.channels,
            map: [SIDE; 2],
            window: 5,
            stride: 3,
            embedding: sizes.embedding,
            fused: sizes.embedding,
            attributes: sizes.attributes,
            looks: sizes.looks,
            relu: false,
            batching: LocalBatching::Merged,
            dropout: 0.0,
        };
        let mut parameters = Parameters::default();
        let network = design.build(&mut parameters, rng);
        let copy = tail.copy("cl", &mut parameters);
        Self { tail, copy, network, parameters }
    }

    pub(crate) fn subnets(&self) -> Subnets<'_> {
        let local = BoundTail { tail: &self.tail, copy: &self.copy };
        Subnets { network: self.network, local, global: None }
    }
}

/// The tail of the backbone, from its map to its embedding, in a file that is mapped as a stage maps
/// its inputs.
pub(crate) fn tail(sizes: &Sizes, rng: &mut ChaCha8Rng) -> Tail {
    part(&on_disk(&resnet_end(sizes, rng)), "layer3", "pooled")
}

/// A whole ResNet-101 in three parts: from the image to the map, from there to the embedding, and
/// from the image to the embedding.
pub(crate) fn resnet101(sizes: &Sizes, rng: &mut ChaCha8Rng) -> [Tail; 3] {
    let graph = on_disk(&resnet(sizes, rng));
    let map = "3.22.out";
    [("image", map), (map, "pooled"), ("image", "pooled")].map(|(from, to)| part(&graph, from, to))
}

fn part(graph: &Graph, from: &str, to: &str) -> Tail {
    Tail::between(graph, from, to).expect("it is sound")
}

/// A network whose weights are mapped from a file.
fn on_disk(graph: &Graph) -> Graph {
    let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
    let path = folder.path().join("network.onnx");
    fs::write_atomic(&path, &graph.encode()).expect("it can be written");
    let model = OnnxModel::decode(Blob::map(&path).expect("it can be read"));
    model.expect("it is a file").graph().expect("it is sound")
}

/// The last stage of a ResNet of 50 or more layers: three bottlenecks, the first with stride 2.
fn resnet_end(sizes: &Sizes, rng: &mut ChaCha8Rng) -> Graph {
    let mut builder = ModelBuilder::new("layer3", &[sizes.channels, SIDE, SIDE]);
    let stage = Stage { name: 4, blocks: 3, planes: sizes.planes, inputs: sizes.channels };
    let output = stage.build(&mut builder, "layer3", rng);
    pooled(builder, &output)
}

/// A whole ResNet-101: 7x7 filters, a maximum, and stages of 3, 4, 23 and 3 bottlenecks.
fn resnet(sizes: &Sizes, rng: &mut ChaCha8Rng) -> Graph {
    let widths = [sizes.planes / 8, sizes.planes / 4, sizes.planes / 2, sizes.planes];
    let mut builder = ModelBuilder::new("image", &[3, 16 * SIDE, 16 * SIDE]);
    let first = convolution(&mut builder, "image", "first", [widths[0], 3, 7], 2, true, rng);
    builder
        .node("MaxPool", &[&first], "largest")
        .ints("kernel_shape", &[3; 2])
        .ints("strides", &[2; 2])
        .ints("pads", &[1; 4]);
    let (mut output, mut inputs) = ("largest".to_owned(), widths[0]);
    for (name, blocks) in (1..).zip([3, 4, 23, 3]) {
        let stage = Stage { name, blocks, planes: widths[name - 1], inputs };
        output = stage.build(&mut builder, &output, rng);
        inputs = 4 * stage.planes;
    }
    pooled(builder, &output)
}

fn pooled(mut builder: ModelBuilder, output: &str) -> Graph {
    builder.node("GlobalAveragePool", &[output], "averaged");
    builder.node("Flatten", &["averaged"], "pooled");
    builder.finish(&["pooled"]).expect("the nodes fit")
}

/// Bottlenecks of a width; all stages but the first halve the map.
struct Stage {
    name: usize,
    blocks: usize,
    planes: usize,
    inputs: usize,
}

impl Stage {
    /// Gives the name of what comes out.
    fn build(&self, builder: &mut ModelBuilder, reads: &str, rng: &mut ChaCha8Rng) -> String {
        let (planes, outputs) = (self.planes, 4 * self.planes);
        let mut input = reads.to_owned();
        for block in 0..self.blocks {
            let inputs = if block == 0 { self.inputs } else { outputs };
            let stride = if block == 0 && self.name > 1 { 2 } else { 1 };
            let name = |layer: &str| format!("{}.{block}.{layer}", self.name);
            let mut normed = |reads: &str, layer: &str, shape: [usize; 3], stride, relu| {
                convolution(builder, reads, &name(layer), shape, stride, relu, rng)
            };
            let first = normed(&input, "1", [planes, inputs, 1], 1, true);
            let second = normed(&first, "2", [planes, planes, 3], stride, true);
            let third = normed(&second, "3", [outputs, planes, 1], 1, false);
            let shortcut = match block {
                0 => normed(&input, "downsample", [outputs, inputs, 1], stride, false),
                _ => input.clone(),
            };
            builder.node("Add", &[&third, &shortcut], &name("sum"));
            builder.node("Relu", &[&name("sum")], &name("out"));
            input = name("out");
        }
        input
    }
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

/// Numbers in `-scale..scale`.
pub(crate) fn random(shape: &[usize], scale: f32, rng: &mut ChaCha8Rng) -> Tensor {
    let values = (0..shape.iter().product()).map(|_| rng.random_range(-scale..scale)).collect();
    Tensor::new(shape.to_vec(), values)
}
