use crate::data::split::TestSeenSamples;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::testing::{Bench, Outcome};
use crate::stages::planted_world::{Seen, World};
use crate::stages::prefer_cells::{PreferCells, PreferCellsParams};
use crate::stages::search::{Search, SearchParams};

use super::*;

struct Scene {
    world: World,
    seen: Seen,
    traces: Traces,
}

fn scene() -> Scene {
    let world = World::small();
    let seen = world.seen(TrainingPart::Train);
    let bench = Bench::new().input("looks", &seen.looks).input("samples", &world.samples);
    let order: Features =
        bench.run::<PreferCells>(&PreferCellsParams::default()).unwrap().output("preferences");
    let test_seen: &TestSeenSamples = &world.test_seen;
    let bench = Bench::new()
        .input("network", &seen.network)
        .input("preferences", &order)
        .input("features", &world.features)
        .input("looks", &seen.looks)
        .input("samples", &world.samples)
        .input("attributes", &world.attributes)
        .input("test_seen", test_seen)
        .input("test_unseen", &world.test_unseen);
    let traces = bench.run::<Search>(&SearchParams::default()).unwrap().output("traces");
    Scene { world, seen, traces }
}

fn quick() -> TsneSearchParams {
    TsneSearchParams { perplexity: 2.0, iterations: 20, ..TsneSearchParams::default() }
}

fn run(scene: &Scene, params: &TsneSearchParams, threads: usize) -> Result<Outcome, StageError> {
    Bench::new()
        .threads(threads)
        .input("network", &scene.seen.network)
        .input("features", &scene.world.features)
        .input("looks", &scene.seen.looks)
        .input("traces", &scene.traces)
        .input("samples", &scene.world.samples)
        .run::<TsneSearch>(params)
}

#[test]
fn every_unseen_image_has_a_place_in_each_embedding() {
    let scene = scene();
    let outcome = run(&scene, &quick(), 2).unwrap();
    let per_image: Table = outcome.output("per_image");
    // Two unseen classes of four images.
    assert_eq!(per_image.len(), 16);
    let embeddings = per_image.texts("embedding").unwrap();
    assert_eq!(embeddings.iter().filter(|name| *name == "union").count(), 8);
    for axis in ["x", "y"] {
        let places = per_image.numbers(axis).unwrap();
        assert!(places.iter().all(|place| place.is_some_and(f64::is_finite)));
    }
    let table: Table = outcome.output("table");
    assert_eq!(table.texts("embedding").unwrap(), ["global", "union"]);
    let fewer = TsneSearchParams { classes: 1, images: 3, ..quick() };
    assert_eq!(run(&scene, &fewer, 2).unwrap().output::<Table>("per_image").len(), 6);
}

#[test]
fn a_union_is_the_sum_of_what_the_network_fuses() {
    let scene = scene();
    let rows = chosen(&scene.traces, &quick());
    let inputs = TsneSearchInputs {
        network: scene.seen.network.clone(),
        features: scene.world.features.clone(),
        looks: scene.seen.looks.clone(),
        traces: scene.traces.clone(),
        samples: scene.world.samples.clone(),
    };
    let [global, union] = embed(&inputs, &rows).unwrap();
    let trained = &inputs.network;
    let network = trained.card.design.find(&trained.parameters).unwrap();
    // One image by hand: W_1 [g; v_1; ..; v_T] + b_1.
    let weight = trained.parameters.get(network.fuse.weight).value();
    let bias = trained.parameters.get(network.fuse.bias).value();
    let (at, width) = (3, global.width);
    let g = &global.values[at * width..][..width];
    let local = inputs.looks.tensor(Some("local")).unwrap();
    let mut all = vec![0.0; local.width()];
    local.read_row(inputs.traces.header().images[rows[at]].get(), &mut all);
    let cells = inputs.traces.image(rows[at]).cells;
    let slots = cells.iter().flat_map(|cell| &all[cell * width..][..width]);
    let joined: Vec<f32> = g.iter().chain(slots).copied().collect();
    for (out, own) in g.iter().enumerate() {
        let row = &weight.values()[out * joined.len()..][..joined.len()];
        let product: f32 = row.iter().zip(&joined).map(|(w, z)| w * z).sum();
        let expected = own + product + bias.values()[out];
        assert!((union.values[at * width + out] - expected).abs() < 1e-4, "{out}");
    }
}

#[test]
fn the_nearest_neighbour_is_looked_for_in_the_embedding() {
    // On a line: 0, 1, 10, 11, 12.5.
    let values = [0.0, 1.0, 10.0, 11.0, 12.5];
    assert_eq!(near(&values, 1, &[0, 0, 1, 1, 0]), [true, true, true, true, false]);
    assert_eq!(near(&values[..1], 1, &[0]), [false]);
}

#[test]
fn threads_change_no_byte() {
    let scene = scene();
    let digests = [1, 2, 4].map(|threads| run(&scene, &quick(), threads).unwrap().digests());
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn what_cannot_be_laid_out_is_refused() {
    for (params, name) in [
        (TsneSearchParams { classes: 29, ..quick() }, "classes"),
        (TsneSearchParams { images: 1, ..quick() }, "images"),
        (TsneSearchParams { perplexity: 0.5, ..quick() }, "perplexity"),
        (TsneSearchParams { iterations: 0, ..quick() }, "iterations"),
    ] {
        let message = TsneSearch::check(&params).unwrap_err().to_string();
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}
