//! The whole chain from features to an evaluation.

use std::collections::BTreeMap;

use ndarray::Array2;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::data::attributes::AttributeNorm;
use crate::data::samples::Sample;
use crate::event::Signal;
use crate::stage::testing::{Bench, Outcome};
use crate::stages::evaluate::{Evaluate, EvaluateParams};
use crate::stages::score::{Score, ScoreParams};
use crate::stages::split_classes::{SplitClasses, SplitClassesParams};
use crate::zsl::Evaluation;
use crate::zsl::scores::Scores;
use crate::zsl::selection::PeekPorts;

use super::*;

const CLASSES: usize = 16;
const WIDTH: usize = 40;

/// Features are a random linear image of the class's attributes, with noise.
struct World {
    samples: Samples,
    attributes: Attributes,
    features: Features,
    train: TrainSamples,
    test_seen: TestSeenSamples,
    test_unseen: TestUnseenSamples,
}

fn world(seed: u64) -> World {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let names: Vec<String> = (0..CLASSES).map(|class| format!("class {class:02}")).collect();
    // One bit is always set: a vector of zeros cannot be scaled.
    let mut bit =
        |class: usize, bit: usize| f64::from(u8::from(bit == class % 10 || rng.random_bool(0.5)));
    let codes: Vec<Vec<f64>> =
        (0..CLASSES).map(|class| (0..10).map(|at| bit(class, at)).collect()).collect();
    let attribute_names = (0..10).map(|attribute| format!("attribute {attribute}")).collect();
    let attributes =
        Attributes::new(names.clone(), attribute_names, codes.clone(), AttributeNorm::L2).unwrap();
    let mixing: Vec<f64> = (0..10 * WIDTH).map(|_| rng.random_range(-1.0..1.0)).collect();
    let mut rows = Vec::new();
    let mut features = Array2::zeros((CLASSES * 20, WIDTH));
    for image in 0..CLASSES * 20 {
        let class = image % CLASSES;
        rows.push(Sample { name: format!("{image:03}"), class: names[class].clone() });
        for feature in 0..WIDTH {
            let signal: f64 =
                (0..10).map(|bit| codes[class][bit] * mixing[bit * WIDTH + feature]).sum();
            features[(image, feature)] = (signal + rng.random_range(-1.0..1.0)) as f32;
        }
    }
    let samples = Samples::new(rows, BTreeMap::new()).unwrap();
    let params = SplitClassesParams {
        unseen: names[12..].to_vec(),
        validation_unseen: names[9..12].to_vec(),
        ..SplitClassesParams::default()
    };
    let split = Bench::new()
        .input("samples", &samples)
        .input("attributes", &attributes)
        .run::<SplitClasses>(&params)
        .unwrap();
    World {
        samples,
        attributes,
        features: Features::in_memory("pooled", &features),
        train: split.output("train"),
        test_seen: split.output("test_seen"),
        test_unseen: split.output("test_unseen"),
    }
}

impl World {
    fn bench(&self) -> Bench {
        Bench::new()
            .input("features", &self.features)
            .input("samples", &self.samples)
            .input("attributes", &self.attributes)
    }

    fn fit(&self, params: &FitEszslParams, peek: PeekPorts) -> Result<Outcome, StageError> {
        self.fit_with(params, peek, 2)
    }

    fn fit_with(
        &self,
        params: &FitEszslParams,
        peek: PeekPorts,
        threads: usize,
    ) -> Result<Outcome, StageError> {
        let mut bench = self.bench().threads(threads).input("train", &self.train);
        if peek != PeekPorts::None {
            bench = bench.input("peek_seen", &self.test_seen);
        }
        if peek == PeekPorts::Both {
            bench = bench.input("peek_unseen", &self.test_unseen);
        }
        bench.run::<FitEszsl>(params)
    }

    fn score(&self, model: &Compatibility) -> Result<Scores, StageError> {
        let bench = self.bench().input("model", model);
        let bench = bench.input("test_seen", &self.test_seen);
        let bench = bench.input("test_unseen", &self.test_unseen);
        Ok(bench.run::<Score>(&ScoreParams {})?.output("scores"))
    }

    fn evaluate(&self, params: &FitEszslParams, peek: PeekPorts) -> Evaluation {
        let model: Compatibility = self.fit(params, peek).unwrap().output("model");
        evaluate(&self.score(&model).unwrap(), None)
    }
}

fn evaluate(scores: &Scores, delta: Option<f64>) -> Evaluation {
    let bench = Bench::new().input("scores", scores);
    bench
        .run::<Evaluate>(&EvaluateParams { delta, ..EvaluateParams::default() })
        .unwrap()
        .output("evaluation")
}

fn selecting(on: SelectOn) -> FitEszslParams {
    FitEszslParams { select: Select { on }, ..FitEszslParams::default() }
}

