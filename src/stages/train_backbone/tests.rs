use crate::event::Signal;
use crate::onnx::{Network, Workspace};
use crate::stage::testing::{Bench, Outcome};
use crate::stages::initialise_backbone::{InitialiseBackbone, InitialiseBackboneParams};
use crate::stages::synthesize_glyphs::{SynthesizeGlyphs, SynthesizeGlyphsParams};

use super::*;
use crate::data::Preprocess;
use crate::data::attributes::AttributeNorm;
use crate::data::samples::Sample;
use crate::nn::Tensor;

/// Easy pictures of few classes.
fn glyphs() -> Outcome {
    let params = SynthesizeGlyphsParams {
        seen_classes: 8,
        validation_classes: 2,
        unseen_classes: 1,
        images_per_seen_class: 20,
        images_per_unseen_class: 2,
        values: 3,
        size: 28,
        clutter_density: 0.0,
        ..SynthesizeGlyphsParams::default()
    };
    Bench::new().run::<SynthesizeGlyphs>(&params).unwrap()
}

/// The pictures, and a network of 28 pixels.
fn world() -> Bench {
    let glyphs = glyphs();
    let shape = InitialiseBackboneParams { size: 28, channels: 16, planes: 4, seed: 3 };
    let start = Bench::new().run::<InitialiseBackbone>(&shape).unwrap();
    Bench::new()
        .input("images", &glyphs.output::<Images>("images"))
        .input("samples", &glyphs.output::<Samples>("samples"))
        .input("model", &start.output::<OnnxModel>("model"))
}

fn quick() -> TrainBackboneParams {
    TrainBackboneParams {
        preprocess: Preprocess { size: 28, ..Preprocess::default() },
        role_column: Some("role".to_owned()),
        epochs: 2,
        batch: 16,
        drop_every: None,
        ..TrainBackboneParams::default()
    }
}

fn numbers(outcome: &Outcome, column: &str) -> Vec<f64> {
    let curves: Table = outcome.output("curves");
    curves.numbers(column).unwrap().into_iter().flatten().collect()
}

fn first_and_last(outcome: &Outcome, column: &str) -> [f64; 2] {
    let all = numbers(outcome, column);
    [all[0], all[all.len() - 1]]
}

#[test]
fn the_loss_falls_and_pictures_that_were_held_out_are_told_apart() {
    let params = TrainBackboneParams { epochs: 14, held_out: 0.25, ..quick() };
    let bench = world();
    let outcome = bench.run::<TrainBackbone>(&params).unwrap();
    let [first, last] = first_and_last(&outcome, "loss");
    assert!(last < first / 2.0, "{first} {last}");
    // Six classes: 17 % is chance.
    let [_, last] = first_and_last(&outcome, "held_out_accuracy");
    assert!(last > 0.35, "{last}");
    let curves: Table = outcome.output("curves");
    assert_eq!(curves.len(), 14);
    let told = outcome.signals.iter().any(|signal| {
        matches!(signal, Signal::Note { text } if text.starts_with("90 pictures of 6 classes, 14 epochs"))
    });
    assert!(told, "{:?}", outcome.signals);
}

#[test]
fn attributes_are_predicted_in_place_of_classes() {
    let samples: Samples = glyphs().output("samples");
    let seen: Vec<&String> =
        samples.classes().iter().filter(|name| name.starts_with("seen")).collect();
    let params = TrainBackboneParams { epochs: 8, ..quick() };
    let classes = world().run::<TrainBackbone>(&params).unwrap();
    let attributes: Attributes = glyphs().output("attributes");
    let with = |attributes: &Attributes| world().input("attributes", attributes);
    let bench = with(&attributes);
    let predicted = bench.run::<TrainBackbone>(&params).unwrap();
    assert_ne!(classes.digests(), predicted.digests());
    let [first, last] = first_and_last(&predicted, "loss");
    assert!(last < 0.8 * first, "{first} {last}");
    // Classes without attributes cannot be told by them.
    let names = vec![seen[0].clone()];
    let rows = vec![vec![1.0; attributes.names().len()]];
    let few = Attributes::new(names, attributes.names().to_vec(), rows, AttributeNorm::L2);
    let error = with(&few.unwrap()).run::<TrainBackbone>(&params).err().unwrap().to_string();
    assert!(error.contains(seen[1]), "{error}");
}

#[test]
fn what_is_learnt_stands_in_the_places_of_the_old_weights() {
    let bench = world();
    let start = InitialiseBackboneParams { size: 28, channels: 16, planes: 4, seed: 3 };
    let start = Bench::new().run::<InitialiseBackbone>(&start).unwrap();
    let start = start.output::<OnnxModel>("model").graph().unwrap();
    let trained = bench.run::<TrainBackbone>(&quick()).unwrap();
    let trained = trained.output::<OnnxModel>("model").graph().unwrap();
    assert_eq!((trained.tensors(), trained.outputs()), (start.tensors(), start.outputs()));
    let names = |graph: &Graph| -> Vec<String> {
        graph.initializers().iter().filter_map(|tensor| tensor.name.clone()).collect()
    };
    assert_eq!(names(&trained), names(&start));
    for (new, old) in trained.initializers().iter().zip(start.initializers()) {
        let is_formula = ["middle", "spread"].contains(&old.name.as_deref().unwrap());
        // Statistics of normalisations are learnt from, too.
        assert_eq!(new.raw_data == old.raw_data, is_formula, "{:?}", old.name);
    }
    // The file computes what was trained: a mean of what a ReLU gives.
    let network = Network::new(&trained.cut(&["embedding"]).unwrap()).unwrap();
    let picture = Tensor::new(vec![1, 3, 28, 28], vec![120.0; 3 * 28 * 28]);
    let found = network.run(picture, &mut Workspace::default()).unwrap().remove(0);
    assert_eq!(found.shape(), [1, 16]);
    assert!(found.values().iter().all(|value| value.is_finite() && *value >= 0.0));
}

