//! `initialise-backbone`: a small residual network with random first weights, to be trained.
//!
//! ```text
//! image ─▶ (x - 127.5) / 64 ─▶ stem: a 3x3 of stride 2 for each halving, a 3x3 between two
//!       ─▶ bottleneck ─▶ map [C, 14, 14]
//!       ─▶ bottleneck, stride 2 ─▶ bottleneck ─▶ mean over pixels ─▶ embedding [4 P]
//! ```
//!
//! What lies between `map` and `embedding` is a tail as a `ResNet` has one. The way to the map is
//! short on purpose: a pixel of it sees 19 of 56 pixels a side, so that it knows what is in its place
//! and little of what is elsewhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Blob;
use crate::nn::Activation;
use crate::onnx::{Graph, ModelBuilder, OnnxError, OnnxModel};
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};

use super::extract::network_error;
use super::residual::{Bottleneck, Convolution};

/// The side of the map that every size leads to: that of a ResNet's third layer at 224 pixels.
const MAP_SIDE: usize = 14;

/// How much wider a bottleneck of the tail ends than it is inside.
const EXPANSION: usize = 4;

/// The shape of the network.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InitialiseBackboneParams {
    /// The seed of the weights; it is no seed of the experiment. Default: 0.
    pub seed: u64,
    /// The side of the images in pixels: 28, 56, 112 or 224. Default: 56.
    pub size: u32,
    /// The channels of the map, a multiple of 16; each halving before it has half as many. Default:
    /// 48.
    #[schemars(range(min = 16, max = 1024))]
    pub channels: usize,
    /// P, the channels inside the bottlenecks of the tail; the embedding has four times as many.
    /// Default: 32.
    #[schemars(range(min = 1, max = 512))]
    pub planes: usize,
}

impl Default for InitialiseBackboneParams {
    fn default() -> Self {
        Self { seed: 0, size: 56, channels: 48, planes: 32 }
    }
}

inputs! {
    /// `initialise-backbone` reads nothing.
    pub struct InitialiseBackboneInputs {}
}

outputs! {
    /// What `initialise-backbone` makes.
    pub struct InitialiseBackboneOutputs {
        /// The network, with the tensors `map` [C, 14, 14] and `embedding` [4 P].
        model: OnnxModel,
    }
}

/// The stage `initialise-backbone`.
pub struct InitialiseBackbone;

impl Stage for InitialiseBackbone {
    const KIND: &'static str = "initialise-backbone";
    const SUMMARY: &'static str = "draws the first weights of a small residual network";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = InitialiseBackboneParams;
    type Inputs = InitialiseBackboneInputs;
    type Outputs = InitialiseBackboneOutputs;

    fn run(
        params: &InitialiseBackboneParams,
        _: InitialiseBackboneInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<InitialiseBackboneOutputs, StageError> {
        let file = write(params).map_err(network_error)?.encode();
        let model = OnnxModel::new(Blob::from_bytes(&file)).map_err(network_error)?;
        cx.note(format!("{} bytes of first weights; tensors `map` and `embedding`", file.len()));
        Ok(InitialiseBackboneOutputs { model })
    }

    fn check(params: &InitialiseBackboneParams) -> Result<(), StageError> {
        if params.halvings().is_none() {
            let message = format!("{}; expected 28, 56, 112 or 224 pixels", params.size);
            return Err(StageError::parameter("size", message));
        }
        if params.channels == 0 || !params.channels.is_multiple_of(16) {
            let message = format!("{}; expected a multiple of 16", params.channels);
            return Err(StageError::parameter("channels", message));
        }
        if params.planes == 0 {
            return Err(StageError::parameter("planes", "expected at least 1"));
        }
        Ok(())
    }
}

impl InitialiseBackboneParams {
    /// How often the image is halved on the way to the map.
    fn halvings(&self) -> Option<u32> {
        (1..=4).find(|halvings| u64::from(self.size) == (MAP_SIDE as u64) << halvings)
    }

    /// The convolutions before the map's block, in order.
    fn stem(&self) -> Vec<Convolution> {
        let halvings = self.halvings().unwrap_or_default();
        let mut stem = Vec::new();
        let (mut reads, mut inputs) = ("scaled".to_owned(), 3);
        for halving in 1..=halvings {
            let outputs = self.channels >> (halvings - halving);
            let strides: &[usize] = if halving < halvings { &[2, 1] } else { &[2] };
            for stride in strides {
                let name = format!("stem.{}", stem.len());
                let makes = format!("{name}.relu");
                let activation = Activation::Relu;
                let (kernel, stride) = (3, *stride);
                stem.push(Convolution { name, reads, kernel, stride, inputs, outputs, activation });
                (reads, inputs) = (makes, outputs);
            }
        }
        stem
    }

