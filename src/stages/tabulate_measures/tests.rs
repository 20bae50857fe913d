use super::*;
use crate::id::TrialId;
use crate::stage::testing::{Bench, Outcome};

fn trial(labels: &[(&str, &str)]) -> TrialId {
    TrialId(labels.iter().map(|&(axis, label)| (axis.into(), label.into())).collect())
}

fn measures(hits: f64, epoch: Option<f64>) -> Measures {
    let mut measures = Measures::default();
    measures.push("hits", Some(hits));
    measures.push("epochs_to_reach", epoch);
    measures
}

/// Three methods over three seeds: the first always reaches its goal, the second twice, the third
/// never.
fn bench() -> Bench {
    let mut bench = Bench::new();
    for (method, runs) in [
        ("ERPCNet", [(0.5, Some(4.0)), (0.6, Some(5.0)), (0.7, Some(6.0))]),
        ("RPCNet", [(0.4, Some(8.0)), (0.4, None), (0.7, Some(11.0))]),
        ("random", [(0.25, None), (0.25, None), (0.25, None)]),
    ] {
        for (seed, (hits, epoch)) in (1..).zip(runs) {
            let trial = trial(&[("method", method), ("seed", &format!("{seed}"))]);
            bench = bench.gathered("rows", "learning", trial, &measures(hits, epoch));
        }
    }
    bench
}

fn params() -> TabulateMeasuresParams {
    TabulateMeasuresParams {
        caption: "Made-up numbers".into(),
        headings: BTreeMap::from([
            ("random".into(), "PCNet".into()),
            ("hits".into(), "Hits".into()),
        ]),
        ..TabulateMeasuresParams::default()
    }
}

fn run(params: &TabulateMeasuresParams) -> Outcome {
    bench().run::<TabulateMeasures>(params).unwrap()
}

fn failure(params: &TabulateMeasuresParams) -> String {
    bench().run::<TabulateMeasures>(params).err().unwrap().to_string()
}

