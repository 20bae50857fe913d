//! `synthesize-backbone`: a small network of random filters, for runs that need no weights.
//!
//! ```text
//! image ─▶ (x - 127.5) / 64 ─▶ [conv 3x3 + relu (+ max pool 2x2)] x blocks ─▶ map [C, 14, 14]
//!                               │ global mean of each block              │ largest values, and
//!                               │                                        │ means over a grid
//!                               └──────────────────▶ features ◀──────────┘
//! ```
//!
//! Random filters are no trained ones, but they tell shapes and colours apart better than chance,
//! and the grid keeps *where* they were seen. Values are exact sums of uniform numbers, so that the
//! file has the same bytes on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Blob;
use crate::onnx::{ModelBuilder, NodeBuilder, OnnxError, OnnxModel};
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};

use super::extract::network_error;

/// The side of the map that every size leads to: that of a ResNet's third layer at 224 pixels.
const MAP_SIDE: usize = 14;

/// Blocks double their channels up to this many times the first block's.
const WIDEST: usize = 4;

/// The standard deviation of the biases, where activations have about 1.
const BIAS_DEVIATION: f64 = 0.3;

/// The shape of the network.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SynthesizeBackboneParams {
    /// The seed of the filters; it is no seed of the experiment, as little as trained weights are.
    /// Default: 0.
    pub seed: u64,
    /// The side of the images in pixels: 28, 56, 112 or 224. Default: 112.
    pub size: u32,
    /// The channels of the first block; later blocks have more. Default: 16.
    #[schemars(range(min = 1, max = 512))]
    pub channels: usize,
    /// The convolutions in each block. Default: 1.
    #[schemars(range(min = 1, max = 8))]
    pub depth: usize,
    /// The cells of the grid along each side, over which the map is averaged. Default: 2.
    #[schemars(range(min = 1, max = 14))]
    pub grid: usize,
}

impl Default for SynthesizeBackboneParams {
    fn default() -> Self {
        Self { seed: 0, size: 112, channels: 16, depth: 1, grid: 2 }
    }
}

inputs! {
    /// `synthesize-backbone` reads nothing.
    pub struct SynthesizeBackboneInputs {}
}

outputs! {
    /// What `synthesize-backbone` makes.
    pub struct SynthesizeBackboneOutputs {
        /// The network, with the tensors `map` [C, 14, 14] and `features`.
        model: OnnxModel,
    }
}

/// The stage `synthesize-backbone`.
pub struct SynthesizeBackbone;

impl Stage for SynthesizeBackbone {
    const KIND: &'static str = "synthesize-backbone";
    const SUMMARY: &'static str = "makes a small network of random filters";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = SynthesizeBackboneParams;
    type Inputs = SynthesizeBackboneInputs;
    type Outputs = SynthesizeBackboneOutputs;

