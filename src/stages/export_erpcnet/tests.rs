//! What is exported, held against the program in ONNX Runtime.

use std::path::PathBuf;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::*;
use crate::artifact::{Artifact as _, Blob};
use crate::fs;
use crate::models::erpcnet::build::Design;
use crate::models::erpcnet::learner::Subnets;
use crate::models::erpcnet::network::{Kept, LocalBatching, Locality as _};
use crate::models::erpcnet::trained::{Card, TrainingPart};
use crate::nn::tape::{Mode, Parameters, Recording, Tape};
use crate::nn::{Tensor, channels_last};
use crate::onnx::{
    Feed, Graph, ModelBuilder, Network, Session, Tail, Workspace, locate, shape_text,
};
use crate::stage::testing::{Bench, Outcome};
use crate::stages::parameters_file::read_parameters;
use crate::stages::planted_world::World;

/// The largest difference that is allowed, as a share of the largest value.
const TOLERANCE: f32 = 1e-4;

fn export(network: &Trained, model: &OnnxModel) -> Outcome {
    let bench = Bench::new().input("network", network).input("model", model);
    bench.run::<ExportErpcnet>(&ExportErpcnetParams {}).unwrap()
}

/// What is put in.
struct Sample {
    maps: Tensor,
    global: Tensor,
    cells: Vec<usize>,
}

impl Sample {
    /// Random images, as maps behind a ReLU are, and random looks, the same cell again too.
    fn draw(design: &Design, images: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = |shape: Vec<usize>| {
            let count = shape.iter().product();
            let values = (0..count).map(|_| rng.random_range(-0.5_f32..1.0).max(0.0)).collect();
            Tensor::new(shape, values)
        };
        let [height, width] = design.map;
        let maps = values(vec![images, design.channels, height, width]);
        let global = values(vec![images, design.embedding]);
        let count = design.cells().unwrap().count();
        let cells = (0..images * design.looks).map(|_| rng.random_range(0..count)).collect();
        Self { maps, global, cells }
    }

    fn images(&self) -> usize {
        self.maps.shape()[0]
    }
}

/// `local`, `global_attributes`, `local_attributes` and `joint_attributes` by the program.
fn by_program(trained: &Trained, model: &OnnxModel, sample: &Sample) -> [Tensor; 4] {
    let seer = Seer::new(trained, model).unwrap();
    let Subnets { network, local: locality, global: own } = seer.subnets();
    let mut tape = Tape::new(&trained.parameters, Recording::Off);
    let maps = tape.constant(channels_last(&sample.maps));
    let global = match own {
        Some(tail) => tail.embed(&mut tape, maps, Mode::Evaluation),
        None => tape.constant(sample.global.clone()),
    };
    let count = network.cells.count();
    let all: Vec<usize> = (0..sample.images()).flat_map(|_| 0..count).collect();
    let embed = |tape: &mut Tape<'_, f32>, cells: &[usize]| {
        network.embed(tape, &locality, maps, cells, Mode::Evaluation)
    };
    let local = embed(&mut tape, &all);
    let of_local = tape.dense(network.local, local);
    let looks = embed(&mut tape, &sample.cells);
    let found = network.predict(&mut tape, global, looks, Kept::default());
    [local, found.global, of_local, found.joint].map(|var| tape.value(var).clone())
}

/// The same by ONNX Runtime, if it is here.
fn by_runtime(graph: &Graph, sample: &Sample) -> Option<Vec<Tensor>> {
    let Some(library) = locate().unwrap() else {
        println!("skipped: ONNX Runtime is not here");
        return None;
    };
    let cells: Vec<i64> = sample.cells.iter().map(|cell| i64::try_from(*cell).unwrap()).collect();
    let shape = [sample.images(), cells.len() / sample.images()];
    let mut session = Session::new(&library, graph, &graph.encode()).unwrap();
    let mut feeds = vec![Feed::Floats(&sample.maps)];
    // A network that embeds whole maps itself takes no embedding.
    if graph.inputs().iter().any(|input| input.name == "embedding") {
        feeds.push(Feed::Floats(&sample.global));
    }
    feeds.push(Feed::Integers(&shape, &cells));
    Some(session.run_on(&feeds).unwrap())
}

/// The largest difference of each output, as a share of its largest value.
fn distances(trained: &Trained, model: &OnnxModel, sample: &Sample) -> Option<Vec<f32>> {
    let graph = export(trained, model).output::<OnnxModel>("model").graph().unwrap();
    let theirs = by_runtime(&graph, sample)?;
    let mut worst = Vec::new();
    for (ours, theirs) in by_program(trained, model, sample).iter().zip(&theirs) {
        assert_eq!(ours.shape(), theirs.shape());
        let largest = ours.values().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 1e-3, "something was computed");
        let pairs = ours.values().iter().zip(theirs.values());
        worst.push(pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs())) / largest);
    }
    println!("{worst:?}");
    Some(worst)
}

