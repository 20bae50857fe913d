//! `embed-looks`: the local embedding of every cell of every image, by a trained network.
//!
//! In stage II of ERPCNet nothing but the policy learns, so what a look shows is fixed. It is
//! computed once, for all policies, thresholds and evaluations: no epoch of stage II runs a
//! convolution.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo};
use crate::models::erpcnet::learner::LocalTail;
use crate::models::erpcnet::network::Network;
use crate::models::erpcnet::trained::Trained;
use crate::nn::tape::{Mode, Parameters, Recording, Tape};
use crate::onnx::{OnnxModel, Tail, TailCopy};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::extract::network_error;
use super::map_rows::MapRows;
use super::pool::thread_pool;
use super::train_erpcnet::LOCAL_TAIL;

/// The tensor of the embeddings.
pub(super) const LOCAL: &str = "local";

/// How the embeddings are kept.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedLooksParams {
    /// How numbers are stored. Default `f32`.
    pub storage: Storage,
    /// Images at once. Default 32.
    #[schemars(range(min = 1, max = 4096))]
    pub batch: usize,
}

impl Default for EmbedLooksParams {
    fn default() -> Self {
        Self { storage: Storage::F32, batch: 32 }
    }
}

inputs! {
    /// What is looked at, and by what.
    pub struct EmbedLooksInputs {
        /// The trained network.
        network: Trained,
        /// The maps that it was trained on the like of.
        features: Features,
        /// The backbone that holds the tail.
        model: OnnxModel,
    }
}
outputs! {
    /// What all looks show.
    pub struct EmbedLooksOutputs {
        /// The tensor `local`, [cells, D] an image.
        looks: Features,
    }
}

/// The stage.
pub struct EmbedLooks;

impl Stage for EmbedLooks {
    const KIND: &'static str = "embed-looks";
    const SUMMARY: &'static str = "embeds every cell of every map with a trained ERPCNet";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = EmbedLooksParams;
    type Inputs = EmbedLooksInputs;
    type Outputs = EmbedLooksOutputs;

    fn check(params: &EmbedLooksParams) -> Result<(), StageError> {
        match params.batch {
            0 => Err(StageError::parameter("batch", "expected at least 1, got 0")),
            _ => Ok(()),
        }
    }

    fn needs(_params: &EmbedLooksParams) -> Needs {
        Needs::all_threads(1024)
    }

    fn run(
        params: &EmbedLooksParams,
        inputs: EmbedLooksInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<EmbedLooksOutputs, StageError> {
        let card = &inputs.network.card;
        let maps = MapRows::new(&inputs.features, &card.map, "features")?;
        if (maps.channels(), maps.size()) != (card.design.channels, card.design.map) {
            let [height, width] = card.design.map;
            let message = format!(
                "the maps `{}` are [{}, {}, {}], the network was trained on [{}, {height}, {width}]",
                card.map,
                maps.channels(),
                maps.size()[0],
                maps.size()[1],
                card.design.channels
            );
            let help = "connect the `features` that the network was trained on";
            return Err(StageError::data_with_help(message, help));
        }
        let seer = Seer::new(&inputs.network, &inputs.model)?;
        let total = inputs.features.len();
        let shape = vec![seer.network.cells.count(), card.design.embedding];
        let tensor = TensorInfo::new(LOCAL, shape, params.storage);
        let mut writer =
            FeaturesWriter::new(cx.writer("looks")?, vec![tensor], total).map_err(encode_error)?;
        let pool = thread_pool(cx)?;
        for first in (0..total).step_by(params.batch) {
            cx.check_cancelled()?;
            let images = first..(first + params.batch).min(total);
            let rows = pool.install(|| seer.embed(&maps, images.clone()));
            for row in rows.chunks_exact(rows.len() / images.len()) {
                writer.push(&[row]).map_err(encode_error)?;
            }
            cx.progress(images.end as u64, total as u64, "images");
        }
        Ok(EmbedLooksOutputs { looks: writer.finish().map_err(encode_error)? })
    }
}

/// A trained network that only looks.
pub(super) struct Seer<'a> {
    pub(super) network: Network,
    parameters: &'a Parameters,
    pub(super) tail: Tail,
    pub(super) copy: TailCopy,
}

