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

use rand_chacha::ChaCha8Rng;

use crate::data::planted::SIDE;
use crate::nn::Tensor;
use crate::onnx::{Graph, ModelBuilder, Network, OnnxError, Workspace};
use crate::stages::residual::{Bottleneck, Statistics};

/// The tensor that maps come in by.
pub(super) const MAP: &str = "map";
/// The tensor of the whole image.
pub(super) const EMBEDDING: &str = "embedding";
/// How much wider a bottleneck ends than it is inside.
pub(super) const EXPANSION: usize = 4;

/// The tail in the making.
pub(super) struct TailBuilder {
    channels: usize,
    blocks: [Bottleneck; 2],
    /// Of each convolution, by name.
    filters: BTreeMap<String, Vec<f32>>,
    statistics: BTreeMap<String, Statistics>,
}

impl TailBuilder {
    /// Draws the weights of a tail for maps of so many `channels`, `planes` wide inside.
    pub(super) fn draw(channels: usize, planes: usize, rng: &mut ChaCha8Rng) -> Self {
        let wide = planes * EXPANSION;
        let block = |number: usize, reads: &str, stride, inputs| Bottleneck {
            name: number.to_string(),
            reads: reads.to_owned(),
            makes: format!("{number}.relu"),
            stride,
            inputs,
            planes,
            outputs: wide,
        };
        let blocks = [block(0, MAP, 2, channels), block(1, "0.relu", 1, wide)];
        let all = blocks.iter().flat_map(Bottleneck::convolutions);
        let filters = all.map(|layer| (layer.name.clone(), layer.draw(rng))).collect();
        Self { channels, blocks, filters, statistics: BTreeMap::new() }
    }

    /// Gives every normalisation the statistics of `maps`, [N, C, 14, 14].
    pub(super) fn fit(&mut self, maps: &Tensor) -> Result<(), OnnxError> {
        let layers = self.blocks.iter().flat_map(Bottleneck::convolutions);
        let names: Vec<String> = layers.map(|layer| layer.name).collect();
        for name in names {
            let part = self.graph()?.cut(&[&name])?;
            let outputs = Network::new(&part)?.run(maps.clone(), &mut Workspace::default())?;
            self.statistics.insert(name, statistics(&outputs[0]));
        }
        Ok(())
    }

    /// The tail as it is now. A normalisation that was not fitted changes nothing.
    pub(super) fn graph(&self) -> Result<Graph, OnnxError> {
        let mut builder = ModelBuilder::new(MAP, &[self.channels, SIDE, SIDE]);
        for block in &self.blocks {
            for layer in block.convolutions() {
                let name = &layer.name;
                layer.write(&mut builder, &self.filters[name], self.statistics.get(name));
            }
            block.join(&mut builder);
        }
        builder.node("GlobalAveragePool", &["1.relu"], "pooled");
        builder.node("Flatten", &["pooled"], EMBEDDING);
        builder.finish(&[EMBEDDING])
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
    use rand::Rng as _;
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
