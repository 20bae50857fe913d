use super::*;
use crate::id::TrialId;
use crate::models::erpcnet::ending::{Ending, Rule};
use crate::models::erpcnet::outcome::failures;
use crate::models::erpcnet::trained::TrainingPart;
use crate::rl::Stopping;
use crate::stage::testing::{Bench, Outcome as Ran};
use crate::stages::evaluate::{Evaluate, EvaluateParams};
use crate::stages::planted_world::{Seen, World, small_agent};
use crate::stages::score_search::{ScoreSearch, ScoreSearchParams};
use crate::zsl::Evaluation;
use crate::zsl::scores::Scores;

/// A world, its networks, and traces by an agent and by chance with those of their validation.
struct Fixture {
    world: World,
    seen: Seen,
    fit: Seen,
    agent: [Traces; 2],
    random: [Traces; 2],
}

impl Fixture {
    fn new() -> Self {
        let world = World::small();
        let (seen, fit) = (world.seen(TrainingPart::Train), world.seen(TrainingPart::Fit));
        let agent =
            [&seen, &fit].map(|seen| world.traces(seen, &world.agent(seen, &small_agent())));
        let random = [&seen, &fit].map(|seen| world.random_traces(seen, 1, 3));
        Self { world, seen, fit, agent, random }
    }

    /// The agent's search as seed 1, the random one as seed 2.
    fn bench(&self) -> Bench {
        let mut bench = Bench::new();
        for (seed, [traces, validation]) in [("1", &self.agent), ("2", &self.random)] {
            let trial = || TrialId(vec![("seed".into(), seed.into())]);
            bench = bench.gathered("traces", "see", trial(), traces);
            bench = bench.gathered("validation", "see_fit", trial(), validation);
        }
        bench
    }
}

fn one(traces: &[Traces; 2], params: &StudySearchParams) -> Ran {
    let bench = Bench::new().input("traces", &traces[0]).input("validation", &traces[1]);
    bench.run::<StudySearch>(params).unwrap()
}

/// The value of a metric at a place; the last place is where there is none.
fn value(table: &Table, column: &str, at: Option<f64>, metric: &str) -> f64 {
    let (places, metrics) = (table.numbers(column).unwrap(), table.texts("metric").unwrap());
    let row = (0..table.len()).find(|row| places[*row] == at && metrics[*row] == metric).unwrap();
    table.numbers("mean").unwrap()[row].unwrap()
}

fn evaluated(traces: &[Traces; 2], params: &ScoreSearchParams) -> Evaluation {
    let bench = Bench::new().input("traces", &traces[0]).input("validation", &traces[1]);
    let scores: Scores = bench.run::<ScoreSearch>(params).unwrap().output("scores");
    let bench = Bench::new().input("scores", &scores);
    bench.run::<Evaluate>(&EvaluateParams::default()).unwrap().output("evaluation")
}

fn assert_equal(table: &Table, (column, at): (&str, Option<f64>), expected: &Evaluation) {
    let search = expected.search.unwrap();
    let numbers = [
        ("t1", expected.t1),
        ("unseen", expected.unseen),
        ("seen", expected.seen),
        ("harmonic", expected.harmonic),
        ("delta", expected.delta),
        ("steps", search.steps),
        ("steps_zero_shot", search.steps_zero_shot),
    ];
    for (metric, expected) in numbers {
        let found = value(table, column, at, metric);
        assert!((found - expected).abs() < 1e-9, "{metric} at {at:?}: {found}, not {expected}");
    }
}

#[test]
fn every_threshold_is_what_score_search_and_evaluate_make_of_it() {
    let fixture = Fixture::new();
    for sigma_times_mean_beta in [false, true] {
        let stop = EndParams { sigma_times_mean_beta, min_steps: 2, ..EndParams::default() };
        let sigmas = vec![0.2, 0.5, 0.8];
        let params = StudySearchParams { sigmas, stop, ..StudySearchParams::default() };
        let table: Table = one(&fixture.agent, &params).output("sigma");
        for stop in params.stops() {
            let place = ("sigma", stop.sigma);
            let params = ScoreSearchParams { stop, looks: None, delta: None };
            assert_equal(&table, place, &evaluated(&fixture.agent, &params));
        }
    }
}

#[test]
fn so_many_looks_are_what_a_search_with_fewer_looks_finds() {
    let fixture = Fixture::new();
    let table: Table = one(&fixture.random, &StudySearchParams::default()).output("steps");
    for looks in 1..=3_u32 {
        let again = [&fixture.seen, &fixture.fit]
            .map(|seen| fixture.world.random_traces(seen, 1, looks.try_into().unwrap()));
        assert_eq!(again[0].header().looks, looks as usize);
        let place = ("looks", Some(f64::from(looks)));
        assert_equal(&table, place, &evaluated(&again, &ScoreSearchParams::default()));
    }
    let whole = ScoreSearchParams { looks: Some(0), ..ScoreSearchParams::default() };
    assert_equal(&table, ("looks", Some(0.0)), &evaluated(&fixture.random, &whole));
}

