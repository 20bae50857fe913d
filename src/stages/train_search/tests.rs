use crate::event::Signal;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::testing::Outcome;
use crate::stages::planted_world::{Seen, World, small_agent};

use super::*;

fn rewards(outcome: &Outcome) -> Vec<f64> {
    let curves: Curves = outcome.output("curves");
    curves.numbers("reward").unwrap().into_iter().flatten().collect()
}

#[test]
fn an_agent_earns_more_and_says_what_it_is() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let mut params = TrainSearchParams { epochs: 30, ..small_agent() };
    params.policy.action = HeadKind::Categorical;
    params.policy.input_scale = ScaleKind::TrainStd;
    params.stop.train = false;
    let outcome = world.school(&seen).run::<TrainSearch>(&params).unwrap();
    let rewards = rewards(&outcome);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / 5.0;
    assert!(mean(&rewards[25..]) > mean(&rewards[..5]), "{rewards:?}");
    let agent: Searcher = outcome.output("agent");
    assert!(agent.agent().is_some());
    assert!(agent.card.is_weighted && agent.card.has_input_scale);
    assert_eq!((agent.card.design.looks, agent.card.design.side), (3, 4));
    assert!(agent.card.mean_weight > 0.1 && agent.card.mean_weight < 2.0);
    let curves: Curves = outcome.output("curves");
    let hits = curves.numbers("hits").unwrap();
    assert!(hits.iter().all(|hits| hits.is_some_and(|hits| (0.0..=1.0).contains(&hits))));
}

#[test]
fn threads_change_no_byte_and_seeds_do() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Fit);
    let run = |threads, seed| {
        let bench = world.school(&seen).threads(threads).seed(seed);
        bench.run::<TrainSearch>(&small_agent()).unwrap().digests()
    };
    let one = run(1, 1);
    assert_eq!(one, run(2, 1));
    assert_eq!(one, run(4, 1));
    assert_ne!(one, run(1, 2));
}

#[test]
fn a_training_that_goes_on_ends_as_one_that_never_stopped() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let epochs = |epochs| TrainSearchParams { epochs, ..small_agent() };
    let whole = world.school(&seen).run::<TrainSearch>(&epochs(5)).unwrap();
    let bench = world.school(&seen);
    bench.run::<TrainSearch>(&epochs(3)).unwrap();
    let rest = bench.run::<TrainSearch>(&epochs(5)).unwrap();
    assert_eq!(whole.digests(), rest.digests());
    let goes_on = |signal: &Signal| matches!(signal, Signal::Note { text } if text == "goes on after 3 of 5 epochs");
    assert!(rest.signals.iter().any(goes_on));
}

#[test]
fn no_epochs_leave_an_agent_as_it_was_drawn() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let none = TrainSearchParams { epochs: 0, guidance: Guidance::None, ..small_agent() };
    let agent = world.agent(&seen, &none);
    assert!(!agent.card.is_weighted);
    assert_eq!(agent.card.mean_weight, 1.0);
    assert_eq!((agent.card.epochs, agent.card.images), (0, seen.network.card.images));
    let again = world.agent(&seen, &TrainSearchParams { batch: 3, ..none });
    for ((_, left), (_, right)) in agent.parameters.iter().zip(again.parameters.iter()) {
        assert_eq!(left.value(), right.value(), "{}", left.name);
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let message = |params: &TrainSearchParams| {
        world.school(&seen).run::<TrainSearch>(params).err().unwrap().to_string()
    };
    let many = TrainSearchParams { looks: Some(4), ..small_agent() };
    assert_eq!(
        message(&many),
        "parameter `looks`: 4 looks, but the network was trained on 3 of them"
    );
    let mut flat = small_agent();
    flat.policy.hidden = [12, 0];
    assert_eq!(message(&flat), "parameter `policy.hidden`: expected at least 1, got 0");
    let mut far = small_agent();
    far.reward.discount = 1.5;
    assert_eq!(message(&far), "parameter `reward.discount`: expected 0 to 1, got 1.5");
    let mut narrow = small_agent();
    narrow.policy.deviation = 0.0;
    assert_eq!(message(&narrow), "parameter `policy.deviation`: expected a number above 0, got 0");
    let mut greedy = small_agent();
    greedy.ppo.clip = -0.1;
    assert!(message(&greedy).starts_with("parameter `ppo`: `clip` is -0.1"));
    let wild = TrainSearchParams { learning_rate: 1e30, ..small_agent() };
    assert!(message(&wild).contains("the objective of stage II (epoch"), "{}", message(&wild));

    let bench = world.bench().input("network", &seen.network).input("looks", &seen.looks);
    let message = bench.run::<TrainSearch>(&small_agent()).err().unwrap().to_string();
    assert!(message.contains("`guidance`: `entropy` needs the weights"), "{message}");
    let other = world.seen(TrainingPart::Fit);
    let mut foreign = other.network.clone();
    foreign.card.part = TrainingPart::Train;
    let foreign = Seen { network: foreign, ..other };
    let bench = world.school(&foreign);
    let message = bench.run::<TrainSearch>(&small_agent()).err().unwrap().to_string();
    assert_eq!(message, "the network was trained on another split");
}
