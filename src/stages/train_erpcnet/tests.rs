use crate::artifact::BlobWriter;
use crate::data::features::{FeaturesWriter, Storage, TensorInfo};
use crate::event::Signal;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::testing::{Bench, Outcome};
use crate::stages::planted_world::World;

use super::*;

fn world() -> Bench {
    let world = World::small();
    world.bench().input("model", &world.model)
}

fn quick() -> TrainErpcnetParams {
    TrainErpcnetParams {
        looks: 2,
        epochs: 6,
        batch: 16,
        learning_rate: 0.05,
        drop_every: None,
        ..TrainErpcnetParams::default()
    }
}

fn losses(outcome: &Outcome) -> Vec<f64> {
    let curves: Curves = outcome.output("curves");
    curves.numbers("loss").unwrap().into_iter().flatten().collect()
}

#[test]
fn the_losses_fall_and_the_network_says_what_it_is() {
    let params = TrainErpcnetParams { epochs: 40, ..quick() };
    let outcome = world().run::<TrainErpcnet>(&params).unwrap();
    let losses = losses(&outcome);
    assert_eq!(losses.len(), 40);
    // Four times the entropy of eight classes at first: 8.3.
    let mean = |part: &[f64]| part.iter().sum::<f64>() / 5.0;
    assert!(mean(&losses[35..]) < mean(&losses[..5]) - 0.4, "{losses:?}");
    let trained: Trained = outcome.output("network");
    assert_eq!((trained.card.classes.len(), trained.card.epochs), (8, 40));
    assert_eq!((trained.card.design.embedding, trained.card.design.fused), (16, 16));
    assert!(trained.card.design.find(&trained.parameters).is_some());
    let fit = TrainErpcnetParams { part: TrainingPart::Fit, epochs: 1, ..quick() };
    let fitted: Trained = world().run::<TrainErpcnet>(&fit).unwrap().output("network");
    assert_eq!(fitted.card.classes.len(), 6);
    assert!(fitted.card.images < trained.card.images);
}

/// (G7)
#[test]
fn threads_change_no_byte_and_seeds_do() {
    let params = TrainErpcnetParams { epochs: 2, dropout: 0.3, ..quick() };
    let run = |threads, seed| {
        world().threads(threads).seed(seed).run::<TrainErpcnet>(&params).unwrap().digests()
    };
    let one = run(1, 1);
    assert_eq!(one, run(2, 1));
    assert_eq!(one, run(4, 1));
    assert_ne!(one, run(1, 2));
}

#[test]
fn a_loss_that_is_left_out_moves_nothing() {
    let only = LossWeights { local: 0.0, joint: 0.0, largest: 0.0, ..LossWeights::default() };
    let params = TrainErpcnetParams { losses: only, weight_decay: 0.0, epochs: 1, ..quick() };
    let none = TrainErpcnetParams { learning_rate: 0.0, ..params.clone() };
    let trained: Trained = world().run::<TrainErpcnet>(&params).unwrap().output("network");
    let start: Trained = world().run::<TrainErpcnet>(&none).unwrap().output("network");
    let same = |name: &str| {
        let value =
            |one: &Trained| one.parameters.get(one.parameters.find(name).unwrap()).value().clone();
        value(&trained) == value(&start)
    };
    assert!(same("fcl.weight") && same("fcj1.weight") && same("pconv.weight"));
    assert!(!same("fcg.weight"));
}

