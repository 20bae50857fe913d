//! Slopes, in `f64` against finite differences.

use super::*;
use crate::nn::tape::testing::check_with;

#[test]
fn slopes_of_a_whole_tail_are_the_derivatives() {
    let graph = small();
    let tail = Tail::between(&graph, "maps", "out").unwrap();
    let mut parameters = Parameters::<f64>::default();
    let copy = tail.copy("tail", &mut parameters);
    for mode in [Mode::Evaluation, Mode::Training] {
        // Few rows would make normalisations too crooked for the step of a difference.
        check_with(&parameters, &[vec![4, 4, 4, 6]], |tape, x| tail.run(tape, &copy, x[0], mode));
        check_with(&parameters, &[vec![16, 1, 1, 6]], |tape, x| tail.run(tape, &copy, x[0], mode));
    }
}

#[test]
fn slopes_of_groups_and_constants_are_the_derivatives() {
    let mut builder = ModelBuilder::new("input", &[4, 3, 3]);
    weight(&mut builder, "w", &[6, 2, 3, 3], 1);
    builder.node("Conv", &["input", "w"], "conv").ints("pads", &[1; 4]).int("group", 2);
    weight(&mut builder, "scale", &[6, 1, 1], 2);
    builder.node("Mul", &["conv", "scale"], "scaled");
    builder.node("Sub", &["scale", "scaled"], "turned");
    builder.node("Mul", &["turned", "scaled"], "out");
    let graph = builder.finish(&["out"]).unwrap();
    let tail = Tail::between(&graph, "input", "out").unwrap();
    let mut parameters = Parameters::<f64>::default();
    let copy = tail.copy("tail", &mut parameters);
    assert_eq!(copy.ids().len(), 2, "`scale` is read twice and is one parameter");
    assert_eq!(tail.learnt(), 6 * 2 * 9 + 6);
    check_with(&parameters, &[vec![2, 3, 2, 4]], |tape, x| {
        tail.run(tape, &copy, x[0], Mode::Training)
    });
}

#[test]
fn training_moves_the_running_statistics_of_its_own_copy() {
    let tail = Tail::between(&small(), "maps", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let [global, local] = ["global", "local"].map(|name| tail.copy(name, &mut parameters));
    let mut tape = Tape::new(&parameters, Recording::On);
    let x = tape.constant(Tensor::clone(&filters_from_file(&maps([2, 6, 4, 4], 1))));
    let y = tail.run(&mut tape, &local, x, Mode::Training);
    let loss = tape.sum(y);
    let outcome = tape.backward(loss);
    let trained = |copy: &TailCopy| {
        copy.ids().iter().filter(|id| outcome.of_parameter(**id).is_some()).count()
    };
    // Three filters (the first lies before the tail), two normalisations and a layer with a bias.
    assert_eq!((trained(&local), trained(&global)), (2 + 4 + 2, 0));
    let moved: Vec<&str> =
        outcome.buffers.keys().map(|id| parameters.get(*id).name.as_str()).collect();
    let expected =
        ["a.norm.running_mean", "a.norm.running_var"].map(|name| format!("local.{name}"));
    assert_eq!(moved[..2], expected);
    assert_eq!(moved.len(), 4);
}
