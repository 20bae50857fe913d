//! `synthesize-maps`: feature maps whose attributes, and the cells that hold them, are known.

mod params;
mod tail;

use std::collections::BTreeMap;
use std::io;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::artifact::Blob;
use crate::data::attributes::Attributes;
use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo};
use crate::data::glyphs::{
    Codes, PaintedCells, PaintedCellsHeader, PaintedCellsWriter, PoseLayouts, Scene, draw_scene,
};
use crate::data::planted::{Directions, SIDE, plant};
use crate::data::samples::{Sample, Samples};
use crate::nn::Tensor;
use crate::onnx::{Network, OnnxModel, Workspace};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::extract::network_error;
use super::pool::thread_pool;
pub use params::SynthesizeMapsParams;
use tail::{EMBEDDING, EXPANSION, MAP, TailBuilder};

/// Maps made between two looks at the request to stop.
const CHUNK_IMAGES: usize = 64;

/// Maps, no part of the data, that the tail's normalisations are fitted to.
const FITTED_MAPS: usize = 256;

inputs! {
    /// Nothing: everything follows from parameters and seed.
    pub struct SynthesizeMapsInputs {}
}
outputs! {
    /// Maps, the tail behind them, their classes, the classes' attributes, and the answer key.
    pub struct SynthesizeMapsOutputs {
        /// The tensors `map` [C, 14, 14] and `embedding` of each image.
        features: Features,
        /// From `map` to `embedding`: two bottlenecks with random weights.
        model: OnnxModel,
        /// The classes; the column `role` says `seen`, `validation` or `unseen`.
        samples: Samples,
        /// One row a class, of length one.
        attributes: Attributes,
        /// Which cell of each map holds what.
        cells: PaintedCells,
    }
}

/// The stage.
pub struct SynthesizeMaps;

impl Stage for SynthesizeMaps {
    const KIND: &'static str = "synthesize-maps";
    const SUMMARY: &'static str = "plants attributes in feature maps, at places that are known";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = SynthesizeMapsParams;
    type Inputs = SynthesizeMapsInputs;
    type Outputs = SynthesizeMapsOutputs;

    fn check(params: &SynthesizeMapsParams) -> Result<(), StageError> {
        params::check(params)
    }

    fn needs(_params: &SynthesizeMapsParams) -> Needs {
        Needs::all_threads(256)
    }

    fn run(
        params: &SynthesizeMapsParams,
        _inputs: SynthesizeMapsInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<SynthesizeMapsOutputs, StageError> {
        let plan = params.plan();
        let codes = plan
            .draw_codes(&mut cx.rng("codes"))
            .map_err(|error| StageError::parameter("values", error.to_string()))?;
        let attributes =
            plan.attribute_table(&codes).map_err(|error| StageError::Bug(error.to_string()))?;
        let poses = params.pose_count();
        let directions = Directions::draw(
            params.channels,
            [plan.attributes(), poses],
            params.entries,
            &mut cx.rng("directions"),
        );
        let layouts = PoseLayouts::draw(poses, params.parts, &mut cx.rng("layouts"));
        let planter = Planter { params, codes: &codes, layouts: &layouts, directions: &directions };
        let pool = thread_pool(cx)?;
        let mut tail = TailBuilder::draw(params.channels, params.planes, &mut cx.rng("tail"));
        let strange = planter.strange_maps(cx);
        pool.install(|| tail.fit(&strange)).map_err(network_error)?;
        let graph = tail.graph().map_err(network_error)?;
        let network = Network::new(&graph).map_err(network_error)?;
        let (features, samples, cells) = planter.plant_all(&network, &pool, cx)?;
        let model = OnnxModel::new(Blob::from_bytes(&graph.encode())).map_err(network_error)?;
        Ok(SynthesizeMapsOutputs { features, model, samples, attributes, cells })
    }
}

/// Everything that maps are made of.
struct Planter<'a> {
    params: &'a SynthesizeMapsParams,
    codes: &'a Codes,
    layouts: &'a PoseLayouts,
    directions: &'a Directions,
}

