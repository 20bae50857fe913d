//! `embed-looks`: the local embedding of every cell of every image, by a trained network.
//!
//! In stage II of ERPCNet nothing but the policy learns, so what a look shows is fixed. It is
//! computed once, for all policies, thresholds and evaluations: no epoch of stage II runs a
//! convolution. Where parts of a split are connected, images that nobody will ask for are left out.

use std::collections::BTreeSet;

use crate::data::features::Features;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::models::erpcnet::trained::Trained;
use crate::nn::tape::Mode;
use crate::onnx::OnnxModel;
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::same_network::check_same_split;
use super::seer::{EmbedParams, Seer};

/// The tensor of the embeddings.
pub(super) const LOCAL: &str = "local";

inputs! {
    /// What is looked at, and by what.
    pub struct EmbedLooksInputs {
        /// The trained network.
        network: Trained,
        /// The maps that it was trained on the like of.
        features: Features,
        /// The backbone that holds the tail.
        model: OnnxModel,
        /// The training part of the split. Where a part is connected, only the images of those that
        /// are get embedded; else all.
        train: Option<TrainSamples>,
        /// Its test images of seen classes.
        test_seen: Option<TestSeenSamples>,
        /// Its test images of unseen classes.
        test_unseen: Option<TestUnseenSamples>,
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
    type Params = EmbedParams;
    type Inputs = EmbedLooksInputs;
    type Outputs = EmbedLooksOutputs;

    fn check(params: &EmbedParams) -> Result<(), StageError> {
        params.check()
    }

    fn needs(_params: &EmbedParams) -> Needs {
        Needs::all_threads(1024)
    }

    fn run(
        params: &EmbedParams,
        inputs: EmbedLooksInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<EmbedLooksOutputs, StageError> {
        let seer = Seer::new(&inputs.network, &inputs.model)?;
        let subnets = seer.subnets();
        let count = subnets.network.cells.count();
        let shape = vec![count, inputs.network.card.design.embedding];
        let (asked, output) = (asked(&inputs)?, ("looks", LOCAL, shape));
        let looks = seer.write(&inputs.features, output, asked, params, cx, |tape, maps| {
            let images = tape.value(maps).shape()[0];
            let cells: Vec<usize> = (0..images).flat_map(|_| 0..count).collect();
            subnets.network.embed(tape, &subnets.local, maps, &cells, Mode::Evaluation)
        })?;
        Ok(EmbedLooksOutputs { looks })
    }
}

/// The images of the parts that are connected, in rising order; none where no part is.
fn asked(inputs: &EmbedLooksInputs) -> Result<Option<Vec<usize>>, StageError> {
    let parts = [
        inputs.train.as_ref().map(|part| (part.identity, &part.images)),
        inputs.test_seen.as_ref().map(|part| (part.identity, &part.images)),
        inputs.test_unseen.as_ref().map(|part| (part.identity, &part.images)),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let mut identities = parts.iter().map(|(identity, _)| identity);
    identities.try_for_each(|identity| check_same_split(&inputs.network.card, identity))?;
    let images = || parts.iter().flat_map(|(_, images)| images.iter().map(|image| image.get()));
    let total = inputs.features.len();
    if let Some(image) = images().find(|image| *image >= total) {
        let message = format!("the split names image {image}; the features are of {total} images");
        return Err(StageError::data(message));
    }
    let sorted: BTreeSet<usize> = images().collect();
    Ok((!parts.is_empty()).then(|| sorted.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use crate::models::erpcnet::trained::TrainingPart;
    use crate::nn::Tensor;
    use crate::nn::tape::{Parameters, Recording, Tape};
    use crate::stage::testing::{Bench, Outcome};
    use crate::stages::map_rows::MapRows;
    use crate::stages::planted_world::World as Data;

    use super::*;

    struct World {
        features: Features,
        model: OnnxModel,
        network: Trained,
        train: TrainSamples,
        test_seen: TestSeenSamples,
        test_unseen: TestUnseenSamples,
    }

    fn world() -> World {
        let data = Data::small();
        let network = data.network(TrainingPart::Train);
        let Data { features, model, train, test_seen, test_unseen, .. } = data;
        World { features, model, network, train, test_seen, test_unseen }
    }

    fn embed(world: &World, params: &EmbedParams, threads: usize) -> Outcome {
        let bench = Bench::new().threads(threads).input("network", &world.network);
        let bench = bench.input("features", &world.features).input("model", &world.model);
        bench.run::<EmbedLooks>(params).unwrap()
    }

    #[test]
    fn a_row_is_what_the_network_sees_in_each_cell() {
        let world = world();
        let looks: Features = embed(&world, &EmbedParams::default(), 2).output("looks");
        let view = looks.tensor(Some(LOCAL)).unwrap();
        assert_eq!((looks.len(), view.shape()), (world.features.len(), &[16, 16][..]));
        let seer = Seer::new(&world.network, &world.model).unwrap();
        let maps = MapRows::new(&world.features, "map", "map").unwrap();
        let mut row = vec![0.0; 16 * 16];
        view.read_row(20, &mut row);
        // One image and one cell at a time.
        for cell in [0, 9, 15] {
            let mut tape = Tape::new(&world.network.parameters, Recording::Off);
            let map = tape.constant(maps.read([20].into_iter()));
            let subnets = seer.subnets();
            let seen =
                subnets.network.embed(&mut tape, &subnets.local, map, &[cell], Mode::Evaluation);
            let found = &row[cell * 16..][..16];
            let pairs = found.iter().zip(tape.value(seen).values());
            assert!(pairs.clone().all(|(one, other)| (one - other).abs() < 1e-5), "cell {cell}");
        }
    }

    #[test]
    fn images_of_the_parts_that_are_connected_are_embedded_and_no_others() {
        let world = world();
        let all: Features = embed(&world, &EmbedParams::default(), 1).output("looks");
        let bench = Bench::new().input("network", &world.network).input("model", &world.model);
        let bench = bench.input("features", &world.features);
        let bench = bench.input("train", &world.train).input("test_seen", &world.test_seen);
        let some: Features =
            bench.run::<EmbedLooks>(&EmbedParams::default()).unwrap().output("looks");
        let [all, part] = [&all, &some].map(|looks| looks.partial_tensor(Some(LOCAL)).unwrap());
        assert_eq!(some.len(), world.features.len());
        let asked = world.train.images.iter().chain(&world.test_seen.images);
        let mut rows = [vec![0.0; 16 * 16], vec![0.0; 16 * 16]];
        for image in asked {
            all.read_row(image.get(), &mut rows[0]);
            part.read_row(image.get(), &mut rows[1]);
            assert_eq!(rows[0], rows[1]);
        }
        for image in &world.test_unseen.images {
            assert_eq!(part.missing(&[image.get()]), Some(image.get()));
        }
    }

    #[test]
    fn a_part_of_another_split_is_refused() {
        let mut world = world();
        world.network.card.split = "another".to_owned();
        let bench = Bench::new().input("network", &world.network).input("model", &world.model);
        let bench = bench.input("features", &world.features).input("train", &world.train);
        let error = bench.run::<EmbedLooks>(&EmbedParams::default()).err().unwrap();
        assert_eq!(error.to_string(), "the network was trained on another split");
    }

    #[test]
    fn threads_change_no_byte() {
        let world = world();
        let digests = [1, 2, 4].map(|threads| embed(&world, &EmbedParams::default(), threads));
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
