//! Which weights are one parameter, and which are not.

use super::*;
use crate::nn::tape::ParameterKind;

fn names(tail: &Tail) -> Vec<(String, ParameterKind)> {
    let mut parameters = Parameters::<f32>::default();
    tail.copy("t", &mut parameters);
    parameters.iter().map(|(_, one)| (one.name.clone(), one.kind)).collect()
}

#[test]
fn parameters_have_the_names_of_the_file_in_the_order_of_its_nodes() {
    let tail = Tail::between(&small(), "sum", "out").unwrap();
    let found = names(&tail);
    let found: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        found,
        [
            "t.b.weight",
            "t.b.norm.weight",
            "t.b.norm.bias",
            "t.b.norm.running_mean",
            "t.b.norm.running_var",
            "t.head",
            "t.head.bias"
        ]
    );
}

#[test]
fn two_copies_are_independent() {
    let tail = Tail::between(&small(), "maps", "vector").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let [global, local] = ["global", "local"].map(|name| tail.copy(name, &mut parameters));
    let maps = maps([2, 6, 4, 4], 9);
    let before = run(&tail, &global, &parameters, &maps);
    assert_eq!(run(&tail, &local, &parameters, &maps), before);
    parameters.values_mut(local.ids()[0]).fill(0.5);
    assert_eq!(run(&tail, &global, &parameters, &maps), before);
    assert_ne!(run(&tail, &local, &parameters, &maps), before);
}

#[test]
fn a_weight_read_twice_is_one_parameter() {
    let mut builder = ModelBuilder::new("input", &[4, 3, 3]);
    weight(&mut builder, "w", &[4, 4, 1, 1], 1);
    builder.node("Conv", &["input", "w"], "once");
    builder.node("Conv", &["once", "w"], "out");
    let graph = builder.finish(&["out"]).unwrap();
    let tail = Tail::between(&graph, "input", "out").unwrap();
    assert_eq!(names(&tail), [("t.w".to_owned(), ParameterKind::Weight)]);
    agree(&graph, ["input", "out"], [1, 4, 3, 3]);
}

/// A normalisation whose weights are all made of one initialiser, as exporters make of untrained
/// networks: all directly but beta, which an `Identity` hands on.
fn merged() -> Graph {
    let mut builder = ModelBuilder::new("input", &[2, 3, 3]);
    builder.weight("one", &[2], &[1.0, 1.0]);
    builder.node("Identity", &["one"], "beta");
    let inputs = ["input", "one", "beta", "one", "one"];
    builder.node("BatchNormalization", &inputs, "head");
    builder.node("BatchNormalization", &["head", "one", "beta", "one", "one"], "out");
    builder.finish(&["out"]).unwrap()
}

#[test]
fn a_weight_in_two_roles_is_a_parameter_for_each() {
    let tail = Tail::between(&merged(), "head", "out").unwrap();
    let found = names(&tail);
    let expected = [
        ("t.one", ParameterKind::Weight),
        ("t.beta", ParameterKind::Weight),
        ("t.one.mean", ParameterKind::Buffer),
        ("t.one.variance", ParameterKind::Buffer),
    ];
    assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind)));
    agree(&merged(), ["head", "out"], [1, 2, 3, 3]);
}

#[test]
fn what_a_merged_weight_learns_leaves_the_rest_of_the_network_alone() {
    let graph = merged();
    let tail = Tail::between(&graph, "head", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("t", &mut parameters);
    for (id, value) in copy.ids().iter().zip([2.0, 3.0, 0.5, 4.0]) {
        parameters.values_mut(*id).fill(value);
    }
    let whole = tail.export_into(&graph, &copy, &parameters).unwrap();
    let weights: Vec<&str> =
        whole.initializers().iter().filter_map(|tensor| tensor.name.as_deref()).collect();
    let own = ["one", "one.trained", "beta.trained", "one.mean", "one.variance"];
    assert_eq!(weights, own, "the head still reads `one`, and `beta` that is made of it");
    let maps = maps([1, 2, 3, 3], 4);
    let head = |graph: &Graph| embedded(&graph.cut(&["head"]).unwrap(), &maps);
    assert_eq!(head(&whole), head(&graph));
    let expected = run(&tail, &copy, &parameters, &head(&graph));
    assert!(distance(&embedded(&whole, &maps), &expected) < 1e-6);
    // 2 (x - 0.5) / 2 + 3.
    let pairs = head(&graph).into_values().into_iter().zip(expected.into_values());
    assert!(pairs.into_iter().all(|(x, y)| (x - 0.5 + 3.0 - y).abs() < 1e-4));
}

#[test]
fn a_weight_that_was_handed_on_becomes_an_initialiser_of_its_name() {
    let mut builder = ModelBuilder::new("input", &[2, 3, 3]);
    builder.weight("zeros", &[2], &[0.0; 2]);
    builder.weight("ones", &[2], &[1.0; 2]);
    for name in ["mean", "beta"] {
        builder.node("Identity", &["zeros"], name);
    }
    for name in ["gamma", "variance"] {
        builder.node("Identity", &["ones"], name);
    }
    builder.node("BatchNormalization", &["input", "gamma", "beta", "mean", "variance"], "out");
    let graph = builder.finish(&["out"]).unwrap();
    let tail = Tail::between(&graph, "input", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("t", &mut parameters);
    parameters.values_mut(copy.ids()[1]).fill(0.5);
    let whole = tail.export_into(&graph, &copy, &parameters).unwrap();
    assert_eq!(whole.tensors(), ["out"]);
    assert_eq!(names(&Tail::between(&whole, "input", "out").unwrap()), names(&tail));
    let maps = maps([1, 2, 3, 3], 4);
    let expected = run(&tail, &copy, &parameters, &maps);
    assert!(distance(&embedded(&whole, &maps), &expected) < 1e-6);
}
