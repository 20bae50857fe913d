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
    let x = tape.constant(filters_from_file(&maps([2, 6, 4, 4], 1)));
    let y = tail.run(&mut tape, &local, x, Mode::Training);
    let loss = tape.sum(y);
    let outcome = tape.backward(loss);
    let trained = |copy: &TailCopy| {
        copy.ids().iter().filter(|id| outcome.of_parameter(**id).is_some()).count()
    };
    // Two filters, two normalisations and a layer with a bias.
    assert_eq!((trained(&local), trained(&global)), (2 + 4 + 2, 0));
    let moved: Vec<&str> =
        outcome.buffers.keys().map(|id| parameters.get(*id).name.as_str()).collect();
    let expected =
        ["a.norm.running_mean", "a.norm.running_var"].map(|name| format!("local.{name}"));
    assert_eq!(moved[..2], expected);
    assert_eq!(moved.len(), 4);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let tail = Tail::between(&small(), "maps", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    let input = filters_from_file(&maps([9, 6, 14, 14], 2));
    let step = || {
        let mut tape = Tape::new(&parameters, Recording::On);
        let x = tape.variable(input.clone());
        let y = tail.run(&mut tape, &copy, x, Mode::Training);
        let output = tape.value(y).clone();
        let loss = tape.sum(y);
        let outcome = tape.backward(loss);
        let slopes = copy.ids().iter().filter_map(|id| outcome.of_parameter(*id).cloned());
        let slopes: Vec<Tensor> = slopes.chain(outcome.of(x).cloned()).collect();
        (output, slopes, outcome.buffers)
    };
    let with = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(step)
    };
    let expected = with(1);
    assert_eq!(expected.1.len(), 2 + 4 + 2 + 1);
    for threads in [2, 4] {
        assert!(with(threads) == expected, "{threads} threads");
    }
}

#[test]
fn the_file_says_which_share_of_a_running_mean_stays() {
    let mut builder = ModelBuilder::new("input", &[1, 1, 1]);
    for (name, value) in [("one", 1.0), ("four", 4.0), ("mean", 8.0), ("variance", 3.0)] {
        builder.weight(name, &[1], &[value]);
    }
    let inputs = ["input", "one", "four", "mean", "variance"];
    let node = &mut builder.node("BatchNormalization", &inputs, "out");
    node.float("momentum", 0.75).float("epsilon", 1.0);
    let graph = builder.finish(&["out"]).unwrap();
    agree(&graph, ["input", "out"], [2, 1, 3, 3]);
    let tail = Tail::between(&graph, "input", "out").unwrap();
    let mut parameters = Parameters::<f32>::default();
    let copy = tail.copy("tail", &mut parameters);
    let mut tape = Tape::new(&parameters, Recording::Off);
    let x = tape.constant(Tensor::new(vec![2, 1, 1, 1], vec![0.0, 2.0]));
    let y = tail.run(&mut tape, &copy, x, Mode::Training);
    // The batch has the mean 1 and the variance 1: (x - 1) / sqrt(1 + 1) + 4.
    let expected = [4.0 - 0.5_f32.sqrt(), 4.0 + 0.5_f32.sqrt()];
    let pairs = tape.value(y).values().iter().zip(expected);
    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-6));
    // 0.75 * 8 + 0.25 * 1, and 0.75 * 3 + 0.25 * 2 (unbiased).
    let buffers = tape.into_buffers();
    let found = [2, 3].map(|at| buffers[&copy.ids()[at]].values()[0]);
    assert_eq!(found, [6.25, 2.75]);
}
