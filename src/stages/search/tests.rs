use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::testing::Bench;
use crate::stages::embed_images::EmbedImages;
use crate::stages::planted_world::{Seen, World, small_agent};
use crate::stages::seer::EmbedParams;

use super::*;

/// All that a search reads but looks, agent and model.
fn bench(world: &World, seen: &Seen, features: &Features) -> Bench {
    Bench::new()
        .input("features", features)
        .input("samples", &world.samples)
        .input("attributes", &world.attributes)
        .input("test_seen", &world.test_seen)
        .input("test_unseen", &world.test_unseen)
        .input("network", &seen.network)
        .input("weights", &seen.weights)
}

fn traces(bench: &Bench, batch: usize) -> Traces {
    let params = SearchParams { batch, ..SearchParams::default() };
    bench.run::<Search>(&params).unwrap().output("traces")
}

#[test]
fn cells_that_are_embedded_on_demand_show_what_the_table_holds() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let agent = world.agent(&seen, &small_agent());
    let table = world.traces(&seen, &agent);
    let demanded =
        bench(&world, &seen, &world.features).input("agent", &agent).input("model", &world.model);
    for batch in [5, 64] {
        let demanded = traces(&demanded, batch);
        assert_eq!(demanded.header(), table.header());
        for image in 0..table.len() {
            let (found, expected) = (demanded.image(image), table.image(image));
            assert_eq!((found.cells, found.weights), (expected.cells, expected.weights));
            let pairs = found.joint.iter().zip(&expected.joint);
            assert!(pairs.clone().all(|(one, other)| (one - other).abs() < 1e-4), "image {image}");
        }
    }
}

#[test]
fn looks_come_from_one_place() {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let agent = world.agent(&seen, &small_agent());
    let bench = bench(&world, &seen, &world.features).input("agent", &agent);
    let message =
        |bench: &Bench| bench.run::<Search>(&SearchParams::default()).err().unwrap().to_string();
    assert!(message(&bench).contains("connect `looks`"));
    let both = bench.input("looks", &seen.looks).input("model", &world.model);
    assert!(message(&both).contains("connect `looks` or `model`, not both"));
}

/// A network with a global tail of its own must not be asked with the backbone's embeddings.
#[test]
fn a_trained_tail_gives_the_global_embeddings_or_nobody_does() {
    let world = World::small();
    let mut seen = world.seen(TrainingPart::Train);
    seen.network = world.network_with_tail(TrainingPart::Train);
    let plain = bench(&world, &seen, &world.features);
    let message = plain.run::<Search>(&SearchParams::default()).err().unwrap().to_string();
    assert!(message.contains("`features`: the features hold no tensor `embedding-trained`"));
    let embed = Bench::new().input("network", &seen.network).input("features", &world.features);
    let embed = embed.input("model", &world.model);
    let embedded: Features =
        embed.run::<EmbedImages>(&EmbedParams::default()).unwrap().output("embeddings");
    let traces = traces(&bench(&world, &seen, &embedded), 64);
    assert!(traces.len() > 10 && traces.image(0).cells.is_empty());
}
