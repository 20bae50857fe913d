use crate::models::erpcnet::calibration::choose_each;
use crate::models::erpcnet::ending::{Ending, Rule, Setting};
use crate::models::erpcnet::judge::Judge;
use crate::models::erpcnet::sight::{Rewarded, Sight};
use crate::models::erpcnet::trained::TrainingPart;
use crate::nn::tape::Parameters;
use crate::rl::action::Draw;
use crate::rl::{Agent, Stopping, search};
use crate::stage::testing::Bench;
use crate::stages::look_rows::{LookRows, judge};
use crate::stages::planted_world::{Seen, World, small_agent};

use super::*;

/// A searched world.
struct Fixture {
    world: World,
    seen: Seen,
    agent: (Agent, Parameters),
    traces: Traces,
    validation: Traces,
}

impl Fixture {
    fn new() -> Self {
        let world = World::small();
        let seen = world.seen(TrainingPart::Train);
        let searcher = world.agent(&seen, &small_agent());
        let traces = world.traces(&seen, &searcher);
        let fit = world.seen(TrainingPart::Fit);
        let other = world.agent(&fit, &small_agent());
        let validation = world.traces(&fit, &other);
        Self { agent: searcher.agent().unwrap(), world, seen, traces, validation }
    }

    fn bench(&self) -> Bench {
        Bench::new().input("traces", &self.traces).input("validation", &self.validation)
    }

    fn scores(&self, params: &ScoreSearchParams) -> Scores {
        self.bench().run::<ScoreSearch>(params).unwrap().output("scores")
    }

    /// A search that ends by itself, with the calibration built in.
    fn searched(&self, judge: &Judge, images: &[usize], rule: &Stopping) -> Vec<(usize, Vec<f64>)> {
        let (features, looks) = (&self.world.features, Some(&self.seen.looks));
        let weights = Some(&self.seen.weights);
        let rows = LookRows::new(&self.seen.network, features, looks, weights, images).unwrap();
        let seeable = rows.read(images);
        let mut sight = Sight::new(judge, &seeable, Rewarded::Predictions);
        let (agent, parameters) = &self.agent;
        let traces = search(agent, parameters, &mut sight, rule, Draw::Greedy);
        let score = |image: usize| sight.opinion(image).scores();
        traces.iter().enumerate().map(|(at, trace)| (trace.looks.len(), score(at))).collect()
    }

    fn images(&self) -> Vec<usize> {
        self.traces.header().images.iter().map(|image| image.get()).collect()
    }
}

fn close(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).all(|(one, other)| (one - other).abs() < 1e-5)
}

/// Thresholds between the rewards that occur, so that rounding decides nothing.
fn thresholds(fixture: &Fixture, setting: &Setting) -> Vec<f64> {
    let traces = (0..fixture.traces.len()).map(|image| setting.trace(&fixture.traces.image(image)));
    let mut rewards: Vec<f64> =
        traces.flat_map(|trace| trace.looks).map(|look| look.reward).collect();
    rewards.sort_by(f64::total_cmp);
    let place = |share: usize| {
        let at = rewards.len() * share / 8;
        f64::midpoint(rewards[at], rewards[at + 1])
    };
    (1..8).map(place).collect()
}

/// What follows from traces is what a search by that rule finds.
#[test]
fn every_threshold_and_calibration_follows_from_one_search() {
    let fixture = Fixture::new();
    let candidates = &fixture.traces.header().candidates;
    let names: Vec<String> = candidates.names().cloned().collect();
    let (seen, delta) = (fixture.traces.header().seen_labels.len(), 0.05);
    for sigma in thresholds(&fixture, &Setting::generalised(candidates, delta)) {
        let stop = EndParams { sigma: Some(sigma), ..EndParams::default() };
        let params = ScoreSearchParams { stop, looks: None, delta: Some(delta) };
        let scores = fixture.scores(&params);
        let rule = Stopping::new(sigma, 1).unwrap();

        let (network, attributes) = (&fixture.seen.network, &fixture.world.attributes);
        let mut all = judge(network, attributes, &names).unwrap();
        all.handicap(Setting::generalised(candidates, delta).handicap());
        let found = fixture.searched(&all, &fixture.images(), &rule);
        let mask = candidates.seen_mask();
        for (image, (_, calibrated)) in found.iter().enumerate() {
            let row = scores.row(image).into_iter().zip(&mask);
            let row: Vec<f64> =
                row.map(|(score, seen)| if *seen { score - delta } else { score }).collect();
            assert!(close(&row, calibrated), "image {image}");
        }
        let steps = mean(found.iter().map(|(steps, _)| *steps));
        assert!((scores.header().search.unwrap().steps - steps).abs() < 1e-12);

        let unseen = judge(network, attributes, candidates.unseen()).unwrap();
        let found = fixture.searched(&unseen, &fixture.images()[seen..], &rule);
        let steps = mean(found.iter().map(|(steps, _)| *steps));
        assert!((scores.header().search.unwrap().steps_zero_shot - steps).abs() < 1e-12);
        let first = candidates.seen().len();
        for (at, (_, own)) in found.iter().enumerate() {
            let row = scores.row(fixture.traces.len() + at);
            assert!(close(&row[first..], own), "unseen image {at}");
        }
    }
}

