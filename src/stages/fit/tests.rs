//! The whole chain from features to an evaluation.

use std::collections::BTreeMap;

use faer::prelude::Solve as _;
use ndarray::Array2;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::data::attributes::AttributeNorm;
use crate::data::samples::Sample;
use crate::event::Signal;
use crate::stage::Stage;
use crate::stage::testing::{Bench, Outcome};
use crate::stages::evaluate::{Evaluate, EvaluateParams};
use crate::stages::fit_conse::{FitConse, FitConseParams};
use crate::stages::fit_dap::{FitDap, FitDapParams};
use crate::stages::fit_eszsl::{FitEszsl, FitEszslParams};
use crate::stages::fit_prototype::FitPrototype;
use crate::stages::fit_ranking::{Ale, Devise, FitRanking, FitRankingParams, Sje};
use crate::stages::fit_sae::FitSae;
use crate::stages::score::{Score, ScoreParams};
use crate::stages::split_classes::{SplitClasses, SplitClassesParams};
use crate::zsl::Evaluation;
use crate::zsl::linear::from_array;
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
        self.fit_with::<FitEszsl>(params, peek, 2)
    }

    fn fit_with<S: Stage>(
        &self,
        params: &S::Params,
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
        bench.run::<S>(params)
    }

    fn score(&self, model: &Model) -> Result<Scores, StageError> {
        let bench = self.bench().input("model", model);
        let bench = bench.input("test_seen", &self.test_seen);
        let bench = bench.input("test_unseen", &self.test_unseen);
        Ok(bench.run::<Score>(&ScoreParams {})?.output("scores"))
    }

    fn evaluate(&self, params: &FitEszslParams, peek: PeekPorts) -> Evaluation {
        let model: Model = self.fit(params, peek).unwrap().output("model");
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
fn the_refit_is_the_closed_form_on_all_training_images() {
    let world = world(6);
    let model: Model =
        world.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    let [(_, gamma), (_, lambda)] = model.provenance.hyperparameters[..] else { panic!("two") };
    let (images, seen) = (&world.train.images, &world.train.seen);
    let view = world.features.tensor(None).unwrap();
    let x = faer::Mat::from_fn(images.len(), WIDTH, |image, feature| {
        let mut row = vec![0.0_f32; WIDTH];
        view.read_row(images[image].get(), &mut row);
        f64::from(row[feature])
    });
    let y = faer::Mat::from_fn(images.len(), seen.len(), |image, class| {
        if world.samples.class_name(images[image]) == seen[class] { 1.0 } else { -1.0 }
    });
    let s = from_array(&world.attributes.matrix(seen.iter()).unwrap());
    let ridge = |size, regulariser: f64| {
        faer::Mat::from_fn(size, size, |row, column| if row == column { regulariser } else { 0.0 })
    };
    let left = x.transpose() * &x + ridge(WIDTH, gamma);
    let right = s.transpose() * &s + ridge(s.ncols(), lambda);
    let half = left.partial_piv_lu().solve(x.transpose() * &y * &s);
    let naive = right.transpose().to_owned().partial_piv_lu().solve(half.transpose().to_owned());
    let Head::Bilinear(weights) = &model.head else { panic!("ESZSL is bilinear") };
    for (at, weight) in weights.iter().enumerate() {
        let want = naive[(at % s.ncols(), at / s.ncols())];
        assert!((weight - want).abs() < 1e-8 * want.abs().max(1.0), "{weight} {want}");
    }
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
    let model: Model =
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
    let again: Model =
        spoilt.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    assert_eq!(model, again);
}

/// Fits `S` with its defaults at 1, 2 and 4 threads and looks at what comes out.
fn check_baseline<S: Stage<Params: Default>>(world: &World) {
    let params = S::Params::default();
    let fits = [1, 2, 4].map(|threads| {
        world.fit_with::<S>(&params, PeekPorts::None, threads).map_err(|error| error.to_string())
    });
    let [one, two, four] = fits.map(|fit| fit.unwrap());
    assert_eq!(one.digests(), two.digests(), "{}", S::KIND);
    assert_eq!(one.digests(), four.digests(), "{}", S::KIND);
    let model: Model = one.output("model");
    let evaluation = evaluate(&world.score(&model).unwrap(), None);
    // Chance is 1/4 among unseen candidates and 1/16 among all.
    let (t1, harmonic) = (evaluation.t1, evaluation.harmonic);
    println!("{}: T1 {t1:.3}, H {harmonic:.3}", S::KIND);
    assert!(t1 > 0.45, "{}: T1 {t1}", S::KIND);
    assert!(harmonic > 0.3, "{}: H {harmonic}", S::KIND);
    assert!(!model.provenance.hyperparameters.is_empty());
}

#[test]
fn every_baseline_transfers_and_threads_change_no_byte() {
    let world = world(6);
    check_baseline::<FitEszsl>(&world);
    check_baseline::<FitSae>(&world);
    check_baseline::<FitRanking<Ale>>(&world);
    check_baseline::<FitRanking<Sje>>(&world);
    check_baseline::<FitRanking<Devise>>(&world);
    check_baseline::<FitConse>(&world);
    check_baseline::<FitPrototype>(&world);
    check_baseline::<FitDap>(&world);
}

#[test]
fn folds_of_classes_choose_for_every_kind_of_head() {
    let world = world(11);
    let on = SelectOn::ClassCv5;
    let select = || Select { on };
    let models: [Model; 4] = [
        world.fit_with::<FitEszsl>(&selecting(on), PeekPorts::None, 2),
        world.fit_with::<FitRanking<Ale>>(
            &FitRankingParams { select: select(), ..Default::default() },
            PeekPorts::None,
            2,
        ),
        world.fit_with::<FitConse>(
            &FitConseParams { select: select(), ..Default::default() },
            PeekPorts::None,
            2,
        ),
        world.fit_with::<FitDap>(
            &FitDapParams { select: select(), ..Default::default() },
            PeekPorts::None,
            2,
        ),
    ]
    .map(|fit| fit.unwrap().output("model"));
    for model in models {
        assert_eq!(model.provenance.selected_on, "class-cv5");
        assert_eq!(model.provenance.train_images, world.train.images.len());
        assert_eq!(model.provenance.delta, model.selection.delta);
        assert!(evaluate(&world.score(&model).unwrap(), None).t1 > 0.45);
    }
    let peek = world.fit(&selecting(on), PeekPorts::Both).err().unwrap().to_string();
    assert!(peek.contains("`class-cv5` does not look at test images"), "{peek}");
}

#[test]
fn the_seed_draws_the_order_and_nothing_else() {
    let world = world(12);
    let params = FitRankingParams { epochs: vec![1], ..Default::default() };
    let digests = |seed| {
        let bench = world.bench().seed(seed).input("train", &world.train);
        bench.run::<FitRanking<Sje>>(&params).unwrap().digests()
    };
    assert_eq!(digests(1), digests(1));
    assert_ne!(digests(1), digests(2));
}

#[test]
fn a_margin_scales_the_weights_as_its_documentation_says() {
    let world = world(13);
    let model = |margin, rate| -> Model {
        let params = FitRankingParams {
            margin,
            learning_rates: vec![rate],
            epochs: vec![2],
            ..Default::default()
        };
        world.fit_with::<FitRanking<Devise>>(&params, PeekPorts::None, 1).unwrap().output("model")
    };
    let weights = |model: Model| match model.head {
        Head::Bilinear(weights) => weights,
        other => panic!("{other:?}"),
    };
    // Powers of two, so that no rounding differs.
    let (one, half) = (weights(model(1.0, 0.25)), weights(model(0.5, 0.125)));
    assert!(one.iter().any(|weight| *weight != 0.0));
    assert!(one.iter().zip(&half).all(|(one, half)| *one == 2.0 * half));
}

#[test]
fn a_delta_by_hand_replaces_the_chosen_one() {
    let world = world(7);
    let model: Model =
        world.fit(&FitEszslParams::default(), PeekPorts::None).unwrap().output("model");
    let scores = world.score(&model).unwrap();
    assert_eq!(evaluate(&scores, None).delta, model.provenance.delta);
    assert_eq!(evaluate(&scores, Some(1e9)).seen, 0.0);
}

#[test]
fn parts_of_different_splits_do_not_meet() {
    let (one, other) = (world(8), world(9));
    let model: Model =
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
    let ranking = FitRankingParams { epochs: vec![5, 0], ..Default::default() };
    let error = world.fit_with::<FitRanking<Ale>>(&ranking, PeekPorts::None, 1).err().unwrap();
    let expected = "parameter `epochs`: expected whole numbers above 0, got 0";
    assert_eq!(error.to_string(), expected);
    let conse = FitConseParams { tops: Vec::new(), ..Default::default() };
    let error = world.fit_with::<FitConse>(&conse, PeekPorts::None, 1).err().unwrap();
    assert_eq!(error.to_string(), "parameter `tops`: expected at least one value");
    let few = Features::in_memory("pooled", &Array2::zeros((10, WIDTH)));
    let short = World { features: few, ..world };
    assert_eq!(message(&FitEszslParams::default(), &short), "10 rows of features for 320 samples");
}
