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
