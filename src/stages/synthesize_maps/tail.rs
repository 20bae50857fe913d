//! A random tail for made-up maps: two bottlenecks, whose normalisations fit the maps.
//!
//! ```text
//! map [C, 14, 14] ─▶ bottleneck, stride 2 ─▶ bottleneck ─▶ mean over pixels ─▶ embedding [4 P]
//! ```
//!
//! It stands for the last stage of a ResNet. Its weights are random; each normalisation gets the
//! mean and variance of what reaches it on maps that are no part of the data, layer by layer from
//! the first.

use std::collections::BTreeMap;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::data::planted::SIDE;
use crate::nn::Tensor;
use crate::onnx::{Graph, ModelBuilder, Network, OnnxError, Workspace};

/// The tensor that maps come in by.
pub(super) const MAP: &str = "map";
/// The tensor of the whole image.
pub(super) const EMBEDDING: &str = "embedding";
/// How much wider a bottleneck ends than it is inside.
pub(super) const EXPANSION: usize = 4;

const EPSILON: f32 = 1e-5;

/// A convolution and the normalisation behind it.
struct Layer {
    name: &'static str,
    reads: &'static str,
    kernel: usize,
    stride: usize,
    inputs: usize,
    outputs: usize,
}

/// Mean and variance of each channel.
type Statistics = [Vec<f32>; 2];

/// The tail in the making.
pub(super) struct TailBuilder {
    channels: usize,
    layers: Vec<Layer>,
    filters: BTreeMap<&'static str, Vec<f32>>,
    statistics: BTreeMap<&'static str, Statistics>,
}

impl TailBuilder {
    /// Draws the weights of a tail for maps of so many `channels`, `planes` wide inside.
    pub(super) fn draw(channels: usize, planes: usize, rng: &mut ChaCha8Rng) -> Self {
        let wide = planes * EXPANSION;
        let layer = |name, reads, kernel, stride, inputs, outputs| Layer {
            name,
            reads,
            kernel,
            stride,
            inputs,
            outputs,
        };
        let layers = vec![
            layer("0.conv1", MAP, 1, 1, channels, planes),
            layer("0.conv2", "0.conv1.relu", 3, 2, planes, planes),
            layer("0.conv3", "0.conv2.relu", 1, 1, planes, wide),
            layer("0.downsample", MAP, 1, 2, channels, wide),
            layer("1.conv1", "0.relu", 1, 1, wide, planes),
            layer("1.conv2", "1.conv1.relu", 3, 1, planes, planes),
            layer("1.conv3", "1.conv2.relu", 1, 1, planes, wide),
        ];
        let filters = layers.iter().map(|layer| (layer.name, layer.draw(rng))).collect();
        Self { channels, layers, filters, statistics: BTreeMap::new() }
    }

    /// Gives every normalisation the statistics of `maps`, [N, C, 14, 14].
    pub(super) fn fit(&mut self, maps: &Tensor) -> Result<(), OnnxError> {
        let names: Vec<&'static str> = self.layers.iter().map(|layer| layer.name).collect();
        for name in names {
            let part = self.graph()?.cut(&[name])?;
            let outputs = Network::new(&part)?.run(maps.clone(), &mut Workspace::default())?;
            self.statistics.insert(name, statistics(&outputs[0]));
        }
        Ok(())
    }

    /// The tail as it is now. A normalisation that was not fitted changes nothing.
    pub(super) fn graph(&self) -> Result<Graph, OnnxError> {
        let mut builder = ModelBuilder::new(MAP, &[self.channels, SIDE, SIDE]);
        for layer in &self.layers {
            self.add(&mut builder, layer);
            match layer.name {
                "0.downsample" => join(&mut builder, "0", "0.downsample.norm"),
                "1.conv3" => join(&mut builder, "1", "0.relu"),
                _ => {}
            }
        }
        builder.node("GlobalAveragePool", &["1.relu"], "pooled");
        builder.node("Flatten", &["pooled"], EMBEDDING);
        builder.finish(&[EMBEDDING])
    }

