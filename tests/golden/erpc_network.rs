//! ERPCNet in evaluation, and a batch of images as something an agent looks into.
//!
//! Partial convolution of the window at each cell, local stage, predictors and fusion, with the
//! parameter names of the cases. The local features of all cells are computed once; a look takes
//! one of them. Maps come as [N, C, H, W].

use erpc_pipe::nn::tape::{
    BatchNorm, ConvLayer, Corner, Mode, ParameterId, ParameterKind, Parameters, Recording, Tape,
    Var, filters_from_file,
};
use erpc_pipe::nn::{Activation, Tensor, Window};
use erpc_pipe::rl::{Environment, Look, View};

use crate::case::Case;
use crate::erpc_weight::weights;

/// Cells in a row of the grid.
pub(crate) const SIDE: usize = 4;
/// Rows between two windows.
const STRIDE: usize = 3;
/// Rows of a window.
const WINDOW: usize = 5;

/// Which class is rewarded.
pub(crate) enum Rewarded {
    /// The true one.
    Labels(Vec<usize>),
    /// The one that is predicted so far.
    Predictions,
}

/// Images, what has been seen of them, and what a network makes of it.
pub(crate) struct Images {
    rewarded: Rewarded,
    /// g, [N, d].
    global: Vec<f32>,
    /// v of each cell, [N, cells, d].
    local: Vec<f32>,
    /// beta of each cell, [N, cells].
    weights: Vec<f64>,
    seen: Vec<Vec<usize>>,
    predictors: Predictors,
    /// The final score of each class after the latest look at an image, `[C]`.
    pub(crate) scores: Vec<Vec<f64>>,
}

/// The linear layers after the features: rows of weights, and biases.
struct Predictors {
    global: [Vec<f64>; 2],
    fusion: [Vec<f64>; 2],
    joint: [Vec<f64>; 2],
    signatures: Vec<f64>,
    attributes: usize,
    /// What is subtracted from the logit of each class.
    handicap: Vec<f64>,
}

impl Images {
    pub(crate) fn new(case: &Case, rewarded: Rewarded, handicap: Vec<f64>) -> Self {
        let images = case.count("B");
        let corners: Vec<[usize; 2]> =
            (0..SIDE * SIDE).map(|cell| [cell / SIDE, cell % SIDE].map(|at| at * STRIDE)).collect();
        let maps = [case.count("c_map"), case.count("size")];
        let weights = weights(case.word("entropy"), case.numbers("in.E"), maps, &corners, WINDOW);
        Self {
            rewarded,
            global: case.singles("in.g"),
            local: local_features(case, &corners),
            weights,
            seen: vec![Vec::new(); images],
            predictors: Predictors::new(case, handicap),
            scores: vec![Vec::new(); images],
        }
    }

    fn width(&self) -> usize {
        self.global.len() / self.seen.len()
    }

    fn feature(&self, image: usize, cell: usize) -> &[f32] {
        &self.local[(image * SIDE * SIDE + cell) * self.width()..][..self.width()]
    }

    fn view(&mut self, images: &[usize]) -> View<f32> {
        let width = self.width();
        let (mut states, mut predictions) = (Vec::new(), Vec::new());
        let (mut joint, mut global) = (Vec::new(), Vec::new());
        for &image in images {
            let own = &self.global[image * width..][..width];
            let looks: Vec<&[f32]> =
                self.seen[image].iter().map(|cell| self.feature(image, *cell)).collect();
            states.extend(*looks.last().unwrap_or(&own));
            let of_global = self.predictors.global_attributes(own);
            let of_joint = self.predictors.joint_attributes(own, &looks);
            let both: Vec<f64> = of_global.iter().zip(&of_joint).map(|(a, b)| a + b).collect();
            let decisive = if looks.is_empty() { &of_global } else { &both };
            let prediction = largest(&self.predictors.scores(decisive));
            let class = match &self.rewarded {
                Rewarded::Labels(labels) => labels[image],
                Rewarded::Predictions => prediction,
            };
            joint.push(softmax(&self.predictors.scores(&of_joint), class));
            global.push(softmax(&self.predictors.scores(&of_global), class));
            predictions.push(prediction);
            self.scores[image] = self.predictors.scores(&both);
        }
        View { states: Tensor::new(vec![images.len(), width], states), joint, global, predictions }
    }
}