impl<'a> Seer<'a> {
    pub(super) fn new(trained: &'a Trained, model: &OnnxModel) -> Result<Self, StageError> {
        let foreign = || {
            let [from, to] = &trained.card.tail;
            let message = format!(
                "the network was not trained with the tail from `{from}` to `{to}` of this model"
            );
            let help = "connect the same `model` to the network's stage and to this one";
            StageError::data_with_help(message, help)
        };
        let graph = model.graph().map_err(network_error)?;
        let [from, to] = &trained.card.tail;
        let tail = Tail::between(&graph, from, to).map_err(network_error)?;
        let copy = tail.find(LOCAL_TAIL, &trained.parameters).ok_or_else(foreign)?;
        let network = trained.card.design.find(&trained.parameters).ok_or_else(foreign)?;
        Ok(Self { network, parameters: &trained.parameters, tail, copy })
    }

    /// v of every cell of some images.
    fn embed(&self, maps: &MapRows<'_>, images: std::ops::Range<usize>) -> Vec<f32> {
        let count = self.network.cells.count();
        let cells: Vec<usize> = images.clone().flat_map(|_| 0..count).collect();
        let mut tape = Tape::new(self.parameters, Recording::Off);
        let maps = tape.constant(maps.read(images));
        let locality = LocalTail { tail: &self.tail, copy: &self.copy };
        let seen = self.network.embed(&mut tape, &locality, maps, &cells, Mode::Evaluation);
        tape.value(seen).values().to_vec()
    }
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "looks".to_owned(), source }
}

#[cfg(test)]
mod tests {
    use crate::models::erpcnet::trained::TrainingPart;
    use crate::nn::Tensor;
    use crate::stage::testing::{Bench, Outcome};
    use crate::stages::planted_world::World as Data;

    use super::*;

    struct World {
        features: Features,
        model: OnnxModel,
        network: Trained,
    }

    fn world() -> World {
        let data = Data::small();
        let network = data.network(TrainingPart::Train);
        World { features: data.features, model: data.model, network }
    }

    fn embed(world: &World, params: &EmbedLooksParams, threads: usize) -> Outcome {
        let bench = Bench::new().threads(threads).input("network", &world.network);
        let bench = bench.input("features", &world.features).input("model", &world.model);
        bench.run::<EmbedLooks>(params).unwrap()
    }

    #[test]
    fn a_row_is_what_the_network_sees_in_each_cell() {
        let world = world();
        let looks: Features = embed(&world, &EmbedLooksParams::default(), 2).output("looks");
        let view = looks.tensor(Some(LOCAL)).unwrap();
        assert_eq!((looks.len(), view.shape()), (world.features.len(), &[16, 16][..]));
        let seer = Seer::new(&world.network, &world.model).unwrap();
        let maps = MapRows::new(&world.features, "map", "map").unwrap();
        let mut row = vec![0.0; 16 * 16];
        view.read_row(20, &mut row);
        // One image and one cell at a time.
        for cell in [0, 9, 15] {
            let mut tape = Tape::new(seer.parameters, Recording::Off);
            let map = tape.constant(maps.read([20].into_iter()));
            let locality = LocalTail { tail: &seer.tail, copy: &seer.copy };
            let seen = seer.network.embed(&mut tape, &locality, map, &[cell], Mode::Evaluation);
            let found = &row[cell * 16..][..16];
            let pairs = found.iter().zip(tape.value(seen).values());
            assert!(pairs.clone().all(|(one, other)| (one - other).abs() < 1e-5), "cell {cell}");
        }
    }

    #[test]
    fn threads_change_no_byte() {
        let world = world();
        let digests = [1, 2, 4].map(|threads| embed(&world, &EmbedLooksParams::default(), threads));
        let digests = digests.map(|outcome| outcome.digests());
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], digests[2]);
    }

    #[test]
    fn another_networks_tail_is_refused() {
        let mut world = world();
        let mut other = Parameters::default();
        for (_, parameter) in world.network.parameters.iter() {
            let shape = parameter.value().shape();
            let shape: Vec<usize> = match parameter.name.starts_with("cl.") {
                true => shape.iter().map(|axis| axis + 1).collect(),
                false => shape.to_vec(),
            };
            other.add(parameter.name.clone(), parameter.kind, Tensor::zeros(shape));
        }
        world.network.parameters = other;
        let message = Seer::new(&world.network, &world.model).err().unwrap().to_string();
        assert!(
            message.contains("not trained with the tail from `map` to `embedding`"),
            "{message}"
        );
    }
}
