//! The two ways to run a network, held against each other on real ones.

use std::path::PathBuf;

use super::*;
use crate::artifact::Blob;
use crate::fs;
use crate::nn::Tensor;

/// A network of the data folder and ONNX Runtime, or why a test is skipped.
fn fixture(name: &str) -> Option<(Graph, Library)> {
    let folder = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), Into::into);
    let path = folder.join("weights").join(name);
    let library = locate().unwrap();
    if !fs::exists(&path) || library.is_none() {
        println!("skipped: `{}` or ONNX Runtime is not here", path.display());
        return None;
    }
    Some((Graph::parse(&Blob::map(&path).unwrap()).unwrap(), library?))
}

/// Smooth pictures: sums of waves, 0..255.
fn pictures(count: u8) -> Tensor {
    let mut values = Vec::new();
    for index in (0..count * 3).map(f32::from) {
        for pixel in (0..224_u8).flat_map(|y| (0..224_u8).map(move |x| [x, y])) {
            let [x, y] = pixel.map(f32::from);
            let wave = (x / (5.0 + index)).sin() + (y / 9.0 + index).cos();
            values.push((127.5 + 60.0 * wave).round());
        }
    }
    Tensor::new(vec![usize::from(count), 3, 224, 224], values)
}

/// The largest difference of any output, relative to the output's largest value.
fn distance(graph: &Graph, library: &Library, outputs: &[&str]) -> f32 {
    let cut = graph.cut(outputs).unwrap();
    let run = |library: Option<Library>| {
        let backbone = Backbone::new(cut.clone(), library).unwrap();
        backbone.runner().unwrap().run(pictures(2)).unwrap()
    };
    let (ours, theirs) = (run(None), run(Some(library.clone())));
    let mut worst = 0.0_f32;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours.shape(), theirs.shape());
        let largest = theirs.values().iter().fold(0.0_f32, |max, value| max.max(value.abs()));
        let pairs = ours.values().iter().zip(theirs.values());
        worst = pairs.fold(worst, |worst, (a, b)| worst.max((a - b).abs() / largest));
    }
    println!("{outputs:?}: {worst:e}");
    worst
}

/// A small network with one node of every kind that the embedded kernels have.
fn every_kind() -> Graph {
    let mut builder = ModelBuilder::new("input", &[3, 9, 9]);
    builder.weight("w", &[4, 3, 3, 3], &[0.25; 108]);
    builder.weight("four", &[4], &[1.0, 2.0, 3.0, 4.0]);
    builder.weight("small", &[1], &[0.5]);
    builder.weight("square", &[4, 4], &[0.5; 16]);
    builder.integers("target", &[0, -1]);
    builder.node("Sub", &["input", "small"], "centred");
    builder.node("Conv", &["centred", "w", "four"], "conv").ints("pads", &[1, 1, 1, 1]);
    let inputs = ["conv", "four", "four", "four", "four"];
    builder.node("BatchNormalization", &inputs, "bn").float("epsilon", 0.1);
    builder.node("Relu", &["bn"], "relu");
    builder
        .node("MaxPool", &["relu"], "pool")
        .ints("kernel_shape", &[2, 2])
        .ints("strides", &[2, 2]);
    let average = &mut builder.node("AveragePool", &["pool"], "average");
    average.ints("kernel_shape", &[3, 3]).ints("pads", &[1, 1, 1, 1]);
    builder.node("Mul", &["average", "small"], "half");
    builder.node("Add", &["half", "pool"], "sum");
    builder.node("Concat", &["sum", "pool"], "joined").int("axis", 1);
    builder.node("Reshape", &["joined", "target"], "flat");
    builder.node("GlobalAveragePool", &["sum"], "mean");
    builder.node("Flatten", &["mean"], "row").int("axis", 1);
    builder.node("Gemm", &["row", "square", "four"], "logits").int("transB", 1);
    builder.finish(&["logits"]).unwrap()
}

#[test]
fn no_damage_to_a_network_is_more_than_an_error() {
    let sound = every_kind().encode();
    let mut state = 7_u32;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let try_out = |bytes: &[u8]| -> Result<usize, OnnxError> {
        let graph = Graph::parse(&Blob::from_bytes(bytes))?;
        let names: Vec<String> = graph.offers().into_iter().map(|offer| offer.name).collect();
        let mut ran = 0;
        for name in &names {
            let network = Network::new(&graph.cut(&[name])?)?;
            let images = Tensor::zeros(vec![2, 3, 9, 9]);
            ran += usize::from(network.run(images, &mut Workspace::default()).is_ok());
        }
        Ok(ran)
    };
    assert_eq!(try_out(&sound).unwrap(), 13);
    let mut refused = 0;
    for _ in 0..4000 {
        let mut bytes = sound.clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            bytes[at] = next(256).to_le_bytes()[0];
        }
        refused += usize::from(try_out(&bytes).is_err());
    }
    assert!(refused > 1000, "{refused} of 4000");
}

#[test]
#[ignore = "slow: DenseNet-121 five times, two ways"]
fn densenet_is_the_same_in_both_runtimes() {
    let Some((graph, library)) = fixture("densenet121.onnx") else { return };
    let all = ["avg_pool", "logits", "conv4_block24_concat", "bn"];
    assert!(distance(&graph, &library, &all) <= 1e-4);
    for output in all {
        assert!(distance(&graph, &library, &[output]) <= 1e-4, "{output}");
    }
}

#[test]
#[ignore = "slow: most of a ResNet-50, two ways"]
fn a_resnet_is_the_same_in_both_runtimes() {
    let Some((graph, library)) = fixture("resnet50_c4.onnx") else { return };
    assert!(distance(&graph, &library, &["layer3"]) <= 1e-4);
}