    fn add(&self, builder: &mut ModelBuilder, layer: &Layer) {
        let Layer { name, reads, kernel, stride, inputs, outputs } = *layer;
        let weight = format!("{name}.weight");
        let shape = [outputs, inputs, kernel, kernel];
        builder.weight(&weight, &shape, &self.filters[name]);
        builder
            .node("Conv", &[reads, &weight], name)
            .ints("kernel_shape", &[kernel; 2])
            .ints("strides", &[stride; 2])
            .ints("pads", &[kernel / 2; 4]);
        let (zeros, ones) = (vec![0.0; outputs], vec![1.0; outputs]);
        let (mean, variance) = match self.statistics.get(name) {
            Some([mean, variance]) => (mean, variance),
            None => (&zeros, &ones),
        };
        let norm = format!("{name}.norm");
        let parts = ["weight", "bias", "running_mean", "running_var"];
        let parts = parts.map(|part| format!("{norm}.{part}"));
        for (part, values) in parts.iter().zip([&ones, &zeros, mean, variance]) {
            builder.weight(part, &[outputs], values);
        }
        let [gamma, beta, mean, variance] = parts.each_ref().map(String::as_str);
        builder
            .node("BatchNormalization", &[name, gamma, beta, mean, variance], &norm)
            .float("epsilon", EPSILON);
        let is_last = name.ends_with("conv3") || name.ends_with("downsample");
        if !is_last {
            builder.node("Relu", &[&norm], &format!("{name}.relu"));
        }
    }
}

/// The end of a block: its last normalisation plus the shortcut, and a ReLU.
fn join(builder: &mut ModelBuilder, block: &str, shortcut: &str) {
    let sum = format!("{block}.sum");
    builder.node("Add", &[&format!("{block}.conv3.norm"), shortcut], &sum);
    builder.node("Relu", &[&sum], &format!("{block}.relu"));
}

impl Layer {
    /// Weights of variance 2 over the number of inputs of an output (He et al., 2015).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "weights are f32, and inputs are few"
    )]
    fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let inputs = self.inputs * self.kernel * self.kernel;
        // A uniform number on [-1, 1) has variance 1/3.
        let scale = (6.0 / inputs as f64).sqrt();
        let uniform = |rng: &mut ChaCha8Rng| f64::from(rng.next_u32()) / 2_147_483_648.0 - 1.0;
        (0..inputs * self.outputs).map(|_| (uniform(rng) * scale) as f32).collect()
    }
}

/// Over images and pixels of [N, C, H, W].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "statistics are f32 in a file, and counts are small"
)]
fn statistics(maps: &Tensor) -> Statistics {
    let channels = maps.shape()[1];
    let pixels: usize = maps.shape()[2..].iter().product();
    let planes = |channel: usize| {
        maps.values().chunks_exact(pixels).skip(channel).step_by(channels).flatten()
    };
    let count = (maps.shape()[0] * pixels) as f64;
    let mean = |channel| planes(channel).map(|value| f64::from(*value)).sum::<f64>() / count;
    let means: Vec<f64> = (0..channels).map(mean).collect();
    let variance = |(channel, mean): (usize, &f64)| {
        let square = |value: &f32| (f64::from(*value) - mean) * (f64::from(*value) - mean);
        (planes(channel).map(square).sum::<f64>() / count) as f32
    };
    let variances = means.iter().enumerate().map(variance).collect();
    [means.iter().map(|mean| *mean as f32).collect(), variances]
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn what_a_fitted_normalisation_gives_has_mean_zero_and_variance_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut tail = TailBuilder::draw(6, 4, &mut rng);
        let values = (0..8 * 6 * 196).map(|_| rng.next_u32() as f32 / 4e9).collect();
        let maps = Tensor::new(vec![8, 6, 14, 14], values);
        tail.fit(&maps).unwrap();
        for name in ["0.conv1.norm", "0.downsample.norm", "1.conv3.norm"] {
            let part = tail.graph().unwrap().cut(&[name]).unwrap();
            let network = Network::new(&part).unwrap();
            let found = network.run(maps.clone(), &mut Workspace::default()).unwrap();
            let [means, variances] = statistics(&found[0]);
            assert!(means.iter().all(|mean| mean.abs() < 1e-4), "{name}: {means:?}");
            assert!(variances.iter().all(|one| (one - 1.0).abs() < 1e-2), "{name}: {variances:?}");
        }
        let whole = Network::new(&tail.graph().unwrap()).unwrap();
        let found = whole.run(maps, &mut Workspace::default()).unwrap();
        assert_eq!(found[0].shape(), [8, 16]);
    }
}
