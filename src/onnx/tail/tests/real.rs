//! Tails of real networks, and of one built like torchvision's.

use std::path::PathBuf;

use super::*;
use crate::artifact::Blob;
use crate::fs;
use crate::onnx::{Backbone, locate};

/// Whether normalisations stand in the file.
#[derive(Clone, Copy, PartialEq)]
enum Norms {
    Kept,
    Folded,
}

/// A convolution of torchvision's, normalised.
fn layer(builder: &mut ModelBuilder, norms: Norms, names: [&str; 2], shape: [usize; 4], seed: u32) {
    let [input, name] = names;
    let stride = if name.ends_with("first.b") || name.ends_with("first.down") { 2 } else { 1 };
    let (filters, pad) = (format!("{name}.filters"), shape[2] / 2);
    weight(builder, &filters, &shape, seed);
    let conv = if norms == Norms::Kept { format!("{name}.conv") } else { name.to_owned() };
    let bias = format!("{name}.bias");
    let mut inputs = vec![input, filters.as_str()];
    if norms == Norms::Folded {
        weight(builder, &bias, &[shape[0]], seed + 1);
        inputs.push(&bias);
    }
    let node = &mut builder.node("Conv", &inputs, &conv);
    node.ints("strides", &[stride; 2]).ints("pads", &[pad; 4]);
    if norms == Norms::Kept {
        batch_norm(builder, &conv, name, shape[0], seed + 2);
    }
}

/// The last block of a `ResNet` in small: three bottlenecks, 16 channels to 32, and the pooled
/// vector.
fn resnet(norms: Norms) -> Graph {
    let mut builder = ModelBuilder::new("input", &[3, 28, 28]);
    weight(&mut builder, "stem", &[16, 3, 3, 3], 1);
    let stem = &mut builder.node("Conv", &["input", "stem"], "stem.map");
    stem.ints("strides", &[2, 2]).ints("pads", &[1; 4]);
    builder.node("Relu", &["stem.map"], "layer3");
    let mut input = "layer3".to_owned();
    for (block, seed) in ["first", "second", "third"].iter().zip((100..).step_by(100)) {
        let channels = if *block == "first" { 16 } else { 32 };
        let name = |part: &str| format!("layer4.{block}.{part}");
        layer(&mut builder, norms, [&input, &name("a")], [8, channels, 1, 1], seed);
        builder.node("Relu", &[&name("a")], &name("a.relu"));
        layer(&mut builder, norms, [&name("a.relu"), &name("b")], [8, 8, 3, 3], seed + 10);
        builder.node("Relu", &[&name("b")], &name("b.relu"));
        layer(&mut builder, norms, [&name("b.relu"), &name("c")], [32, 8, 1, 1], seed + 20);
        let mut skip = input.clone();
        if *block == "first" {
            skip = name("down");
            layer(&mut builder, norms, [&input, &skip], [32, channels, 1, 1], seed + 30);
        }
        builder.node("Add", &[&name("c"), &skip], &name("sum"));
        input = name("out");
        builder.node("Relu", &[&name("sum")], &input);
    }
    builder.node("GlobalAveragePool", &[&input], "pooled");
    builder.node("Flatten", &["pooled"], "avg_pool").int("axis", 1);
    builder.finish(&["layer3", "avg_pool"]).unwrap()
}

#[test]
fn the_last_block_of_a_resnet_agrees_on_maps_and_on_single_pixels() {
    for norms in [Norms::Kept, Norms::Folded] {
        let graph = resnet(norms);
        for from in ["layer3", "layer4.first.out", "layer4.third.out"] {
            let channels = if from == "layer3" { 16 } else { 32 };
            agree(&graph, [from, "avg_pool"], [2, channels, 14, 14]);
            agree(&graph, [from, "avg_pool"], [5, channels, 1, 1]);
        }
        let tail = Tail::between(&graph, "layer3", "layer4.third.out").unwrap();
        assert_eq!(tail.output([14, 14, 16]).unwrap(), Extent::Map([7, 7, 32]));
        assert_eq!(tail.output([1, 1, 16]).unwrap(), Extent::Map([1, 1, 32]));
        let error = Tail::between(&graph, "layer4.first.a", "avg_pool").unwrap_err();
        assert_eq!(error.help().unwrap(), "begin at `layer3`, `layer4.first.sum` instead");
    }
}

/// Changes every weight a little, as training would.
fn train(copy: &TailCopy, parameters: &mut Parameters<f32>) {
    for (seed, id) in (500..).zip(copy.ids()) {
        let values = parameters.values_mut(*id);
        let changes = random(values.len(), seed);
        let pairs = values.iter_mut().zip(changes);
        pairs.for_each(|(value, change)| *value *= 1.0 + f32::of(change / 8.0));
    }
}