#[test]
fn what_does_not_fit_is_named() {
    let message = |params: TrainErpcnetParams| {
        world().run::<TrainErpcnet>(&params).err().unwrap().to_string()
    };
    let many = TrainErpcnetParams { looks: 17, ..quick() };
    assert_eq!(message(many), "parameter `looks`: 17 looks, but the map has 16 cells");
    let wide = TrainErpcnetParams { window: 15, ..quick() };
    assert!(message(wide).contains("`window`: a window of 15x15 does not fit on the map `map`"));
    let absent = TrainErpcnetParams { map: "layer3".into(), ..quick() };
    assert!(message(absent).starts_with("parameter `map`: "));
    let elsewhere = TrainErpcnetParams { tail_from: Some("layer3".into()), ..quick() };
    assert!(message(elsewhere).starts_with("parameter `tail_from`: there is no tensor `layer3`"));
    let row =
        TrainErpcnetParams { map: "embedding".into(), tail_from: Some("map".into()), ..quick() };
    assert_eq!(message(row), "parameter `map`: `embedding` is [16]; expected a map [C, H, W]");
    let nothing = LossWeights { global: 0.0, local: 0.0, joint: 0.0, largest: 0.0 };
    let idle = TrainErpcnetParams { losses: nothing, ..quick() };
    assert_eq!(message(idle), "parameter `losses`: at least one loss must count");
    let wild = TrainErpcnetParams { learning_rate: 1e30, epochs: 3, ..quick() };
    assert!(message(wild).contains("the loss of stage I (epoch 1)"));
}

/// (G8)
#[test]
fn a_training_that_goes_on_ends_as_one_that_never_stopped() {
    let epochs = |epochs| TrainErpcnetParams { epochs, dropout: 0.2, ..quick() };
    let whole = world().run::<TrainErpcnet>(&epochs(5)).unwrap();
    let bench = world();
    // What is left after three epochs, as a run that was killed leaves it.
    bench.run::<TrainErpcnet>(&epochs(3)).unwrap();
    let rest = bench.run::<TrainErpcnet>(&epochs(5)).unwrap();
    assert_eq!(whole.digests(), rest.digests());
    let goes_on = |signal: &Signal| matches!(signal, Signal::Note { text } if text == "goes on after 3 of 5 epochs");
    assert!(rest.signals.iter().any(goes_on));
    // A damaged checkpoint is none: everything is computed again.
    bench.checkpoints().save("epoch", b"nothing of the kind").unwrap();
    let again = bench.run::<TrainErpcnet>(&epochs(5)).unwrap();
    assert_eq!(whole.digests(), again.digests());
    assert!(!again.signals.iter().any(goes_on));
}

/// `GlobalNet` learns from whole images: nothing is looked at, and nothing that looks is moved.
#[test]
fn without_a_loss_that_knows_of_looks_nobody_looks() {
    let only = LossWeights { local: 0.0, joint: 0.0, largest: 0.0, ..LossWeights::default() };
    let params = TrainErpcnetParams { losses: only, dropout: 0.2, ..quick() };
    let outcome = world().run::<TrainErpcnet>(&params).unwrap();
    let curves: Curves = outcome.output("curves");
    for unused in ["loss_local", "loss_joint", "loss_largest"] {
        assert!(curves.numbers(unused).unwrap().iter().all(Option::is_none), "{unused}");
    }
    assert_eq!(curves.numbers("loss_global"), curves.numbers("loss"));
    let accuracy: Vec<f64> = curves.numbers("accuracy").unwrap().into_iter().flatten().collect();
    assert!(accuracy[accuracy.len() - 1] > accuracy[0], "{accuracy:?}");
    let tail = |outcome: &Outcome| {
        let trained: Trained = outcome.output("network");
        let local = trained.parameters.iter().filter(|(_, one)| one.name.starts_with("cl."));
        local.map(|(_, one)| one.value().clone()).collect::<Vec<_>>()
    };
    let shorter = TrainErpcnetParams { epochs: 1, ..params };
    assert_eq!(tail(&outcome), tail(&world().run::<TrainErpcnet>(&shorter).unwrap()));
}