#[test]
fn a_mean_number_of_steps_is_met_in_both_settings() {
    let fixture = Fixture::new();
    for target in [1.0, 1.7, 2.5, 3.0] {
        let stop = EndParams { mean_steps: Some(target), ..EndParams::default() };
        let scores = fixture.scores(&ScoreSearchParams { stop, ..Default::default() });
        let found = scores.header().search.unwrap();
        // An image more or less, by so many steps, is as near as it gets.
        let near = |images: usize| 3.0 / f64::from(u32::try_from(images).unwrap());
        let unseen = scores.header().unseen_labels.len();
        assert!((found.steps - target).abs() < near(fixture.traces.len()), "{found:?}");
        assert!((found.steps_zero_shot - target).abs() < near(unseen), "{found:?}");
    }
}

#[test]
fn delta_is_chosen_where_h_is_largest_and_never_on_test_images() {
    let fixture = Fixture::new();
    let scores = fixture.scores(&ScoreSearchParams::default());
    assert_eq!(scores.header().provenance.selected_on, "val-gzsl");
    let delta = scores.header().provenance.delta;
    let ending = Ending { looks: 3, stopping: Stopping::new(1e9, 1).unwrap() };
    let rules = [Rule::Given(ending)];
    let best = choose_each(&fixture.validation, &rules, None).unwrap()[0];
    let own = choose_each(&fixture.validation, &rules, Some(delta)).unwrap()[0];
    // The curve knows every breakpoint, the trials only some of them.
    assert!(own.harmonic >= best.harmonic, "{own:?} {best:?}");
    let twice = Bench::new().input("traces", &fixture.traces).input("validation", &fixture.traces);
    let message = twice.run::<ScoreSearch>(&ScoreSearchParams::default()).err().unwrap();
    assert_eq!(message.to_string(), "`validation` holds images of the test search");
}

#[test]
fn no_looks_leave_the_global_scores() {
    let fixture = Fixture::new();
    let scores = fixture.scores(&ScoreSearchParams { looks: Some(0), ..Default::default() });
    for image in 0..fixture.traces.len() {
        assert_eq!(scores.row(image), fixture.traces.image(image).global);
    }
    assert_eq!(scores.header().search.unwrap().steps, 0.0);
}

#[test]
fn hits_are_counted_by_the_answer_key() {
    let fixture = Fixture::new();
    let bench = || fixture.bench().input("cells", &fixture.world.cells);
    let params = ScoreSearchParams::default();
    let outcome = bench().input("samples", &fixture.world.samples).run::<ScoreSearch>(&params);
    let scores: Scores = outcome.unwrap().output("scores");
    let mut shares = Vec::new();
    for (at, image) in fixture.traces.header().images.iter().enumerate() {
        let cells = fixture.traces.image(at).cells;
        let hits =
            cells.iter().filter(|cell| fixture.world.cells.is_informative(image.get(), **cell));
        // Three looks at objects of four parts.
        shares.push(f64::from(u32::try_from(hits.count()).unwrap()) / 3.0);
    }
    let expected = shares.iter().sum::<f64>() / f64::from(u32::try_from(shares.len()).unwrap());
    let hits = scores.header().search.unwrap().hits.unwrap();
    assert!((hits - expected).abs() < 1e-12, "{hits} {expected}");
    let message = bench().run::<ScoreSearch>(&params).err().unwrap().to_string();
    assert_eq!(message, "an answer key needs its `samples`: connect both");
}

#[test]
fn impossible_ends_are_named() {
    let fixture = Fixture::new();
    let message = |params: &ScoreSearchParams| {
        fixture.bench().run::<ScoreSearch>(params).err().unwrap().to_string()
    };
    let stop = |stop| ScoreSearchParams { stop, ..ScoreSearchParams::default() };
    let both = EndParams { sigma: Some(1.0), mean_steps: Some(2.0), ..EndParams::default() };
    assert_eq!(
        message(&stop(both)),
        "parameter `stop`: expected `sigma` or `mean_steps`, got both"
    );
    let never = EndParams { min_steps: 0, ..EndParams::default() };
    assert_eq!(message(&stop(never)), "parameter `stop.min_steps`: expected at least 1, got 0");
    let many = ScoreSearchParams { looks: Some(4), ..ScoreSearchParams::default() };
    assert_eq!(message(&many), "parameter `looks`: 4 looks, but the search took 3");
}
