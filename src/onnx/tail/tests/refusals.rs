//! What is refused, and what is said then.

use super::*;
use crate::artifact::Blob;

fn refusal(builder: ModelBuilder, out: &str) -> (String, Option<String>) {
    let graph = builder.finish(&[out]).unwrap();
    let error = Tail::between(&graph, "input", out).unwrap_err();
    (error.to_string(), error.help())
}

fn builder() -> ModelBuilder {
    ModelBuilder::new("input", &[4, 6, 6])
}

#[test]
fn an_operator_that_cannot_be_trained_is_named_with_its_neighbours() {
    let mut one = builder();
    conv(&mut one, "input", "conv", [4, 4, 1, 1], 1);
    one.node("Softplus", &["conv"], "soft");
    one.node("Relu", &["soft"], "out");
    let (text, help) = refusal(one, "out");
    assert!(text.starts_with("node `soft` is a `Softplus`, which a trainable tail"), "{text}");
    assert!(text.contains("GlobalAveragePool"), "{text}");
    assert_eq!(help.unwrap(), "end the tail at `conv`, or begin it at `soft`");
}

#[test]
fn nodes_that_mix_places_and_channels_are_refused() {
    let mut joined = builder();
    joined.node("Concat", &["input", "input"], "out").int("axis", 2);
    assert_eq!(refusal(joined, "out").0, "node `out` (Concat): `axis` is 2; expected 1, channels");
    let mut shaped = builder();
    shaped.integers("shape", &[0, 2, 72]);
    shaped.node("Reshape", &["input", "shape"], "out");
    let text = refusal(shaped, "out").0;
    assert!(text.ends_with("its shape is [0, 2, 72]; expected [0, -1] or [0, -1, 1, 1]"), "{text}");
    let mut reduced = builder();
    reduced.node("ReduceMean", &["input"], "out").ints("axes", &[1]);
    let text = refusal(reduced, "out").0;
    assert!(text.ends_with("its axes are [1]; expected [2, 3], height and width"), "{text}");
    let mut added = builder();
    added.weight("plane", &[6, 6], &[0.0; 36]);
    added.node("Add", &["input", "plane"], "out");
    let text = refusal(added, "out").0;
    assert!(text.ends_with("`plane` is [6, 6]; expected one number, or one a channel"), "{text}");
}

#[test]
fn weights_that_do_not_fit_their_node_are_named() {
    let mut norm = builder();
    norm.weight("four", &[4], &[1.0; 4]);
    norm.weight("three", &[3], &[1.0; 3]);
    norm.node("BatchNormalization", &["input", "four", "four", "three", "four"], "out");
    let text = refusal(norm, "out").0;
    assert_eq!(text, "node `out` (BatchNormalization): `three` is [3]; expected 4 values");
    let mut computed = builder();
    computed.node("Conv", &["input", "input"], "out");
    let text = refusal(computed, "out").0;
    assert_eq!(text, "node `out` (Conv): input 1 (`input`) is not a constant of the network");
    let mut grouped = builder();
    weight(&mut grouped, "w", &[4, 1, 1, 1], 1);
    grouped.node("Conv", &["input", "w"], "out").int("group", 3);
    assert!(refusal(grouped, "out").0.ends_with("4 filters do not form 3 groups"));
    let mut square = builder();
    weight(&mut square, "w", &[4, 4, 1, 1], 1);
    weight(&mut square, "b", &[2, 2], 1);
    square.node("Conv", &["input", "w", "b"], "out");
    assert_eq!(refusal(square, "out").0, "node `out` (Conv): `b` is [2, 2]; expected a vector");
    let mut rows = builder();
    weight(&mut rows, "w", &[4, 3], 1);
    rows.node("Gemm", &["input", "w"], "out");
    assert!(refusal(rows, "out").0.ends_with("it reads maps; expected rows"));
}

#[test]
fn a_tail_begins_at_maps() {
    let error = Tail::between(&small(), "vector", "out").unwrap_err();
    assert_eq!(error.to_string(), "`vector` is [N, 10]; a part begins at maps, [N, C, H, W]");
    assert_eq!(error.help().unwrap(), "begin before the pooling that makes `vector`");
    let tail = Tail::between(&small(), "pooled", "out").unwrap();
    assert_eq!(tail.output([1, 1, 10]).unwrap(), Extent::Row(5));
}

#[test]
fn maps_that_do_not_fit_are_found_without_running() {
    let tail = Tail::between(&small(), "sum", "out").unwrap();
    assert_eq!(tail.channels(), Some(6));
    assert_eq!(tail.output([14, 14, 6]).unwrap(), Extent::Row(5));
    assert_eq!(tail.output([1, 1, 6]).unwrap(), Extent::Row(5));
    let error = tail.output([14, 14, 8]).unwrap_err();
    assert_eq!(error.to_string(), "the part that begins at `sum` takes maps of 6 channels, got 8");
    assert!(error.help().unwrap().contains("`sum`"));

    let mut flat = builder();
    flat.node("Relu", &["input"], "relu");
    flat.node("Flatten", &["relu"], "out");
    let tail = Tail::between(&flat.finish(&["out"]).unwrap(), "input", "out").unwrap();
    assert_eq!((tail.channels(), tail.output([1, 1, 9]).unwrap()), (None, Extent::Row(9)));
    let text = tail.output([2, 3, 9]).unwrap_err().to_string();
    assert!(text.starts_with("node `out` (Flatten): it flattens a map of 2x3 pixels"), "{text}");

    let mut valid = builder();
    weight(&mut valid, "w", &[4, 4, 3, 3], 1);
    valid.node("Conv", &["input", "w"], "out");
    let tail = Tail::between(&valid.finish(&["out"]).unwrap(), "input", "out").unwrap();
    let text = tail.output([1, 1, 4]).unwrap_err().to_string();
    assert_eq!(text, "node `out` (Conv): a window of 3 does not fit on 1 (padded)");

    let mut joined = builder();
    joined.node("GlobalAveragePool", &["input"], "mean");
    joined.node("Mul", &["input", "mean"], "out");
    let tail = Tail::between(&joined.finish(&["out"]).unwrap(), "input", "out").unwrap();
    let text = tail.output([2, 2, 4]).unwrap_err().to_string();
    assert!(text.ends_with("a map of 1x1 with 4 channels; expected equal shapes"), "{text}");
}

#[test]
fn no_damage_to_a_network_is_more_than_an_error() {
    let sound = small().encode();
    let mut state = 11_u32;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    let images = filters_from_file(&maps([1, 3, 8, 8], 1));
    let try_out = |bytes: &[u8]| -> Result<(), OnnxError> {
        let graph = Graph::parse(&Blob::from_bytes(bytes))?;
        for to in graph.tensors() {
            let tail = Tail::between(&graph, "input", to)?;
            let mut parameters = Parameters::<f32>::default();
            let copy = tail.copy("t", &mut parameters);
            tail.output([8, 8, 3])?;
            let mut tape = Tape::new(&parameters, Recording::Off);
            let x = tape.constant(Tensor::clone(&images));
            tail.run(&mut tape, &copy, x, Mode::Evaluation);
            tail.export(&copy, &parameters)?;
        }
        Ok(())
    };
    try_out(&sound).unwrap();
    let mut refused = 0;
    for _ in 0..1500 {
        let mut bytes = sound.clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            bytes[at] = next(256).to_le_bytes()[0];
        }
        refused += usize::from(try_out(&bytes).is_err());
    }
    assert!(refused > 300, "{refused} of 1500");
}