/// What ONNX Runtime gives, if it is here.
fn runtime(graph: &Graph, maps: &Tensor) -> Option<Tensor> {
    let Some(library) = locate().unwrap() else {
        println!("skipped: ONNX Runtime is not here");
        return None;
    };
    let backbone = Backbone::new(graph.clone(), Some(library)).unwrap();
    Some(backbone.runner().unwrap().run(maps.clone()).unwrap().remove(0))
}

#[test]
fn an_exported_tail_runs_in_onnx_runtime() {
    for norms in [Norms::Kept, Norms::Folded] {
        let graph = resnet(norms);
        let tail = Tail::between(&graph, "layer3", "avg_pool").unwrap();
        let mut parameters = Parameters::<f32>::default();
        let copy = tail.copy("local", &mut parameters);
        train(&copy, &mut parameters);
        let part = tail.export(&copy, &parameters).unwrap();
        for size in [14, 1] {
            let maps = maps([3, 16, size, size], 8);
            let expected = run(&tail, &copy, &parameters, &maps);
            let Some(found) = runtime(&part, &maps) else { return };
            assert!(distance(&found, &expected) < 1e-4);
        }
        let whole = tail.export_into(&graph, &copy, &parameters).unwrap();
        let images = maps([2, 3, 28, 28], 9);
        let begin = embedded(&graph.cut(&["layer3"]).unwrap(), &images);
        let expected = run(&tail, &copy, &parameters, &begin);
        let Some(found) = runtime(&whole.cut(&["avg_pool"]).unwrap(), &images) else { return };
        assert!(distance(&found, &expected) < 1e-4);
    }
}

/// A network of the data folder, or none.
fn network(name: &str) -> Option<Graph> {
    let folder = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), Into::into);
    let path = folder.join("weights").join(name);
    if !fs::exists(&path) {
        println!("skipped: `{}` is not here", path.display());
        return None;
    }
    Some(Graph::parse(&Blob::map(&path).unwrap()).unwrap())
}

/// A tail of a real network, held against the embedded kernels and, trained and exported, against
/// ONNX Runtime, on whole maps and on single pixels.
fn holds(graph: &Graph, [from, to]: [&str; 2], map: [usize; 3], expected: Extent) {
    let tail = Tail::between(graph, from, to).unwrap();
    assert_eq!((tail.channels(), tail.output(map).unwrap()), (Some(map[2]), expected));
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("local", &mut parameters);
    println!("{from} to {to}: {} weights, {} numbers", copy.ids().len(), tail.learnt());
    let part = graph.part(from, to).unwrap();
    // Features behind a ReLU are not negative.
    let positive = |maps: Tensor| {
        let values = maps.values().iter().map(|value| value.max(0.0)).collect();
        Tensor::new(maps.shape().to_vec(), values)
    };
    let whole = positive(maps([2, map[2], map[0], map[1]], 3));
    let pixels = positive(maps([7, map[2], 1, 1], 4));
    let found = run(&tail, &copy, &parameters, &whole);
    assert!(distance(&found, &embedded(&part, &whole)) < 1e-4);
    let single = run(&tail, &copy, &parameters, &pixels);
    assert!(single.values().iter().all(|value| value.is_finite()));
    assert_eq!(single.values().len(), 7 * expected.width());

    train(&copy, &mut parameters);
    let trained = run(&tail, &copy, &parameters, &whole);
    assert!(distance(&trained, &found) > 1e-3);
    let part = tail.export(&copy, &parameters).unwrap();
    assert!(distance(&embedded(&part, &whole), &trained) < 1e-4);
    if let Some(theirs) = runtime(&part, &whole) {
        assert!(distance(&theirs, &trained) < 1e-4);
    }
}

#[test]
#[ignore = "slow: the tail of DenseNet-121, six times"]
fn the_tail_of_a_densenet_agrees() {
    let Some(graph) = network("densenet121.onnx") else { return };
    let from = "conv4_block24_concat";
    holds(&graph, [from, "avg_pool"], [14, 14, 1024], Extent::Row(1024));
    holds(&graph, [from, "logits"], [14, 14, 1024], Extent::Row(1000));
}

#[test]
#[ignore = "slow: some blocks of a ResNet-50"]
fn the_blocks_of_a_resnet_agree() {
    let Some(graph) = network("resnet50_c4.onnx") else { return };
    let taps = graph.taps("layer3").unwrap();
    println!("{taps:?}");
    let from = &taps[taps.len() - 5];
    holds(&graph, [from, "layer3"], [14, 14, 1024], Extent::Map([14, 14, 1024]));
}
