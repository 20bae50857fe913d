use super::*;
use crate::models::erpcnet::trained::TrainingPart;
use crate::nn::tape::{Recording, Tape};
use crate::stage::testing::{Bench, Outcome};
use crate::stages::map_rows::MapRows;
use crate::stages::planted_world::World;

fn embed(world: &World, network: &Trained, threads: usize) -> Result<Outcome, StageError> {
    let bench = Bench::new().threads(threads).input("network", network);
    let bench = bench.input("features", &world.features).input("model", &world.model);
    bench.run::<EmbedImages>(&EmbedParams { batch: 7, ..EmbedParams::default() })
}

#[test]
fn a_row_is_what_the_trained_tail_makes_of_a_map() {
    let world = World::small();
    let network = world.network_with_tail(TrainingPart::Train);
    let outcome = embed(&world, &network, 2).unwrap();
    assert_eq!(outcome.digests(), embed(&world, &network, 1).unwrap().digests());
    let embeddings: Features = outcome.output("embeddings");
    assert_eq!(embeddings.len(), world.features.len());
    let view = embeddings.tensor(Some("embedding-trained")).unwrap();
    let mut row = vec![0.0; 16];
    view.read_row(20, &mut row);
    let seer = Seer::new(&network, &world.model).unwrap();
    let maps = MapRows::new(&world.features, "map", "map").unwrap();
    let mut tape = Tape::new(&network.parameters, Recording::Off);
    let map = tape.constant(maps.read([20].into_iter()));
    let alone = seer.subnets().global.unwrap().embed(&mut tape, map, Mode::Evaluation);
    let pairs = row.iter().zip(tape.value(alone).values());
    assert!(pairs.clone().all(|(one, other)| (one - other).abs() < 1e-5));
    // The backbone's embedding of the image is another one by now.
    let mut plain = vec![0.0; 16];
    world.features.tensor(Some("embedding")).unwrap().read_row(20, &mut plain);
    assert!(plain.iter().zip(&row).any(|(one, other)| (one - other).abs() > 1e-3));
}

#[test]
fn a_network_on_the_backbones_embeddings_has_none_of_its_own() {
    let world = World::small();
    let network = world.network(TrainingPart::Train);
    let message = embed(&world, &network, 1).err().unwrap().to_string();
    assert!(message.contains("it reads the backbone's, `embedding`"), "{message}");
}