impl Planter<'_> {
    /// One map of a class.
    fn one(&self, class: usize, mut rng: ChaCha8Rng) -> (Scene, Vec<f32>) {
        let rule = self.params.scene_rule();
        let scene = draw_scene(&rule, &self.codes[class], self.layouts, &mut rng);
        let map = plant(&self.params.map_rule(), self.directions, &scene, &mut rng);
        (scene, map)
    }

    /// Maps of the classes that models are fitted on, which are no part of the data.
    fn strange_maps(&self, cx: &StageContext<'_>) -> Tensor {
        let classes = self.params.seen_classes - self.params.validation_classes;
        let map = |at: usize| self.one(at % classes, cx.rng(&format!("strange/{at:04}"))).1;
        let values: Vec<f32> = (0..FITTED_MAPS).flat_map(map).collect();
        Tensor::new(vec![FITTED_MAPS, self.params.channels, SIDE, SIDE], values)
    }

    fn plant_all(
        &self,
        network: &Network,
        pool: &rayon::ThreadPool,
        cx: &mut StageContext<'_>,
    ) -> Result<(Features, Samples, PaintedCells), StageError> {
        let plan = self.params.plan();
        let total = plan.all_images();
        let header = PaintedCellsHeader {
            images: total,
            parts: plan.parts,
            attributes: plan.attribute_names(),
        };
        let mut cells =
            PaintedCellsWriter::new(cx.writer("cells")?, header).map_err(encode_error("cells"))?;
        let mut features = FeaturesWriter::new(cx.writer("features")?, self.tensors(), total)
            .map_err(encode_error("features"))?;
        let (mut rows, mut roles) = (Vec::new(), Vec::new());
        for class in 0..plan.classes() {
            let class_name = plan.class_name(class);
            let all: Vec<usize> = (0..plan.images(class)).collect();
            for chunk in all.chunks(CHUNK_IMAGES) {
                cx.check_cancelled()?;
                let name = |image: &usize| format!("{class_name}/{image:04}");
                // Every map has a stream of its own: neither threads nor counts move another.
                let streams = chunk.iter().map(|image| (name(image), cx.rng(&name(image))));
                let streams: Vec<(String, ChaCha8Rng)> = streams.collect();
                let make = |(name, rng): (String, ChaCha8Rng)| {
                    let (scene, map) = self.one(class, rng);
                    let embedding = self.embed(network, &map)?;
                    Ok((name, scene, map, embedding))
                };
                let made: Result<Vec<_>, StageError> =
                    pool.install(|| streams.into_par_iter().map(make).collect());
                for (name, scene, map, embedding) in made? {
                    features.push(&[&map, &embedding]).map_err(encode_error("features"))?;
                    cells.push(&scene).map_err(encode_error("cells"))?;
                    rows.push(Sample { name, class: class_name.clone() });
                    roles.push(plan.role(class).to_owned());
                }
                cx.progress(rows.len() as u64, total as u64, "maps");
            }
        }
        let samples = Samples::new(rows, BTreeMap::from([("role".to_owned(), roles)]))
            .map_err(|error| StageError::Bug(error.to_string()))?;
        let features = features.finish().map_err(encode_error("features"))?;
        Ok((features, samples, cells.finish().map_err(encode_error("cells"))?))
    }

    fn tensors(&self) -> Vec<TensorInfo> {
        let map = vec![self.params.channels, SIDE, SIDE];
        let embedding = vec![self.params.planes * EXPANSION];
        vec![
            TensorInfo::new(MAP, map, Storage::F32),
            TensorInfo::new(EMBEDDING, embedding, Storage::F32),
        ]
    }

    fn embed(&self, network: &Network, map: &[f32]) -> Result<Vec<f32>, StageError> {
        let image = Tensor::new(vec![1, self.params.channels, SIDE, SIDE], map.to_vec());
        let outputs = network.run(image, &mut Workspace::default()).map_err(network_error)?;
        Ok(outputs.into_iter().next().expect("the tail has one output").into_values())
    }
}

fn encode_error(port: &'static str) -> impl Fn(io::Error) -> StageError {
    move |source| StageError::Encode { port: port.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use crate::data::samples::SampleIndex;
    use crate::stage::testing::{Bench, Outcome};

    use super::*;

    fn small() -> SynthesizeMapsParams {
        SynthesizeMapsParams {
            seen_classes: 12,
            validation_classes: 3,
            unseen_classes: 3,
            images_per_seen_class: 4,
            images_per_unseen_class: 3,
            values: 3,
            channels: 8,
            planes: 4,
            ..SynthesizeMapsParams::default()
        }
    }

    fn synthesize(params: &SynthesizeMapsParams, threads: usize) -> Outcome {
        Bench::new().threads(threads).run::<SynthesizeMaps>(params).unwrap()
    }

    #[test]
    fn cells_hold_the_attributes_of_their_class_and_embeddings_are_the_tails() {
        let outcome = synthesize(&small(), 2);
        let features: Features = outcome.output("features");
        let samples: Samples = outcome.output("samples");
        let attributes: Attributes = outcome.output("attributes");
        let cells: PaintedCells = outcome.output("cells");
        let model: OnnxModel = outcome.output("model");
        assert_eq!((features.len(), samples.len(), cells.header().images), (57, 57, 57));
        let network = Network::new(&model.graph().unwrap()).unwrap();
        let (maps, embeddings) = (features.tensor(Some(MAP)), features.tensor(Some(EMBEDDING)));
        let (maps, embeddings) = (maps.unwrap(), embeddings.unwrap());
        for image in 0..57 {
            let sample = SampleIndex(u32::try_from(image).unwrap());
            let row = attributes.row(samples.class_name(sample)).unwrap();
            for &cell in cells.part_cells(image) {
                let attribute = cells.attribute(image, cell.into()).unwrap();
                assert!((row[attribute] - 0.5).abs() < 1e-15);
            }
            let (mut map, mut embedding) = (vec![0.0; 8 * 196], vec![0.0; 16]);
            maps.read_row(image, &mut map);
            embeddings.read_row(image, &mut embedding);
            let found = network
                .run(Tensor::new(vec![1, 8, 14, 14], map), &mut Workspace::default())
                .unwrap();
            assert_eq!(found[0].values(), embedding);
        }
    }

    #[test]
    fn threads_change_no_byte() {
        let digests = [1, 2, 4].map(|threads| synthesize(&small(), threads).digests());
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], digests[2]);
    }

    #[test]
    fn impossible_parameters_are_named() {
        let message = |params| {
            let outcome = Bench::new().run::<SynthesizeMaps>(&params);
            outcome.err().unwrap().to_string()
        };
        let many = SynthesizeMapsParams { values: 17, ..small() };
        assert_eq!(message(many), "parameter `values`: 4 parts need 2 to 16 values, got 17");
        let negative = SynthesizeMapsParams { noise: -0.1, ..small() };
        assert_eq!(message(negative), "parameter `noise`: expected 0 or more, got -0.1");
        let sure = SynthesizeMapsParams { jitter: 1.5, ..small() };
        assert_eq!(message(sure), "parameter `jitter`: expected 0 to 1, got 1.5");
    }
}