    fn run(
        params: &SynthesizeBackboneParams,
        _: SynthesizeBackboneInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<SynthesizeBackboneOutputs, StageError> {
        let file = write(params).map_err(network_error)?;
        let model = OnnxModel::new(Blob::from_bytes(&file)).map_err(network_error)?;
        cx.note(format!("{} bytes of random filters; tensors `map` and `features`", file.len()));
        Ok(SynthesizeBackboneOutputs { model })
    }

    fn check(params: &SynthesizeBackboneParams) -> Result<(), StageError> {
        if params.halvings().is_none() {
            let message = format!("{}; expected 28, 56, 112 or 224 pixels", params.size);
            return Err(StageError::parameter("size", message));
        }
        for (name, value) in [("channels", params.channels), ("depth", params.depth)] {
            if value == 0 {
                return Err(StageError::parameter(name, "expected at least 1"));
            }
        }
        if !(1..=MAP_SIDE).contains(&params.grid) {
            let message = format!("{}; expected 1 to {MAP_SIDE} cells", params.grid);
            return Err(StageError::parameter("grid", message));
        }
        Ok(())
    }
}

impl SynthesizeBackboneParams {
    /// How often the image is halved on the way to the map.
    fn halvings(&self) -> Option<u32> {
        (1..=4).find(|halvings| u64::from(self.size) == (MAP_SIDE as u64) << halvings)
    }
}

fn write(params: &SynthesizeBackboneParams) -> Result<Vec<u8>, OnnxError> {
    let halvings = params.halvings().unwrap_or_default();
    let side = MAP_SIDE << halvings;
    let mut builder = ModelBuilder::new("input", &[3, side, side]);
    let mut filters = Filters(ChaCha8Rng::seed_from_u64(params.seed));
    builder.weight("middle", &[1], &[127.5]);
    builder.weight("spread", &[1], &[1.0 / 64.0]);
    builder.node("Sub", &["input", "middle"], "centred");
    builder.node("Mul", &["centred", "spread"], "scaled");
    let mut last = "scaled".to_owned();
    let mut channels = 3;
    let mut parts = Vec::new();
    for block in 0..=halvings {
        let name = if block == halvings { "map".to_owned() } else { format!("block{block}") };
        let wider = params.channels * (1 << block).min(WIDEST);
        for layer in 0..params.depth {
            let layer = format!("{name}.{layer}");
            last = filters.convolve(&mut builder, &last, &layer, [channels, wider]);
            channels = wider;
        }
        if block == halvings {
            builder.node("Identity", &[&last], &name);
        } else {
            let pool = builder.node("MaxPool", &[&last], &name);
            shape(pool, 2, 2);
        }
        let mean = format!("{name}.mean");
        builder.node("GlobalAveragePool", &[&name], &mean);
        parts.push(mean);
        last = name;
    }
    write_head(&mut builder, params.grid, parts);
    Ok(builder.finish(&["map", "features"])?.encode())
}

/// Joins the means of the blocks with what a grid over the map and the whole map give.
fn write_head(builder: &mut ModelBuilder, grid: usize, mut parts: Vec<String>) {
    // The windows overlap where 14 is not a multiple of the grid.
    let stride = MAP_SIDE / grid;
    let kernel = MAP_SIDE - (grid - 1) * stride;
    shape(builder.node("AveragePool", &["map"], "map.grid"), kernel, stride);
    shape(builder.node("MaxPool", &["map"], "map.largest"), MAP_SIDE, 1);
    parts.extend(["map.grid", "map.largest"].map(str::to_owned));
    let rows: Vec<String> = parts.iter().map(|part| format!("{part}.row")).collect();
    for (part, row) in parts.iter().zip(&rows) {
        builder.node("Flatten", &[part], row);
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    builder.node("Concat", &rows, "features").int("axis", 1);
}

/// Gives a pooling a square window.
fn shape(mut pool: NodeBuilder<'_>, kernel: usize, stride: usize) {
    pool.ints("kernel_shape", &[kernel, kernel]).ints("strides", &[stride, stride]);
}

/// Random filters from one stream.
struct Filters(ChaCha8Rng);

impl Filters {
    /// A 3x3 convolution and a ReLU. Filters have the variance that keeps that of their input (He et
    /// al. 2015) and no mean, so that what is flat opens no channel; biases spread the thresholds.
    fn convolve(
        &mut self,
        builder: &mut ModelBuilder,
        input: &str,
        name: &str,
        [channels, outputs]: [usize; 2],
    ) -> String {
        let taps = channels * 9;
        let inputs = u32::try_from(taps).expect("a filter has far fewer taps");
        let deviation = (2.0 / f64::from(inputs)).sqrt();
        let weights: Vec<f32> = (0..outputs).flat_map(|_| self.filter(taps, deviation)).collect();
        let biases: Vec<f32> = (0..outputs).map(|_| single(self.normal(BIAS_DEVIATION))).collect();
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        builder.weight(&weight, &[outputs, channels, 3, 3], &weights);
        builder.weight(&bias, &[outputs], &biases);
        let sum = format!("{name}_sum");
        builder
            .node("Conv", &[input, &weight, &bias], &sum)
            .ints("kernel_shape", &[3, 3])
            .ints("pads", &[1, 1, 1, 1]);
        builder.node("Relu", &[&sum], name);
        name.to_owned()
    }

    /// The taps of one filter; their sum is zero.
    fn filter(&mut self, taps: usize, deviation: f64) -> Vec<f32> {
        let values: Vec<f64> = (0..taps).map(|_| self.normal(deviation)).collect();
        let count = u32::try_from(taps).expect("a filter has far fewer taps");
        let mean = values.iter().sum::<f64>() / f64::from(count);
        values.into_iter().map(|value| single(value - mean)).collect()
    }

    /// A number that is nearly normal: twelve uniform ones, added exactly.
    fn normal(&mut self, deviation: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| f64::from(self.0.next_u32())).sum();
        (sum / f64::from(u32::MAX) - 6.0) * deviation
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored as f32")]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{Graph, declared_shape};
    use crate::stage::testing::Bench;

    fn graph(params: &SynthesizeBackboneParams) -> Graph {
        let outcome = Bench::new().run::<SynthesizeBackbone>(params).unwrap();
        outcome.output::<OnnxModel>("model").graph().unwrap()
    }

    #[test]
    fn equal_seeds_give_equal_files() {
        let run = |seed| {
            let params = SynthesizeBackboneParams { seed, size: 28, ..Default::default() };
            Bench::new().run::<SynthesizeBackbone>(&params).unwrap().digests()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn every_size_leads_to_a_map_of_the_same_side() {
        for (size, halvings) in [(28, 1), (56, 2), (112, 3), (224, 4)] {
            let graph = graph(&SynthesizeBackboneParams { size, ..Default::default() });
            let pools = graph.nodes().iter().filter(|node| node.op_type == "MaxPool").count();
            assert_eq!(pools, halvings + 1, "one pool a halving, and that of the whole map");
            let side = usize::try_from(size).ok();
            let shape = declared_shape(graph.image_input().unwrap()).unwrap();
            assert_eq!(shape, [None, Some(3), side, side]);
            assert_eq!(graph.outputs(), ["map", "features"]);
        }
        let odd = SynthesizeBackboneParams { size: 100, ..Default::default() };
        let error = Bench::new().run::<SynthesizeBackbone>(&odd).err().unwrap();
        assert_eq!(error.to_string(), "parameter `size`: 100; expected 28, 56, 112 or 224 pixels");
    }

    #[test]
    fn filters_have_the_variance_that_was_asked_for() {
        let mut filters = Filters(ChaCha8Rng::seed_from_u64(3));
        let values: Vec<f64> = filters.filter(4000, 2.0).into_iter().map(f64::from).collect();
        let mean = values.iter().sum::<f64>() / 4000.0;
        let variance = values.iter().map(|value| value.powi(2)).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 1e-6 && (variance - 4.0).abs() < 0.4, "{mean} {variance}");
    }
}