#[test]
fn the_tail_of_the_global_subnet_learns_where_it_is_told_to() {
    let params = TrainErpcnetParams { trainable: Trainable::Tail, epochs: 30, ..quick() };
    let outcome = world().run::<TrainErpcnet>(&params).unwrap();
    let losses = losses(&outcome);
    assert!(losses[29] < losses[0] - 1.0, "{losses:?}");
    let trained: Trained = outcome.output("network");
    assert_eq!(trained.card.embedding, "embedding-trained");
    // Both copies began alike and went their ways.
    let value = |name: &str| trained.parameters.get(trained.parameters.find(name).unwrap()).value();
    let names = trained.parameters.iter().map(|(_, one)| one.name.clone());
    let own: Vec<String> = names.filter(|name| name.starts_with("cg.")).collect();
    assert!(!own.is_empty());
    for name in &own {
        assert_ne!(value(name), value(&name.replacen("cg.", "cl.", 1)), "{name}");
    }
    // The same bytes for any number of threads, and after a rest.
    let short = TrainErpcnetParams { epochs: 2, ..params };
    let run = |threads| world().threads(threads).run::<TrainErpcnet>(&short).unwrap().digests();
    assert_eq!(run(1), run(2));
    let bench = world();
    bench.run::<TrainErpcnet>(&TrainErpcnetParams { epochs: 1, ..short.clone() }).unwrap();
    assert_eq!(bench.run::<TrainErpcnet>(&short).unwrap().digests(), run(1));
}

/// The small world's features with a second view of each image, all of whose values are `factor` times
/// those of the plain one.
fn with_view(world: &World, factor: f32) -> (tempfile::TempDir, Features) {
    let folder = tempfile::tempdir().unwrap();
    let plain: Vec<TensorInfo> = world.features.tensors().to_vec();
    let view = plain
        .iter()
        .map(|one| TensorInfo::new(format!("{}@1", one.name), one.shape.clone(), Storage::F32));
    let tensors: Vec<TensorInfo> = plain.iter().cloned().chain(view).collect();
    let blob = BlobWriter::create(folder.path().join("features")).unwrap();
    let mut writer = FeaturesWriter::new(blob, tensors, world.features.len()).unwrap();
    for image in 0..world.features.len() {
        let read = |one: &TensorInfo| {
            let view = world.features.tensor(Some(&one.name)).unwrap();
            let mut row = vec![0.0; view.width()];
            view.read_row(image, &mut row);
            row
        };
        let own: Vec<Vec<f32>> = plain.iter().map(read).collect();
        let scaled = own.iter().map(|row| row.iter().map(|value| factor * value).collect());
        let rows: Vec<Vec<f32>> = own.iter().cloned().chain(scaled).collect();
        writer.push(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    }
    (folder, writer.finish().unwrap())
}

#[test]
fn stored_views_take_part_where_they_are_asked_for() {
    let world = World::small();
    let params = TrainErpcnetParams { epochs: 2, views: 1, ..quick() };
    let run = |factor, params: &TrainErpcnetParams, threads| {
        let (_folder, features) = with_view(&world, factor);
        let bench = Bench::new().threads(threads).input("features", &features);
        let bench = bench.input("samples", &world.samples).input("attributes", &world.attributes);
        let bench = bench.input("train", &world.train).input("model", &world.model);
        bench.run::<TrainErpcnet>(params).map(|outcome| outcome.digests())
    };
    let plain = TrainErpcnetParams { views: 0, ..params.clone() };
    let alone = self::world().run::<TrainErpcnet>(&plain).unwrap().digests();
    assert_eq!(run(0.5, &plain, 1).unwrap(), alone, "a view that nobody asks for is not read");
    let with = run(0.5, &params, 1).unwrap();
    assert_ne!(with, alone);
    assert_ne!(with, run(1.0, &params, 1).unwrap(), "what the view shows counts");
    assert_eq!(with, run(0.5, &params, 4).unwrap());
    let many = TrainErpcnetParams { views: 2, ..params };
    let message = run(0.5, &many, 1).err().unwrap().to_string();
    assert!(message.starts_with("parameter `views`: ") && message.contains("@2`"), "{message}");
}