#[test]
fn ways_to_fail_are_counted_from_the_predictions() {
    let fixture = Fixture::new();
    let traces = &fixture.agent[0];
    let header = traces.header();
    let (images, classes) = (header.seen_labels.len(), header.candidates.seen().len());
    let ending = Ending { looks: 3, stopping: Stopping::new(0.4, 1).unwrap() };
    // What follows by hand: wrong at the end, never right, and the look after the last right one.
    let (mut never, mut lost) = (0, [0; 3]);
    for image in images..traces.len() {
        let looked = traces.image(image);
        let unseen = classes..header.candidates.len();
        let handicap = vec![0.0; unseen.len()];
        let trace = looked.trace(&unseen, &handicap);
        let label = traces.label(image).get() - classes;
        let right: Vec<usize> =
            (0..=ending.step(&trace)).filter(|looks| trace.prediction(*looks) == label).collect();
        match right.last() {
            None => never += 1,
            Some(last) if *last == ending.step(&trace) => {}
            Some(last) => lost[*last] += 1,
        }
    }
    let found = failures(traces, &Rule::Given(ending));
    assert_eq!((found.never_right, &found.lost_at[..]), (never, &lost[..]));
    assert!(never > 0 && found.images == header.unseen_labels.len());

    let stop = EndParams { sigma: Some(0.4), ..EndParams::default() };
    let params = StudySearchParams { stop, ..StudySearchParams::default() };
    let table: Table = one(&fixture.agent, &params).output("failures");
    let count = |metric: &str| {
        let row = table.texts("metric").unwrap().iter().position(|name| name == metric).unwrap();
        table.numbers("mean").unwrap()[row].unwrap()
    };
    assert_eq!(count("never_right") + count("lost"), count("wrong"));
    assert_eq!(count("images") - count("never_right"), count("within_capability"));
    assert_eq!(count("lost_at_1") + count("lost_at_2") + count("lost_at_3"), count("lost"));
    assert_eq!(count("never_right"), f64::from(u32::try_from(never).unwrap()));
}

#[test]
fn ends_of_searches_add_up_to_their_mean() {
    let fixture = Fixture::new();
    let stop = EndParams { sigma: Some(0.5), ..EndParams::default() };
    let params = StudySearchParams { stop: stop.clone(), ..StudySearchParams::default() };
    let table: Table = one(&fixture.agent, &params).output("stops");
    let expected = evaluated(&fixture.agent, &ScoreSearchParams { stop, looks: None, delta: None });
    let search = expected.search.unwrap();
    for (metric, mean) in [("stops", search.steps), ("stops_zero_shot", search.steps_zero_shot)] {
        let share = |step: u8| value(&table, "step", Some(step.into()), metric);
        assert!(((0..=3).map(share).sum::<f64>() - 1.0).abs() < 1e-12);
        let found: f64 = (0..=3).map(|step| f64::from(step) * share(step)).sum();
        assert!((found - mean).abs() < 1e-12, "{metric}");
    }
}

#[test]
fn rows_are_means_over_seeds() {
    let fixture = Fixture::new();
    let params = StudySearchParams { sigmas: vec![0.3], ..StudySearchParams::default() };
    let both: Table = fixture.bench().run::<StudySearch>(&params).unwrap().output("sigma");
    let each = [&fixture.agent, &fixture.random]
        .map(|traces| -> Table { one(traces, &params).output("sigma") });
    for row in 0..both.len() {
        let [first, second] = [0, 1].map(|at| each[at].numbers("mean").unwrap()[row].unwrap());
        let found = both.numbers("mean").unwrap()[row].unwrap();
        assert!((found - f64::midpoint(first, second)).abs() < 1e-12);
        // The deviation of two numbers is their distance over the root of two.
        let sd = both.numbers("sd").unwrap()[row].unwrap();
        assert!((sd - (first - second).abs() / 2.0_f64.sqrt()).abs() < 1e-12);
    }
    assert_eq!(both.texts("seeds").unwrap()[0], "1, 2");
    let shown = both.terminal();
    assert!(shown.contains("T1") && shown.contains("0.30") && shown.contains(" ± "), "{shown}");
}

#[test]
fn threads_change_no_byte() {
    let fixture = Fixture::new();
    let params = StudySearchParams::default();
    let digests = fixture.bench().run::<StudySearch>(&params).unwrap().digests();
    for threads in [2, 4] {
        let again = fixture.bench().threads(threads).run::<StudySearch>(&params).unwrap();
        assert_eq!(again.digests(), digests);
    }
}

#[test]
fn what_cannot_be_studied_is_named() {
    let fixture = Fixture::new();
    let message = |params: &StudySearchParams| {
        fixture.bench().run::<StudySearch>(params).err().unwrap().to_string()
    };
    let falls = StudySearchParams { sigmas: vec![0.2, 0.1], ..StudySearchParams::default() };
    assert_eq!(message(&falls), "parameter `sigmas`: expected rising finite numbers");
    let axis = StudySearchParams { rows: vec!["metod".into()], ..StudySearchParams::default() };
    assert_eq!(message(&axis), "parameter `rows`: no trial varies along `metod`");
    let select = BTreeMap::from([("seed".to_owned(), "7".to_owned())]);
    let none = StudySearchParams { select, ..StudySearchParams::default() };
    assert_eq!(message(&none), "parameter `select`: no trial has these labels");
    let bench = Bench::new().input("traces", &fixture.agent[0]);
    let twice = bench.input("validation", &fixture.agent[0]);
    let error = twice.run::<StudySearch>(&StudySearchParams::default()).err().unwrap();
    assert_eq!(error.to_string(), "`validation` holds images of the test search");
    let trial = |method: &str| TrialId(vec![("method".into(), method.into())]);
    let bench = Bench::new().input("validation", &fixture.agent[1]);
    let bench = bench.gathered("traces", "see", trial("a"), &fixture.agent[0]);
    let bench = bench.gathered("traces", "see", trial("b"), &fixture.random[0]);
    let mixed = StudySearchParams { rows: vec!["stage".into()], ..StudySearchParams::default() };
    let error = bench.run::<StudySearch>(&mixed).err().unwrap().to_string();
    assert!(error.contains("the row `stage=see` has two trials of seed ``"), "{error}");
}