#[test]
fn threads_change_no_byte_and_seeds_do() {
    let run = |threads, seed| {
        world().threads(threads).seed(seed).run::<TrainBackbone>(&quick()).unwrap().digests()
    };
    let one = run(1, 1);
    assert_eq!(one, run(2, 1));
    assert_eq!(one, run(4, 1));
    assert_ne!(one, run(1, 2));
}

#[test]
fn a_training_that_goes_on_ends_as_one_that_never_stopped() {
    let epochs = |epochs| TrainBackboneParams { epochs, ..quick() };
    let whole = world().run::<TrainBackbone>(&epochs(4)).unwrap();
    let bench = world();
    // What is left after two epochs, as a run that was killed leaves it.
    bench.run::<TrainBackbone>(&epochs(2)).unwrap();
    let rest = bench.run::<TrainBackbone>(&epochs(4)).unwrap();
    assert_eq!(whole.digests(), rest.digests());
    let goes_on = |signal: &Signal| matches!(signal, Signal::Note { text } if text == "goes on after 2 of 4 epochs");
    assert!(rest.signals.iter().any(goes_on));
    // A damaged checkpoint is none: everything is computed again.
    bench.checkpoints().save("epoch", b"nothing of the kind").unwrap();
    let again = bench.run::<TrainBackbone>(&epochs(4)).unwrap();
    assert_eq!(whole.digests(), again.digests());
    assert!(!again.signals.iter().any(goes_on));
}

#[test]
fn views_take_turns_and_held_out_pictures_are_seen_plain() {
    let views = serde_json::from_value(serde_json::json!({ "count": 2 })).unwrap();
    let preprocess = Preprocess { views: Some(views), ..quick().preprocess };
    let params = TrainBackboneParams { preprocess, ..quick() };
    assert_eq!([0, 1, 2, 3].map(|epoch| params.view(epoch)), [1, 2, 1, 2]);
    assert_eq!([0, 1, 2, 3].map(|epoch| quick().view(epoch)), [0; 4]);
    let still = |params: TrainBackboneParams| {
        let params = TrainBackboneParams { learning_rate: 0.0, epochs: 1, ..params };
        world().run::<TrainBackbone>(&params).unwrap()
    };
    let [plain, augmented] = [quick(), params].map(still);
    // Nothing was learnt but running statistics; those are of other pictures.
    assert_ne!(numbers(&plain, "loss"), numbers(&augmented, "loss"));
}

#[test]
fn what_does_not_fit_is_named() {
    let message = |params: TrainBackboneParams| {
        world().run::<TrainBackbone>(&params).err().unwrap().to_string()
    };
    let absent = TrainBackboneParams { role_column: Some("part".to_owned()), ..quick() };
    assert_eq!(
        message(absent),
        "parameter `role_column`: the samples have no column `part`; there is `role`"
    );
    let other = TrainBackboneParams { roles: vec!["train".to_owned()], ..quick() };
    assert_eq!(message(other), "parameter `roles`: no sample has `train` in the column `role`");
    let one = TrainBackboneParams { roles: vec!["unseen".to_owned()], ..quick() };
    assert_eq!(message(one), "1 classes are left; expected at least 2");
    let wide = TrainBackboneParams { preprocess: Preprocess::default(), ..quick() };
    assert_eq!(
        message(wide),
        "parameter `preprocess.size`: gives 224x224 pixels; the network takes 28x28"
    );
    let tensor = TrainBackboneParams { embedding: "embeding".to_owned(), ..quick() };
    let text = message(tensor);
    assert!(text.starts_with("parameter `embedding`: there is no tensor `embeding`"), "{text}");
    let few = TrainBackboneParams { batch: 1, ..quick() };
    assert_eq!(message(few), "parameter `batch`: expected at least 2, got 1");
    let share = TrainBackboneParams { held_out: 1.0, ..quick() };
    assert_eq!(message(share), "parameter `held_out`: expected 0 to 0.9, got 1");
    let wild = TrainBackboneParams { learning_rate: 1e30, ..quick() };
    let text = message(wild);
    assert!(text.contains("(epoch 1)") || text.contains("after epoch 1"), "{text}");
}

#[test]
fn pictures_of_other_samples_are_refused() {
    let sample = |name: &str| Sample { name: name.to_owned(), class: "a".to_owned() };
    let run = |names: &[&str]| {
        let rows = names.iter().map(|name| sample(name)).collect();
        let samples = Samples::new(rows, BTreeMap::new()).unwrap();
        let images = Images::in_memory(&[("x.png", b"x"), ("y.png", b"y")]);
        let shape = InitialiseBackboneParams::default();
        let start = Bench::new().run::<InitialiseBackbone>(&shape).unwrap();
        let bench = Bench::new()
            .input("images", &images)
            .input("samples", &samples)
            .input("model", &start.output::<OnnxModel>("model"));
        let params = TrainBackboneParams { role_column: None, ..quick() };
        bench.run::<TrainBackbone>(&params).err().unwrap().to_string()
    };
    assert_eq!(run(&["x.png"]), "2 pictures for 1 samples");
    assert_eq!(run(&["x.png", "z.png"]), "picture 1 is `y.png`, the sample `z.png`");
}