    /// The blocks: the map's, then the tail's.
    fn blocks(&self, reads: &str) -> [Bottleneck; 3] {
        let wide = self.planes * EXPANSION;
        let block = |[name, reads, makes]: [&str; 3], stride, widths: [usize; 3]| Bottleneck {
            name: name.to_owned(),
            reads: reads.to_owned(),
            makes: makes.to_owned(),
            stride,
            inputs: widths[0],
            planes: widths[1],
            outputs: widths[2],
        };
        let channels = self.channels;
        [
            block(["local", reads, "map"], 1, [channels, channels / 2, channels]),
            block(["tail.0", "map", "tail.0.relu"], 2, [channels, self.planes, wide]),
            block(["tail.1", "tail.0.relu", "tail.1.relu"], 1, [wide, self.planes, wide]),
        ]
    }
}

fn write(params: &InitialiseBackboneParams) -> Result<Graph, OnnxError> {
    let side = MAP_SIDE << params.halvings().unwrap_or_default();
    let mut builder = ModelBuilder::new("input", &[3, side, side]);
    let mut rng = ChaCha8Rng::seed_from_u64(params.seed);
    builder.weight("middle", &[1], &[127.5]);
    builder.weight("spread", &[1], &[1.0 / 64.0]);
    builder.node("Sub", &["input", "middle"], "centred");
    builder.node("Mul", &["centred", "spread"], "scaled");
    let stem = params.stem();
    for layer in &stem {
        layer.write(&mut builder, &layer.draw(&mut rng), None);
    }
    let last = stem.last().map_or("scaled".to_owned(), |layer| format!("{}.relu", layer.name));
    for block in params.blocks(&last) {
        for layer in block.convolutions() {
            layer.write(&mut builder, &layer.draw(&mut rng), None);
        }
        block.join(&mut builder);
    }
    builder.node("GlobalAveragePool", &["tail.1.relu"], "pooled");
    builder.node("Flatten", &["pooled"], "embedding");
    builder.finish(&["map", "embedding"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Extent, Tail};
    use crate::stage::testing::{Bench, Outcome};

    fn draw(params: &InitialiseBackboneParams) -> Outcome {
        Bench::new().run::<InitialiseBackbone>(params).unwrap()
    }

    #[test]
    fn every_size_leads_to_a_map_and_a_tail() {
        for size in [28, 56, 112, 224] {
            let params = InitialiseBackboneParams { size, channels: 32, planes: 6, seed: 1 };
            let graph = draw(&params).output::<OnnxModel>("model").graph().unwrap();
            let side = size as usize;
            let whole = Tail::between(&graph, "input", "map").unwrap();
            assert_eq!(whole.output([side, side, 3]).unwrap(), Extent::Map([14, 14, 32]));
            let tail = Tail::between(&graph, "map", "embedding").unwrap();
            assert_eq!(tail.output([14, 14, 32]).unwrap(), Extent::Row(24));
            assert_eq!(tail.output([1, 1, 32]).unwrap(), Extent::Row(24));
        }
    }

    #[test]
    fn equal_seeds_give_equal_files() {
        let seed = |seed| draw(&InitialiseBackboneParams { seed, ..Default::default() }).digests();
        assert_eq!(seed(1), seed(1));
        assert_ne!(seed(1), seed(2));
    }

    #[test]
    fn impossible_shapes_are_named() {
        let message = |params: InitialiseBackboneParams| {
            Bench::new().run::<InitialiseBackbone>(&params).err().unwrap().to_string()
        };
        let odd = InitialiseBackboneParams { size: 100, ..Default::default() };
        assert_eq!(message(odd), "parameter `size`: 100; expected 28, 56, 112 or 224 pixels");
        let odd = InitialiseBackboneParams { channels: 40, ..Default::default() };
        assert_eq!(message(odd), "parameter `channels`: 40; expected a multiple of 16");
        let none = InitialiseBackboneParams { planes: 0, ..Default::default() };
        assert_eq!(message(none), "parameter `planes`: expected at least 1");
    }
}
