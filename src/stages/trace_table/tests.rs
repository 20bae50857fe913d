use super::*;
use crate::id::TrialId;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::testing::Bench;
use crate::stages::planted_world::World;

struct Fixture {
    world: World,
    traces: Traces,
    validation: Traces,
}

impl Fixture {
    fn new() -> Self {
        let world = World::small();
        let [traces, validation] = [TrainingPart::Train, TrainingPart::Fit]
            .map(|part| world.random_traces(&world.seen(part), 1, 3));
        Self { world, traces, validation }
    }

    fn bench(&self, seeds: &[&str]) -> Bench {
        let mut bench = Bench::new();
        for seed in seeds {
            let trial = || TrialId(vec![("seed".into(), (*seed).into())]);
            bench = bench
                .gathered("traces", "see", trial(), &self.traces)
                .gathered("validation", "see_fit", trial(), &self.validation)
                .gathered("samples", "maps", trial(), &self.world.samples);
        }
        bench
    }

    fn table(&self, params: &TraceTableParams) -> Table {
        self.bench(&["1"]).run::<TraceTable>(params).unwrap().output("per_image")
    }
}

#[test]
fn a_row_is_what_a_search_knows_after_so_many_looks() {
    let fixture = Fixture::new();
    let stop = EndParams { mean_steps: Some(2.0), ..EndParams::default() };
    let table = fixture.table(&TraceTableParams { stop, delta: Some(0.1), ..Default::default() });
    let traces = &fixture.traces;
    assert_eq!(table.len(), traces.len() * 4);
    let candidates = &traces.header().candidates;
    let setting = Setting::generalised(candidates, 0.1);
    let text = |column: &str, row: usize| table.texts(column).unwrap()[row].clone();
    let number = |column: &str, row: usize| table.numbers(column).unwrap()[row];
    for image in [0, 5, traces.len() - 1] {
        let trace = setting.trace(&traces.image(image));
        let sample = traces.header().images[image];
        let first = image * 4;
        assert_eq!(text("image", first), fixture.world.samples.name(sample));
        assert_eq!(text("class", first), fixture.world.samples.class_name(sample));
        assert_eq!((number("cell", first), number("reward", first)), (None, None));
        for (step, look) in (1..).zip(&trace.looks) {
            let row = first + step;
            assert_eq!(number("cell", row), Some(count(look.cell)));
            let weight = number("weight", row).unwrap();
            let sum = number("global", row).unwrap() + number("joint", row).unwrap();
            assert_eq!(number("reward", row), Some(look.reward));
            assert!((weight * sum - look.reward).abs() < 1e-12);
            assert_eq!(text("prediction", row), candidates.name(look.prediction));
            if text("is_right", row) == "true" {
                assert_eq!(text("class", row), text("prediction", row));
                assert_eq!(number("joint", row), number("joint_of_class", row));
            }
        }
        let stopped: Vec<String> = (first..first + 4).map(|row| text("has_stopped", row)).collect();
        assert!(stopped.is_sorted() && stopped[1] == "false", "{stopped:?}");
    }
}

#[test]
fn the_printed_form_is_a_row_a_step() {
    let fixture = Fixture::new();
    let stop = EndParams { mean_steps: Some(2.0), ..EndParams::default() };
    let zero_shot = TracedSetting::ZeroShot;
    let params = TraceTableParams { stop, setting: zero_shot, ..Default::default() };
    let table = fixture.table(&params);
    let images = fixture.traces.header().unseen_labels.len();
    assert_eq!(table.len(), images * 4);
    let shown = table.views().markdown;
    let rows = shown.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(rows, 2 + 4, "{shown}");
    let outcome = fixture.bench(&["1"]).run::<TraceTable>(&params).unwrap();
    let by_step: Table = outcome.output("table");
    assert_eq!((by_step.len(), by_step.views().markdown), (4, shown.clone()));
    assert!(
        shown.contains("Searches of see@seed=1") && shown.contains("unseen classes"),
        "{shown}"
    );
    // Those that still search after t looks: their shares add up to the mean number of looks.
    let searching = table.numbers("searching").unwrap();
    let mean: f64 = (1..4).map(|step| searching[step].unwrap()).sum();
    assert!((mean - 2.0).abs() < 0.5, "{mean}");
}

#[test]
fn one_trial_must_be_left() {
    let fixture = Fixture::new();
    let bench = fixture.bench(&["1", "2"]);
    let message = bench.run::<TraceTable>(&TraceTableParams::default()).err().unwrap().to_string();
    assert_eq!(
        message,
        "parameter `select`: 2 trials are left; choose one, as in `select = { seed = \"1\" }`"
    );
    let select = BTreeMap::from([("seed".to_owned(), "2".to_owned())]);
    let params = TraceTableParams { select, ..TraceTableParams::default() };
    let chosen: Table = bench.run::<TraceTable>(&params).unwrap().output("per_image");
    assert_eq!(chosen.len(), fixture.table(&TraceTableParams::default()).len());
}

#[test]
fn threads_change_no_byte() {
    let fixture = Fixture::new();
    let run = |threads: usize| {
        let bench = fixture.bench(&["1"]).threads(threads);
        bench.run::<TraceTable>(&TraceTableParams::default()).unwrap().digests()
    };
    assert_eq!(run(1), run(4));
}
