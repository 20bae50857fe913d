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
        let seen = subnets.network.embed(&mut tape, &subnets.local, map, &[cell], Mode::Evaluation);
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
    let some: Features = bench.run::<EmbedLooks>(&EmbedParams::default()).unwrap().output("looks");
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
    assert!(message.contains("not trained with the tail from `map` to `embedding`"), "{message}");
}
