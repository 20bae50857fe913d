//! The backbone that is shipped with the experiments.

use std::path::Path;

use super::*;
use crate::artifact::Blob;
use crate::fs;

/// The most that a clone of the repository shall carry for it.
const MOST_BYTES: usize = 600_000;

fn shipped() -> Graph {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/backbones/glyphnet.onnx");
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.len() < MOST_BYTES, "{} bytes", bytes.len());
    Graph::parse(&Blob::from_bytes(&bytes)).unwrap()
}

#[test]
fn the_tail_computes_what_the_file_says_on_maps_and_on_single_pixels() {
    let graph = shipped();
    for size in [[14, 14], [5, 5], [1, 1]] {
        agree(&graph, ["map", "embedding"], [3, 48, size[0], size[1]]);
    }
    agree(&graph, ["input", "embedding"], [2, 3, 56, 56]);
}

#[test]
fn the_tail_has_bottlenecks_whose_normalisations_were_trained() {
    let graph = shipped();
    let tail = Tail::between(&graph, "map", "embedding").unwrap();
    assert_eq!(tail.output([14, 14, 48]).unwrap(), Extent::Row(128));
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("cl", &mut parameters);
    let named = |end: &str| parameters.iter().filter(|(_, one)| one.name.ends_with(end)).count();
    // Two bottlenecks and the projection of a shortcut.
    assert_eq!((named("conv2.weight"), named("running_var")), (2, 7));
    let is_one = |value: &f32| (value - 1.0).abs() < 1e-6;
    for (_, one) in parameters.iter().filter(|(_, one)| one.name.ends_with("running_var")) {
        assert!(!one.value().values().iter().any(is_one), "{}", one.name);
    }
    assert_eq!(tail.export_into(&graph, &copy, &parameters).unwrap().encode(), graph.encode());
}