impl Environment<f32> for Images {
    fn images(&self) -> usize {
        self.seen.len()
    }

    fn open(&mut self) -> View<f32> {
        self.seen.iter_mut().for_each(Vec::clear);
        self.view(&(0..self.seen.len()).collect::<Vec<_>>())
    }

    fn look(&mut self, looks: &[Look]) -> View<f32> {
        looks.iter().for_each(|look| self.seen[look.image].push(look.cell));
        self.view(&looks.iter().map(|look| look.image).collect::<Vec<_>>())
    }

    fn weight(&self, look: Look) -> f64 {
        self.weights[look.image * SIDE * SIDE + look.cell]
    }
}

impl Predictors {
    fn new(case: &Case, handicap: Vec<f64>) -> Self {
        let layer = |name: &str| {
            ["weight", "bias"]
                .map(|part| case.numbers(&format!("param.net.{name}.{part}")).to_vec())
        };
        Self {
            global: layer("fcg"),
            fusion: layer("fcj1"),
            joint: layer("fcj2"),
            signatures: case.numbers("in.phi").to_vec(),
            attributes: case.count("A"),
            handicap,
        }
    }

    fn global_attributes(&self, global: &[f32]) -> Vec<f64> {
        linear(&self.global, &wide(global))
    }

    /// The slots that nothing has been seen for are zeros.
    fn joint_attributes(&self, global: &[f32], looks: &[&[f32]]) -> Vec<f64> {
        let mut slots = wide(global);
        looks.iter().for_each(|look| slots.extend(wide(look)));
        let [weight, bias] = &self.fusion;
        slots.resize(weight.len() / bias.len(), 0.0);
        linear(&self.joint, &linear(&self.fusion, &slots))
    }

    fn scores(&self, attributes: &[f64]) -> Vec<f64> {
        let signatures = self.signatures.chunks_exact(self.attributes);
        let product = |row: &[f64]| row.iter().zip(attributes).map(|(a, b)| a * b).sum::<f64>();
        signatures.zip(&self.handicap).map(|(row, handicap)| product(row) - handicap).collect()
    }
}

fn linear([weight, bias]: &[Vec<f64>; 2], x: &[f64]) -> Vec<f64> {
    let rows = weight.chunks_exact(x.len()).zip(bias);
    rows.map(|(row, bias)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + bias).collect()
}

fn softmax(scores: &[f64], class: usize) -> f64 {
    1.0 / scores.iter().map(|score| (score - scores[class]).exp()).sum::<f64>()
}

