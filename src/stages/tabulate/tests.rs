use std::collections::BTreeMap;

use super::*;
use crate::id::TrialId;
use crate::stage::testing::{Bench, Outcome};
use crate::stages::fake;

fn evaluation(t1: f64, seen: f64, peeked: bool) -> Evaluation {
    Evaluation {
        t1,
        seen,
        peeked,
        selected_on: if peeked { "test-peek-h" } else { "val-gzsl" }.into(),
        ..fake::evaluation(4, 2, 1)
    }
}

fn trial(labels: &[(&str, &str)]) -> TrialId {
    TrialId(labels.iter().map(|&(axis, label)| (axis.into(), label.into())).collect())
}

/// Two methods, one over three seeds and one selected on test in a single run.
fn bench() -> Bench {
    let mut bench = Bench::new();
    for (seed, t1) in [("1", 0.29), ("2", 0.30), ("3", 0.31)] {
        let trial = trial(&[("method", "eszsl"), ("seed", seed)]);
        bench = bench.gathered("rows", "score", trial, &evaluation(t1, 0.5, false));
    }
    let trial = trial(&[("method", "ale"), ("seed", "1")]);
    bench.gathered("rows", "score", trial, &evaluation(0.4, 0.25, true))
}

fn params() -> TabulateParams {
    TabulateParams {
        caption: "Made-up numbers".into(),
        metrics: vec![Metric::T1, Metric::Seen],
        headings: BTreeMap::from([("eszsl".into(), "ESZSL".into())]),
        chance: true,
        ..TabulateParams::default()
    }
}

fn run(params: &TabulateParams) -> Outcome {
    bench().run::<Tabulate>(params).unwrap()
}