#[test]
fn attributes_transfer_to_unseen_classes() {
    let world = world(1);
    let evaluation = world.evaluate(&FitEszslParams::default(), PeekPorts::None);
    // Chance is 1/4 among unseen candidates and 1/16 among all.
    assert!(evaluation.t1 > 0.45, "{}", evaluation.t1);
    assert!(evaluation.harmonic > 0.35, "{}", evaluation.harmonic);
    assert_eq!((evaluation.selected_on.as_str(), evaluation.peeked), ("val-gzsl", false));
    assert_eq!(evaluation.train_images, world.train.images.len());
    assert_eq!(evaluation.split, world.train.identity.split.to_string());
}

#[test]
fn every_scaling_works() {
    let world = world(2);
    for feature_norm in [FeatureNorm::L2, FeatureNorm::Standardize] {
        let params = FitEszslParams { feature_norm, ..FitEszslParams::default() };
        assert!(world.evaluate(&params, PeekPorts::None).t1 > 0.45);
    }
}

#[test]
fn looking_at_test_images_is_never_worse_there_and_is_stamped() {
    let world = world(3);
    let fair = world.evaluate(&FitEszslParams::default(), PeekPorts::None);
    let by_harmonic = world.evaluate(&selecting(SelectOn::TestPeekH), PeekPorts::Both);
    let by_t1 = world.evaluate(&selecting(SelectOn::TestPeekZsl), PeekPorts::Both);
    assert!(by_harmonic.harmonic >= fair.harmonic);
    assert!(by_t1.t1 >= fair.t1);
    assert!(by_harmonic.peeked && by_t1.peeked && !fair.peeked);
    assert_eq!(by_t1.selected_on, "test-peek-zsl");
    let outcome = world.fit(&selecting(SelectOn::TestPeekH), PeekPorts::Both).unwrap();
    assert!(outcome.signals.iter().any(|signal| matches!(signal, Signal::Warning { .. })));
}

#[test]
fn test_images_are_refused_unless_the_policy_asks_for_them() {
    let world = world(4);
    let message = |on, peek| world.fit(&selecting(on), peek).err().unwrap().to_string();
    assert!(message(SelectOn::ValGzsl, PeekPorts::Both).contains("a peek port is connected"));
    assert!(message(SelectOn::ValZsl, PeekPorts::One).contains("a peek port is connected"));
    assert!(message(SelectOn::TestPeekH, PeekPorts::None).contains("are not connected"));
    assert!(message(SelectOn::TestPeekH, PeekPorts::One).contains("are not connected"));
}

#[test]
fn test_images_cannot_reach_a_fair_model() {
    let world = world(5);
    let model: Compatibility =
        world.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    let mut rows = Array2::zeros((world.samples.len(), WIDTH));
    let view = world.features.tensor(None).unwrap();
    for sample in world.samples.indices() {
        let mut row = vec![0.0_f32; WIDTH];
        view.read_row(sample.get(), &mut row);
        let is_training = world.train.images.contains(&sample);
        for (feature, value) in row.into_iter().enumerate() {
            rows[(sample.get(), feature)] = if is_training { value } else { 1e6 };
        }
    }
    let spoilt = World { features: Features::in_memory("pooled", &rows), ..world };
    let again: Compatibility =
        spoilt.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    assert_eq!(model, again);
}

#[test]
fn threads_change_no_byte() {
    let world = world(6);
    let digests = [1, 2, 4].map(|threads| {
        let params =
            FitEszslParams { feature_norm: FeatureNorm::Standardize, ..Default::default() };
        world.fit_with(&params, PeekPorts::None, threads).unwrap().digests()
    });
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn a_delta_by_hand_replaces_the_chosen_one() {
    let world = world(7);
    let model: Compatibility =
        world.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    let scores = world.score(&model).unwrap();
    assert_eq!(evaluate(&scores, None).delta, model.provenance.delta);
    assert_eq!(evaluate(&scores, Some(1e9)).seen, 0.0);
}

#[test]
fn parts_of_different_splits_do_not_meet() {
    let (one, other) = (world(8), world(9));
    let model: Compatibility =
        one.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    // The same samples, another draw of the held-out images.
    let params = SplitClassesParams {
        unseen: other.test_unseen.classes.clone(),
        validation_unseen: other.train.validation.unseen_classes.clone(),
        ..SplitClassesParams::default()
    };
    let bench = Bench::new().seed(99).input("samples", &one.samples);
    let moved = bench.input("attributes", &one.attributes).run::<SplitClasses>(&params).unwrap();
    let mixed = World { test_seen: moved.output("test_seen"), ..one };
    let message = mixed.score(&model).err().unwrap().to_string();
    assert!(message.starts_with("the model is of the split"), "{message}");
}

#[test]
fn wrong_parameters_and_features_are_named() {
    let world = world(10);
    let message = |params: &FitEszslParams, world: &World| {
        world.fit(params, PeekPorts::None).err().unwrap().to_string()
    };
    let zero = FitEszslParams { gammas: vec![1.0, 0.0], ..FitEszslParams::default() };
    assert_eq!(message(&zero, &world), "parameter `gammas`: expected finite values above 0, got 0");
    let few = Features::in_memory("pooled", &Array2::zeros((10, WIDTH)));
    let short = World { features: few, ..world };
    assert_eq!(message(&FitEszslParams::default(), &short), "10 rows of features for 320 samples");
}