fn largest(scores: &[f64]) -> usize {
    (0..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// v of every cell of every image, [N, cells, d].
fn local_features(case: &Case, corners: &[[usize; 2]]) -> Vec<f32> {
    let [images, size, channels] = ["B", "size", "c_map"].map(|name| case.count(name));
    let mut layers = Layers { case, parameters: Parameters::default() };
    let partial = ConvLayer {
        bias: Some(layers.vector("pconv.bias", "param")),
        ..layers.conv("pconv", [channels, channels], WINDOW, 1)
    };
    let mut blocks = Vec::new();
    let outside = case.count("planes") * case.count("expansion");
    for block in 0..case.count("blocks") {
        let inputs = if block == 0 { channels } else { outside };
        blocks.push(layers.block(block, [inputs, outside]));
    }
    let maps = Tensor::new(vec![images, channels, size, size], case.singles("in.E"));
    let at = |image: usize| {
        corners.iter().map(move |[row, column]| Corner { image, row: *row, column: *column })
    };
    let mut tape = Tape::new(&layers.parameters, Recording::Off);
    let maps = tape.constant((*filters_from_file(&maps)).clone());
    let windows = tape.windows(maps, [WINDOW; 2], (0..images).flat_map(at).collect());
    let mut x = tape.conv(&partial, windows);
    for block in &blocks {
        x = block.run(&mut tape, x);
    }
    let features = tape.global_average_pool(x);
    tape.value(features).values().to_vec()
}

/// A bottleneck; the stride is on its 3x3.
struct Block {
    layers: [(ConvLayer, BatchNorm); 3],
    shortcut: Option<(ConvLayer, BatchNorm)>,
}

impl Block {
    fn run(&self, tape: &mut Tape<'_>, x: Var) -> Var {
        let mut y = x;
        for (at, (conv, norm)) in self.layers.iter().enumerate() {
            let after = if at < 2 { Activation::Relu } else { Activation::None };
            y = tape.conv(conv, y);
            y = tape.batch_norm(norm, y, Mode::Evaluation, after);
        }
        let shortcut = self.shortcut.as_ref().map(|(conv, norm)| {
            let x = tape.conv(conv, x);
            tape.batch_norm(norm, x, Mode::Evaluation, Activation::None)
        });
        let sum = tape.add(y, shortcut.unwrap_or(x));
        tape.relu(sum)
    }
}

struct Layers<'a> {
    case: &'a Case,
    parameters: Parameters<f32>,
}

impl Layers<'_> {
    fn block(&mut self, at: usize, [inputs, outside]: [usize; 2]) -> Block {
        let inside = self.case.count("planes");
        let stride = if at == 0 { 2 } else { 1 };
        let name = |layer: &str| format!("cl.{at}.{layer}");
        let layers = [
            (1, [inside, inputs], 1, 1),
            (2, [inside, inside], 3, stride),
            (3, [outside, inside], 1, 1),
        ]
        .map(|(layer, shape, kernel, stride)| {
            let conv = self.conv(&name(&format!("conv{layer}")), shape, kernel, stride);
            (conv, self.norm(&name(&format!("bn{layer}"))))
        });
        let shortcut = (at == 0).then(|| {
            let conv = self.conv(&name("downsample.0"), [outside, inputs], 1, stride);
            (conv, self.norm(&name("downsample.1")))
        });
        Block { layers, shortcut }
    }

    fn conv(
        &mut self,
        name: &str,
        [outputs, inputs]: [usize; 2],
        kernel: usize,
        stride: usize,
    ) -> ConvLayer {
        let name = format!("{name}.weight");
        let values = self.case.singles(&format!("param.net.{name}"));
        let filters = Tensor::new(vec![outputs, inputs, kernel, kernel], values);
        let filters = (*filters_from_file(&filters)).clone();
        let weight = self.parameters.add(name, ParameterKind::Frozen, filters);
        let padding = if kernel == 3 { [1; 2] } else { [0; 2] };
        let window = Window {
            strides: [stride; 2],
            before: padding,
            after: padding,
            ..Window::new([kernel; 2])
        };
        ConvLayer { window, weight, bias: None }
    }

    fn norm(&mut self, name: &str) -> BatchNorm {
        BatchNorm {
            weight: self.vector(&format!("{name}.weight"), "param"),
            bias: self.vector(&format!("{name}.bias"), "param"),
            mean: self.vector(&format!("{name}.running_mean"), "buffer"),
            variance: self.vector(&format!("{name}.running_var"), "buffer"),
            epsilon: 1e-5,
            momentum: 0.1,
        }
    }

    fn vector(&mut self, name: &str, group: &str) -> ParameterId {
        let values = self.case.singles(&format!("{group}.net.{name}"));
        self.parameters.add(name, ParameterKind::Frozen, Tensor::new(vec![values.len()], values))
    }
}