#[test]
fn numbers_that_some_runs_lack_are_shown_with_how_many_have_them() {
    let table: Table = run(&params()).output("table");
    insta::assert_snapshot!(table.views().markdown, @r"
    **Made-up numbers**

    | method  |   n |          Hits |        epochs to reach |
    | :------ | --: | ------------: | ---------------------: |
    | ERPCNet |   3 | 0.600 ± 0.100 |          5.000 ± 1.000 |
    | RPCNet  |   3 | 0.500 ± 0.173 | 9.500 ± 2.121 (2 of 3) |
    | PCNet   |   3 | 0.250 ± 0.000 |             – (0 of 3) |

    Mean ± standard deviation (n - 1) over n runs.

    In brackets: how many of the runs have the number, where some lack it.
    ");
}

#[test]
fn tidy_rows_hold_what_a_pencil_says_of_the_runs_that_have_a_number() {
    let table: Table = run(&params()).output("table");
    assert_eq!(table.texts("method").unwrap()[..3], ["ERPCNet", "ERPCNet", "RPCNet"]);
    assert_eq!(table.texts("metric").unwrap()[2..4], ["hits", "epochs_to_reach"]);
    let some = |numbers: [f64; 6]| numbers.map(Some).to_vec();
    assert_eq!(table.numbers("runs").unwrap(), some([3.0; 6]));
    assert_eq!(table.numbers("n").unwrap(), some([3.0, 3.0, 3.0, 2.0, 3.0, 0.0]));
    assert_eq!(table.numbers("missing").unwrap(), some([0.0, 0.0, 0.0, 1.0, 0.0, 3.0]));
    // RPCNet reaches it in epochs 8 and 11: mean 9.5, sd = sqrt(2 * 1.5²) = 2.1213203; half the
    // interval is 12.7062047 * 2.1213203 / sqrt(2) = 19.0593071.
    let expected = [
        ("mean", 9.5),
        ("sd", 2.121_320_3),
        ("ci95_low", 9.5 - 19.059_307_1),
        ("ci95_high", 9.5 + 19.059_307_1),
        ("min", 8.0),
        ("max", 11.0),
    ];
    for (column, value) in expected {
        let numbers = table.numbers(column).unwrap();
        let found = numbers[3].unwrap();
        assert!((found - value).abs() < 1e-6, "{column} is {found}");
        assert_eq!(numbers[5], None, "{column} of what no run has");
    }
    assert_eq!(table.texts("seeds").unwrap()[0], "1, 2, 3");
    assert!(!table.views().csv.contains("NaN"));
}

#[test]
fn each_seed_has_its_own_rows() {
    let only = TabulateMeasuresParams {
        select: BTreeMap::from([("method".into(), "RPCNet".into())]),
        ..params()
    };
    let table: Table = run(&only).output("per_seed");
    insta::assert_snapshot!(table.terminal(), @r"
    Made-up numbers: each seed

    stage     seed   Hits  epochs to reach
    ──────────────────────────────────────
    learning  1     0.400            8.000
    learning  2     0.400                –
    learning  3     0.700           11.000
    ");
    assert_eq!(table.numbers("value").unwrap()[3], None);
}

#[test]
fn the_manifest_chooses_numbers_and_digits() {
    let one =
        TabulateMeasuresParams { measures: vec!["epochs_to_reach".into()], digits: 1, ..params() };
    let table: Table = run(&one).output("table");
    assert_eq!(table.len(), 3);
    let text = table.terminal();
    assert!(text.contains("9.5 ± 2.1 (2 of 3)") && !text.contains("Hits"), "{text}");
}

#[test]
fn what_nobody_measured_is_refused() {
    let of = |names: &[&str]| TabulateMeasuresParams {
        measures: names.iter().map(|name| (*name).to_owned()).collect(),
        ..params()
    };
    let select = TabulateMeasuresParams {
        select: BTreeMap::from([("method".into(), "ALE".into())]),
        ..params()
    };
    let rows = TabulateMeasuresParams { rows: vec!["stage".into()], ..params() };
    let twice = TabulateMeasures::check(&of(&["hits", "hits"])).unwrap_err().to_string();
    let digits = TabulateMeasures::check(&TabulateMeasuresParams { digits: 9, ..params() });
    let nothing = Bench::new().gathered("rows", "learning", trial(&[]), &Measures::default());
    let nothing = nothing.run::<TabulateMeasures>(&TabulateMeasuresParams::default());
    let said = [
        failure(&of(&["hit"])),
        failure(&of(&["reward"])),
        failure(&select),
        failure(&rows),
        twice,
        digits.unwrap_err().to_string(),
        nothing.err().unwrap().to_string(),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    parameter `measures`: no measurement has `hit`; did you mean `hits`?
    parameter `measures`: no measurement has `reward`; the measures are `hits`, `epochs_to_reach`
    parameter `select`: no measurement has `method=ALE`; check the labels
    parameter `rows`: the row `stage=learning` has two measurements of seed 1; add the axis that tells them apart, one of `stage`, `method`, or choose with `select`
    parameter `measures`: `hits` stands there twice
    parameter `digits`: is 9; expected at most 6
    the first measurement holds no number; name the `measures` to show
    ");
    TabulateMeasures::check(&TabulateMeasuresParams::default()).unwrap();
}

#[test]
fn an_axis_may_be_called_like_a_column() {
    let trial = trial(&[("missing", "parts"), ("seed", "1")]);
    let bench = Bench::new().gathered("rows", "learning", trial, &measures(0.5, None));
    let table: Table = bench.run::<TabulateMeasures>(&params()).unwrap().output("table");
    assert_eq!(table.texts("axis.missing").unwrap(), ["parts", "parts"]);
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let digests = run(&params()).digests();
    for threads in [1, 2, 4] {
        let again = bench().threads(threads).run::<TabulateMeasures>(&params()).unwrap();
        assert_eq!(again.digests(), digests);
    }
}