#[test]
fn a_table_shows_spread_counts_and_stamps() {
    let table: Table = run(&params()).output("table");
    insta::assert_snapshot!(table.views().markdown, @r"
    **Made-up numbers**

    | method |   n |         T1 | chance T1 |          S | selected on | train images | test seen | test unseen |
    | :----- | --: | ---------: | --------: | ---------: | :---------- | -----------: | --------: | ----------: |
    | ESZSL  |   3 | 30.0 ± 1.0 |      50.0 | 50.0 ± 0.0 | val-gzsl    |          480 |       402 |         249 |
    | ale †  |   1 |       40.0 |      50.0 |       25.0 | test-peek-h |          480 |       402 |         249 |

    † selected on test

    Accuracies in percent: mean ± standard deviation (n - 1) over n seeds.

    Split: 5f3c9a1d77e0.
    ");
}

#[test]
fn tidy_rows_hold_the_statistics_of_three_seeds() {
    let table: Table = run(&params()).output("table");
    // 0.29, 0.30, 0.31: mean 0.30, sd = sqrt(2 * 0.0001 / 2) = 0.01, sd0 = sqrt(0.0002 / 3);
    // half the interval = 4.302653 * 0.01 / sqrt(3) = 0.0248414.
    let number = |column: &str| table.numbers(column).unwrap()[0].unwrap();
    let expected = [
        ("n", 3.0),
        ("mean", 0.30),
        ("sd", 0.01),
        ("sd0", 0.008_164_965_8),
        ("ci95_low", 0.30 - 0.024_841_4),
        ("ci95_high", 0.30 + 0.024_841_4),
        ("min", 0.29),
        ("max", 0.31),
        ("chance", 0.5),
        ("train_images", 480.0),
    ];
    for (column, value) in expected {
        assert!((number(column) - value).abs() < 1e-7, "{column} is {}", number(column));
    }
    assert_eq!(table.texts("seeds").unwrap()[0], "1, 2, 3");
    assert_eq!(table.texts("split").unwrap()[0], "5f3c9a1d77e0");
    assert_eq!(table.texts("peeked").unwrap(), ["false", "false", "true", "true"]);
    assert_eq!(table.numbers("sd").unwrap()[2], None);
}

#[test]
fn each_seed_has_its_own_rows() {
    let table: Table = run(&params()).output("per_seed");
    insta::assert_snapshot!(table.terminal(), @r"
    Made-up numbers: each seed

    method  seed    T1     S  train images  test seen  test unseen
    ──────────────────────────────────────────────────────────────
    ESZSL   1     29.0  50.0           480        402          249
    ESZSL   2     30.0  50.0           480        402          249
    ESZSL   3     31.0  50.0           480        402          249
    ale †   1     40.0  25.0           480        402          249

    † selected on test
    Accuracies in percent.
    ");
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let digests = run(&params()).digests();
    for threads in [1, 2, 4] {
        let again = bench().threads(threads).run::<Tabulate>(&params()).unwrap();
        assert_eq!(again.digests(), digests);
    }
}

#[test]
fn differing_splits_are_all_named() {
    let mut other = evaluation(0.2, 0.2, false);
    other.split = "another".into();
    let bench =
        bench().gathered("rows", "score", trial(&[("method", "eszsl"), ("seed", "4")]), &other);
    let table: Table = bench.run::<Tabulate>(&params()).unwrap().output("table");
    assert_eq!(table.texts("split").unwrap()[0], "several: 5f3c9a1d77e0, another");
    assert!(table.terminal().contains("5f3c9a1d77e0 and 1 more"), "{}", table.terminal());
}

#[test]
fn a_number_that_is_none_is_refused_with_its_place() {
    // JSON has no such number, so it cannot come from the store; the check stands all the same.
    let mut item = fake::item("score", &[("seed", "7")]);
    item.value.t1 = f64::NAN;
    let items = [item];
    let rows = group(&items, &[], &BTreeMap::new()).unwrap();
    let error = check_numbers(&rows, &[Metric::T1]).unwrap_err();
    insta::assert_snapshot!(error, @"`t1` of `score`, seed 7 is NaN; expected a finite number");
}

#[test]
fn an_axis_may_be_called_like_a_column() {
    let trial = trial(&[("split", "standard"), ("seed", "1")]);
    let bench = Bench::new().gathered("rows", "score", trial, &evaluation(0.1, 0.1, false));
    let outcome = bench.run::<Tabulate>(&params()).unwrap();
    for port in ["table", "per_seed"] {
        let table: Table = outcome.output(port);
        assert_eq!(table.texts("axis.split").unwrap()[0], "standard");
        assert_eq!(table.texts("split").unwrap()[0], "5f3c9a1d77e0");
        assert!(table.terminal().contains("standard"), "{}", table.terminal());
    }
}

#[test]
fn parameters_without_sense_are_refused() {
    let empty = TabulateParams { metrics: Vec::new(), ..params() };
    let twice = TabulateParams { metrics: vec![Metric::T1, Metric::T1], ..params() };
    let digits = TabulateParams { digits: 9, ..params() };
    for params in [empty, twice, digits] {
        assert!(matches!(Tabulate::check(&params), Err(StageError::Parameter { .. })));
    }
}

#[test]
fn calibration_errors_are_shares_and_a_tree_must_be_there() {
    let ece = TabulateParams { metrics: vec![Metric::Ece, Metric::EceDensity], ..params() };
    let table: Table = run(&ece).output("table");
    assert_eq!(table.texts("metric").unwrap()[..2], ["ece", "ece_density"]);
    let density = table.numbers("mean").unwrap()[1].unwrap();
    assert!((density - 0.18).abs() < 1e-12, "{density}");
    let tie = TabulateParams { metrics: vec![Metric::Tie], ..params() };
    let error = bench().run::<Tabulate>(&tie).err().unwrap();
    let failure = error.to_failure();
    let help = failure.help.unwrap();
    assert!(failure.message.starts_with("`tie` of `eszsl`"), "{}", failure.message);
    assert!(help.contains("connect a class tree"), "{help}");
}