fn agrees(trained: &Trained, model: &OnnxModel, sample: &Sample) {
    if let Some(distances) = distances(trained, model, sample) {
        assert!(distances.iter().all(|distance| *distance < TOLERANCE), "{distances:?}");
    }
}

#[test]
fn a_trained_network_is_the_same_in_onnx_runtime() {
    let world = World::small();
    let mut trained = world.network(TrainingPart::Train);
    for relu in [false, true] {
        trained.card.design.relu = relu;
        for images in [1, 5] {
            let sample = Sample::draw(&trained.card.design, images, 7);
            agrees(&trained, &world.model, &sample);
        }
    }
}

#[test]
fn a_network_with_a_tail_of_its_own_takes_maps_and_cells_alone() {
    let world = World::small();
    let trained = world.network_with_tail(TrainingPart::Train);
    let sample = Sample::draw(&trained.card.design, 3, 8);
    agrees(&trained, &world.model, &sample);
    let graph = export(&trained, &world.model).output::<OnnxModel>("model").graph().unwrap();
    let inputs: Vec<_> = graph.inputs().iter().map(|input| input.name.clone()).collect();
    assert_eq!(inputs, ["map", "cells"]);
}

/// All but the fusion is in the reach of the embedded kernels.
#[test]
fn looks_and_global_attributes_are_the_same_in_the_embedded_kernels() {
    let world = World::small();
    let trained = world.network(TrainingPart::Train);
    let sample = Sample::draw(&trained.card.design, 2, 9);
    let [local, global, ..] = by_program(&trained, &world.model, &sample);
    let graph = export(&trained, &world.model).output::<OnnxModel>("model").graph().unwrap();
    let run = |graph: &Graph, input: &Tensor| {
        let network = Network::new(graph).unwrap();
        network.run(input.clone(), &mut Workspace::default()).unwrap().remove(0)
    };
    let is_near = |found: &Tensor, expected: &Tensor| {
        let pairs = found.values().iter().zip(expected.values());
        found.values().len() == expected.values().len()
            && pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-4)
    };
    assert!(is_near(&run(&graph.cut(&["global_attributes"]).unwrap(), &sample.global), &global));
    let seen = channels_last(&run(&graph.cut(&["pconv"]).unwrap(), &sample.maps));
    let pixels = seen.reshaped(vec![2 * 16, 8, 1, 1]);
    let tail = graph.part("pconv.pixels", &format!("{LOCAL_TAIL}.embedding")).unwrap();
    assert!(is_near(&run(&tail, &pixels), &local));
}

#[test]
fn the_file_says_what_goes_in_and_comes_out() {
    let world = World::small();
    let trained = world.network(TrainingPart::Train);
    let graph = export(&trained, &world.model).output::<OnnxModel>("model").graph().unwrap();
    let inputs: Vec<String> = graph
        .inputs()
        .iter()
        .map(|input| format!("{} {}", input.name, shape_text(input)))
        .collect();
    let expected =
        ["map float32 [N, 8, 14, 14]", "embedding float32 [N, 16]", "cells int64 [N, 3]"];
    assert_eq!(inputs, expected);
    let offers = graph.offers();
    let outputs: Vec<String> = graph
        .outputs()
        .iter()
        .map(|name| offers.iter().find(|offer| offer.name == **name).unwrap())
        .map(|offer| format!("{} {}", offer.name, offer.type_text()))
        .collect();
    let count = trained.card.design.attributes;
    assert_eq!(
        outputs,
        [
            "local float32 [N, 16, 16]".to_owned(),
            format!("global_attributes float32 [N, {count}]"),
            format!("local_attributes float32 [N, 16, {count}]"),
            format!("joint_attributes float32 [N, 4, {count}]"),
        ]
    );
    let names: Vec<String> = serde_json::from_str(graph.remark("attributes").unwrap()).unwrap();
    assert_eq!(names, trained.card.attributes);
    let remarks = ["grid", "window", "stride", "logit_scale"].map(|key| graph.remark(key).unwrap());
    assert_eq!(remarks[..3], ["[4, 4]", "5", "3"]);
    assert_eq!(remarks[3].parse::<f64>().unwrap(), trained.card.logit_scale);
}

#[test]
fn the_weights_are_those_of_the_network() {
    let world = World::small();
    let trained = world.network(TrainingPart::Train);
    let outcome = export(&trained, &world.model);
    let file: ParametersFile = outcome.output("weights");
    let bytes = file.sealed().unwrap();
    let mut read = trained.parameters.clone();
    for id in trained.parameters.iter().map(|(id, _)| id) {
        read.values_mut(id).fill(0.0);
    }
    read_parameters("weights", bytes, &mut read).unwrap();
    let pairs = read.iter().zip(trained.parameters.iter());
    assert!(pairs.into_iter().all(|(read, own)| read.1.value() == own.1.value()));
    // Every weight stands in the network, too, under the same name.
    let graph = outcome.output::<OnnxModel>("model").graph().unwrap();
    let initializers = graph.initializers();
    for (_, parameter) in trained.parameters.iter() {
        let has = |name: &str| initializers.iter().any(|one| one.name.as_deref() == Some(name));
        assert!(has(&parameter.name), "{}", parameter.name);
    }
    assert!(ParametersFile::decode(Blob::from_bytes(b"nothing")).is_err());
}

