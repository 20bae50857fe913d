use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::data::samples::Sample;
use crate::data::splitting::{SplitRule, split};

use super::*;

/// Seven seen classes with the given number of images, and an unseen one.
fn data(images: usize) -> (Samples, TrainSamples) {
    let rows = (0..8).flat_map(|class| {
        (0..images).map(move |image| Sample {
            name: format!("{class}/{image}"),
            class: format!("class {class}"),
        })
    });
    let samples = Samples::new(rows.collect(), BTreeMap::new()).unwrap();
    let rule = SplitRule {
        unseen: BTreeSet::from(["class 7".to_owned()]),
        validation_unseen: BTreeSet::from(["class 6".to_owned()]),
        test_seen_fraction: 0.2,
        validation_seen_fraction: 0.2,
        max_per_class: None,
        max_train_per_class: None,
    };
    let rng = |_: &str| ChaCha8Rng::seed_from_u64(1);
    let train = split(&samples, &rule, &rng).unwrap().train;
    (samples, train)
}

#[test]
fn every_class_is_unseen_once_and_every_fold_partitions_the_training_images() {
    let (samples, train) = data(15);
    let folds = class_folds(&train, &samples).unwrap();
    assert_eq!(folds.len(), FOLDS);
    let mut unseen: Vec<&String> = folds.iter().flat_map(|fold| &fold.unseen_classes).collect();
    unseen.sort();
    assert_eq!(unseen, train.seen.iter().collect::<Vec<_>>());
    for fold in &folds {
        TrainSamples { validation: fold.clone(), ..train.clone() }.audit().unwrap();
        for &image in &fold.validation_unseen {
            assert!(fold.unseen_classes.iter().any(|class| class == samples.class_name(image)));
        }
        // Twelve training images a class, of which two or three are held out.
        let seen = train.seen.len() - fold.unseen_classes.len();
        let held_out = fold.validation_seen.len();
        assert!((2 * seen..=3 * seen).contains(&held_out), "{held_out}");
    }
    let mut met = BTreeSet::new();
    let held_out = folds.iter().flat_map(|fold| &fold.validation_seen);
    assert!(held_out.into_iter().all(|image| met.insert(image)), "held out twice");
    assert_eq!(folds, class_folds(&train, &samples).unwrap());
}

#[test]
fn another_split_has_other_folds() {
    let (samples, train) = data(15);
    let mut other = train.clone();
    other.identity.split = Digest::of(b"another");
    let unseen =
        |train: &TrainSamples| class_folds(train, &samples).unwrap()[0].unseen_classes.clone();
    assert_ne!(unseen(&train), unseen(&other));
}

#[test]
fn two_images_are_enough_and_one_is_not() {
    let (samples, train) = data(3);
    for fold in class_folds(&train, &samples).unwrap() {
        let seen = train.seen.len() - fold.unseen_classes.len();
        assert_eq!((fold.fit.len(), fold.validation_seen.len()), (seen, seen));
    }
    let mut one = train.clone();
    one.images.remove(0);
    let error = class_folds(&one, &samples).unwrap_err();
    assert!(error.to_string().contains("`class 0` has one"), "{error}");
    one.images.retain(|&image| samples.class_name(image) < "class 4");
    assert_eq!(class_folds(&one, &samples).unwrap_err(), FoldsError::TooFewClasses(4));
}
