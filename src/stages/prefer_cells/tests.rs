use std::collections::BTreeSet;

use ndarray::Array2;

use crate::stage::testing::Bench;
use crate::stages::planted_world::World;
use crate::stages::synthesize_maps::SynthesizeMapsParams;

use super::*;

/// A world with one look row a cell; what it shows does not count.
struct Fixture {
    world: World,
    looks: Features,
}

impl Fixture {
    fn new() -> Self {
        let world = World::of(&SynthesizeMapsParams {
            seen_classes: 8,
            validation_classes: 2,
            unseen_classes: 2,
            images_per_seen_class: 20,
            images_per_unseen_class: 4,
            values: 3,
            channels: 8,
            planes: 4,
            ..SynthesizeMapsParams::default()
        });
        let rows = Array2::zeros((world.features.len(), 16));
        Self { looks: Features::in_memory(LOCAL, &rows), world }
    }

    fn bench(&self) -> Bench {
        self.world.bench().input("looks", &self.looks).input("cells", &self.world.cells)
    }

    /// The cells of each image in the order of preference.
    fn orders(&self, by: Chooser, seed: u64) -> Vec<Vec<usize>> {
        let params = PreferCellsParams { by, ..PreferCellsParams::default() };
        let outcome = self.bench().seed(seed).run::<PreferCells>(&params).unwrap();
        let preferences: Features = outcome.output("preferences");
        let view = preferences.tensor(Some(PREFERENCE)).unwrap();
        (0..preferences.len()).map(|image| order(&view, image)).collect()
    }

    fn hits(&self, by: Chooser) -> f64 {
        let key = AnswerKey::new(&self.world.cells, &self.world.samples).unwrap();
        let orders = self.orders(by, 1).into_iter().map(Vec::into_iter).enumerate();
        key.mean_hits(orders)
    }
}

#[test]
fn knowing_more_hits_more() {
    let fixture = Fixture::new();
    let by = [Chooser::Random, Chooser::Static, Chooser::FromGlobal, Chooser::Oracle];
    let hits = by.map(|chooser| fixture.hits(chooser));
    assert!((hits[0] - 0.25).abs() < 0.06, "{hits:?}");
    assert!(hits[1] > 0.4 && hits[2] > hits[1], "{hits:?}");
    assert_eq!(hits[3], 1.0);
}

#[test]
fn chance_differs_between_images_and_seeds_and_a_static_order_does_not() {
    let fixture = Fixture::new();
    let random = fixture.orders(Chooser::Random, 1);
    assert!(random.iter().collect::<BTreeSet<_>>().len() > 150);
    assert_eq!(random, fixture.orders(Chooser::Random, 1));
    assert_ne!(random, fixture.orders(Chooser::Random, 2));
    let same = fixture.orders(Chooser::Static, 1);
    assert!(same.iter().all(|order| *order == same[0]));
}

#[test]
fn what_a_chooser_needs_is_named() {
    let fixture = Fixture::new();
    let params = PreferCellsParams { by: Chooser::Oracle, ..PreferCellsParams::default() };
    let bench = fixture.world.bench().input("looks", &fixture.looks);
    let message = bench.run::<PreferCells>(&params).err().unwrap().to_string();
    assert_eq!(message, "parameter `by`: this chooser needs the input `cells`");
    let params = PreferCellsParams { epochs: 0, ..PreferCellsParams::default() };
    let message = fixture.bench().run::<PreferCells>(&params).err().unwrap().to_string();
    assert_eq!(message, "parameter `epochs`: expected at least 1, got 0");
}