#[test]
fn a_backbone_in_an_old_operator_set_is_refused() {
    let world = World::small();
    let trained = world.network(TrainingPart::Train);
    let mut bytes = Vec::new();
    world.model.encode(&mut bytes).unwrap();
    // The operator set import: field 8, whose message ends with version 13.
    let import = [0x10, 13];
    let at = bytes.windows(2).rposition(|pair| pair == import).unwrap();
    bytes[at + 1] = 11;
    let old = OnnxModel::new(Blob::from_bytes(&bytes)).unwrap();
    assert_eq!(old.graph().unwrap().opset(), Some(11));
    let bench = Bench::new().input("network", &trained).input("model", &old);
    let error = bench.run::<ExportErpcnet>(&ExportErpcnetParams {}).err().unwrap().to_string();
    assert!(error.contains("in operator set 11") && error.contains("needs 12"), "{error}");
}

/// A network of random weights behind a tail, all of them as wide as that is.
fn untrained(model: &OnnxModel, tail: [&str; 2], channels: usize, embedding: usize) -> Trained {
    let design = Design {
        channels,
        map: [14, 14],
        window: 5,
        stride: 3,
        embedding,
        fused: 128,
        attributes: 85,
        looks: 6,
        relu: false,
        batching: LocalBatching::Merged,
        dropout: 0.0,
    };
    let mut parameters = Parameters::default();
    design.build(&mut parameters, &mut ChaCha8Rng::seed_from_u64(5));
    let part = Tail::between(&model.graph().unwrap(), tail[0], tail[1]).unwrap();
    part.copy(LOCAL_TAIL, &mut parameters);
    let card = Card {
        design,
        map: tail[0].to_owned(),
        embedding: tail[1].to_owned(),
        tail: tail.map(str::to_owned),
        attributes: (0..85).map(|at| format!("a{at}")).collect(),
        classes: vec!["ant".to_owned()],
        split: "abc".to_owned(),
        part: TrainingPart::Train,
        logit_scale: 1.0,
        images: 1,
        epochs: 1,
    };
    Trained { card, parameters }
}

/// A backbone of the data folder, or none.
fn backbone(name: &str) -> Option<OnnxModel> {
    let folder = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), Into::into);
    let path = folder.join("weights").join(name);
    if !fs::exists(&path) {
        println!("skipped: `{}` is not here", path.display());
        return None;
    }
    Some(OnnxModel::decode(Blob::map(&path).unwrap()).unwrap())
}

/// A tail with a pooling that does not fit on one pixel, and one that ends with maps.
#[test]
fn windows_that_shrink_to_a_pixel_are_written_as_they_shrank() {
    let mut builder = ModelBuilder::new("image", &[6, 14, 14]);
    builder.node("Relu", &["image"], "map");
    let pool = &mut builder.node("AveragePool", &["map"], "halved");
    pool.ints("kernel_shape", &[2, 2]).ints("strides", &[2, 2]);
    let pool = &mut builder.node("MaxPool", &["halved"], "largest");
    pool.ints("kernel_shape", &[3, 3]).ints("strides", &[2, 2]).ints("pads", &[1, 1, 1, 1]);
    builder.weight("w", &[6, 6, 1, 1], &[0.25; 36]);
    builder.node("Conv", &["largest", "w"], "mixed");
    let graph = builder.finish(&["mixed"]).unwrap();
    let model = OnnxModel::new(Blob::from_bytes(&graph.encode())).unwrap();
    let trained = untrained(&model, ["map", "mixed"], 6, 6);
    agrees(&trained, &model, &Sample::draw(&trained.card.design, 3, 2));
}

#[test]
#[ignore = "slow: the tail of DenseNet-121"]
fn a_tail_of_densenet_is_the_same_in_onnx_runtime() {
    let Some(model) = backbone("densenet121.onnx") else { return };
    let trained = untrained(&model, ["conv4_block24_concat", "avg_pool"], 1024, 1024);
    agrees(&trained, &model, &Sample::draw(&trained.card.design, 2, 3));
}

#[test]
#[ignore = "slow: some blocks of a ResNet-50"]
fn blocks_of_a_resnet_are_the_same_in_onnx_runtime() {
    let Some(model) = backbone("resnet50_c4.onnx") else { return };
    let taps = model.graph().unwrap().taps("layer3").unwrap();
    let trained = untrained(&model, [&taps[taps.len() - 5], "layer3"], 1024, 1024);
    agrees(&trained, &model, &Sample::draw(&trained.card.design, 2, 3));
}
