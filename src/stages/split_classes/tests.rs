use std::collections::BTreeMap;

use crate::data::attributes::AttributeNorm;
use crate::data::samples::Sample;
use crate::stage::testing::{Bench, Outcome};

use super::*;

const CLASSES: [&str; 5] = ["ant", "bee", "cow", "dog", "eel"];

fn samples() -> Samples {
    let rows = (0..50)
        .map(|image| Sample { name: format!("{image}.png"), class: CLASSES[image % 5].to_owned() });
    let role = |image: usize| ["seen", "seen", "seen", "validation", "unseen"][image % 5];
    let roles = (0..50).map(|image| role(image).to_owned()).collect();
    Samples::new(rows.collect(), BTreeMap::from([("role".to_owned(), roles)])).unwrap()
}

fn attributes(classes: usize) -> Attributes {
    let rows = vec![vec![1.0, 2.0]; classes];
    let classes = CLASSES[..classes].iter().map(|class| (*class).to_owned()).collect();
    let names = vec!["x".to_owned(), "y".to_owned()];
    Attributes::new(classes, names, rows, AttributeNorm::L2).unwrap()
}

fn listed() -> SplitClassesParams {
    SplitClassesParams {
        unseen: vec!["eel".to_owned(), "yak".to_owned()],
        validation_unseen: vec!["dog".to_owned()],
        require_all: false,
        ..SplitClassesParams::default()
    }
}

fn run(params: &SplitClassesParams, seed: u64) -> Result<Outcome, StageError> {
    let bench = Bench::new().seed(seed);
    let bench = bench.input("samples", &samples()).input("attributes", &attributes(5));
    bench.run::<SplitClasses>(params)
}

#[test]
fn lists_and_roles_give_the_same_split() {
    let by_list = run(&listed(), 1).unwrap();
    assert_eq!(by_list.signals.len(), 2, "the absent class and the sizes are noted");
    let roles = SplitClassesParams { role_column: Some("role".to_owned()), ..Default::default() };
    let by_role = run(&roles, 1).unwrap();
    assert_eq!(by_list.digests(), by_role.digests());
    let train: TrainSamples = by_list.output("train");
    assert_eq!(train.unseen, ["eel"]);
    assert_eq!(train.validation.unseen_classes, ["dog"]);
    assert_eq!(train.images.len(), 32);
}

#[test]
fn the_seed_moves_images_but_no_class() {
    let parts = |seed| run(&listed(), seed).unwrap();
    let (one, other) = (parts(1), parts(2));
    assert_eq!(parts(1).digests(), one.digests());
    let (train, moved): (TrainSamples, TrainSamples) = (one.output("train"), other.output("train"));
    assert_ne!(train.images, moved.images);
    assert_ne!(train.identity, moved.identity);
    assert_eq!(train.seen, moved.seen);
    let test: TestSeenSamples = one.output("test_seen");
    assert!(test.images.iter().all(|image| !train.images.contains(image)));
}

#[test]
fn wrong_lists_are_refused() {
    let message = |params: &SplitClassesParams| run(params, 1).err().unwrap().to_string();
    let strict = SplitClassesParams { require_all: true, ..listed() };
    assert_eq!(message(&strict), "`unseen`: 1 of 2 listed classes have no sample: yak");
    let slip = SplitClassesParams { unseen: vec!["eels".into()], ..strict };
    let StageError::Data { help: Some(help), .. } = run(&slip, 1).err().unwrap() else {
        panic!("a list is data")
    };
    assert!(help.starts_with("`eels` may be `eel`; mend the list, or set"), "{help}");
    let both = SplitClassesParams { role_column: Some("role".to_owned()), ..listed() };
    assert!(message(&both).starts_with("parameter `unseen`: give only one of"));
    let neither = SplitClassesParams { validation_unseen: Vec::new(), ..listed() };
    assert!(message(&neither).starts_with("parameter `validation_unseen`: give one of"));
    let overlap = SplitClassesParams { validation_unseen: vec!["eel".into()], ..listed() };
    assert!(message(&overlap).contains("`eel` is listed both as unseen"));
    let all_absent = SplitClassesParams { unseen: vec!["yak".into()], ..listed() };
    assert_eq!(message(&all_absent), "the set of unseen classes would be empty");
    let wide = SplitClassesParams { test_seen_fraction: 0.95, ..listed() };
    assert!(message(&wide).contains("`test_seen_fraction`: expected 0 to 0.9, got 0.95"));
}

#[test]
fn validation_classes_can_be_drawn() {
    let drawn = SplitClassesParams {
        validation_unseen: Vec::new(),
        validation_unseen_count: Some(2),
        ..listed()
    };
    let train: TrainSamples = run(&drawn, 3).unwrap().output("train");
    assert_eq!(train.validation.unseen_classes.len(), 2);
    assert_eq!(train.fit_classes().len(), 2);
}

#[test]
fn unseen_classes_can_be_drawn_and_another_seed_draws_others() {
    let drawn = SplitClassesParams {
        unseen_count: Some(2),
        validation_unseen_count: Some(1),
        ..SplitClassesParams::default()
    };
    let unseen = |seed| {
        let train: TrainSamples = run(&drawn, seed).unwrap().output("train");
        assert_eq!((train.unseen.len(), train.fit_classes().len()), (2, 2));
        assert!(train.unseen.iter().all(|class| !train.seen.contains(class)));
        train.unseen
    };
    assert_eq!(unseen(1), unseen(1));
    assert!((2..6).any(|seed| unseen(seed) != unseen(1)));
    let message = |count| {
        let params = SplitClassesParams { unseen_count: Some(count), ..drawn.clone() };
        run(&params, 1).err().unwrap().to_string()
    };
    assert_eq!(
        message(5),
        "parameter `unseen_count`: expected fewer than the 5 classes to draw from, got 5"
    );
    assert_eq!(message(0), "parameter `unseen_count`: expected at least 1, got 0");
    let two = SplitClassesParams { unseen: vec!["eel".into()], ..drawn.clone() };
    let message = run(&two, 1).err().unwrap().to_string();
    assert!(message.starts_with("parameter `unseen`: give only one of"), "{message}");
}

#[test]
fn a_class_without_attributes_is_an_error() {
    let bench = Bench::new().input("samples", &samples()).input("attributes", &attributes(4));
    let error = bench.run::<SplitClasses>(&listed()).err().unwrap();
    assert_eq!(error.to_string(), "class `eel` has no attributes, but it has samples");
}
