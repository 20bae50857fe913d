use std::collections::BTreeMap;

use super::*;
use crate::id::TrialId;
use crate::stage::testing::Bench;
use crate::stages::fake;

/// T1 and S of a made-up evaluation.
fn evaluation(t1: f64, seen: f64) -> Evaluation {
    Evaluation { t1, seen, ..fake::evaluation(4, 2, 1) }
}

fn trial(labels: &[(&str, &str)]) -> TrialId {
    TrialId(labels.iter().map(|&(axis, label)| (axis.into(), label.into())).collect())
}

/// T1 of a method over the seeds 1, 2, …; S is 0.5 in all of them.
fn method(mut bench: Bench, name: &str, values: &[f64]) -> Bench {
    for (position, t1) in values.iter().enumerate() {
        let seed = (position + 1).to_string();
        let trial = trial(&[("method", name), ("seed", &seed)]);
        bench = bench.gathered("rows", "score", trial, &evaluation(*t1, 0.5));
    }
    bench
}

/// Three methods over three seeds. ALE is 1, 2 and 3 points above ESZSL, SAE 2 points below throughout.
fn bench() -> Bench {
    let bench = method(Bench::new(), "eszsl", &[0.30, 0.34, 0.29]);
    let bench = method(bench, "ale", &[0.31, 0.36, 0.32]);
    method(bench, "sae", &[0.28, 0.32, 0.27])
}

fn params() -> CompareParams {
    CompareParams {
        caption: "Made-up numbers".into(),
        metrics: vec![Metric::T1, Metric::Seen],
        between: "method".into(),
        headings: BTreeMap::from([("eszsl".into(), "ESZSL".into())]),
        ..CompareParams::default()
    }
}

fn run(bench: &Bench, params: &CompareParams) -> Table {
    bench.run::<Compare>(params).unwrap().output("table")
}

fn failure(bench: &Bench, params: &CompareParams) -> String {
    let failure = bench.run::<Compare>(params).err().unwrap().to_failure();
    match failure.help {
        Some(help) => format!("{}\n{help}", failure.message),
        None => failure.message,
    }
}

#[test]
fn a_table_shows_differences_tests_and_verdicts() {
    insta::assert_snapshot!(run(&bench(), &params()).views().markdown, @r"
    **Made-up numbers**

    | a   | b     | metric |   n |      a - b | 95 % from |   to |    p (t) | p (Wilcoxon) | verdict      |
    | :-- | :---- | :----- | --: | ---------: | --------: | ---: | -------: | -----------: | :----------- |
    | ale | ESZSL | T1     |   3 |  2.0 ± 1.0 |      -0.5 |  4.5 |    0.074 |        0.250 | within noise |
    | ale | ESZSL | S      |   3 |  0.0 ± 0.0 |       0.0 |  0.0 |    1.000 |        1.000 | within noise |
    | sae | ESZSL | T1     |   3 | -2.0 ± 0.0 |      -2.0 | -2.0 | \< 0.001 |        0.250 | b higher     |
    | sae | ESZSL | S      |   3 |  0.0 ± 0.0 |       0.0 |  0.0 |    1.000 |        1.000 | within noise |

    Differences a - b over n pairs of equal seed: mean ± standard deviation (n - 1), accuracies in points of percent.

    Two-sided p of the paired t test and of Wilcoxon's signed ranks; the verdict names a side where the 95 % interval by t, as printed, leaves out zero.

    Selected on: val-gzsl.

    Split: 5f3c9a1d77e0.
    ");
}

#[test]
fn a_claim_is_confirmed_refuted_or_lost_in_noise() {
    let claimed = |higher| {
        let claims = BTreeMap::from([("t1".to_owned(), higher)]);
        let table = run(&bench(), &CompareParams { claims, ..params() });
        table.texts("verdict").unwrap()
    };
    // ALE's interval holds zero; SAE is below ESZSL. S has no claim.
    assert_eq!(claimed(Side::A), ["within noise", "within noise", "refuted", "within noise"]);
    assert_eq!(claimed(Side::B)[2], "confirmed");
    let claims = BTreeMap::from([("unsen".to_owned(), Side::A)]);
    let message = failure(&bench(), &CompareParams { claims, ..params() });
    assert!(message.contains("`claims`: `unsen` is not compared"), "{message}");
}

#[test]
fn a_verdict_goes_by_the_interval_as_printed() {
    // Always to the same side, by .04 points.
    let bench = method(Bench::new(), "one", &[0.5, 0.6, 0.7]);
    let bench = method(bench, "other", &[0.5004, 0.6004, 0.7004]);
    let metrics = vec![Metric::T1];
    let verdict = |digits| {
        let params = CompareParams { digits, metrics: metrics.clone(), ..params() };
        run(&bench, &params).texts("verdict").unwrap()
    };
    assert_eq!(verdict(1), ["within noise"]);
    assert_eq!(verdict(2), ["a higher"]);
}

#[test]
fn tidy_rows_hold_what_a_pencil_says() {
    let table = run(&bench(), &params());
    assert_eq!(table.texts("a").unwrap(), ["ale", "ale", "sae", "sae"]);
    assert_eq!(table.texts("b").unwrap(), ["eszsl"; 4]);
    assert_eq!(table.texts("metric").unwrap(), ["t1", "seen", "t1", "seen"]);
    assert_eq!(table.texts("seeds").unwrap()[0], "1, 2, 3");
    // Differences 0.01 0.02 0.03: mean 0.02, sd 0.01, t = 2 sqrt(3) = 3.464102; with two degrees of
    // freedom p = 1 - t / sqrt(2 + t²) = 0.074180; half the interval is 4.302653 · 0.01 / sqrt(3).
    let expected = [
        ("n", 3.0),
        ("mean_a", 0.33),
        ("mean_b", 0.31),
        ("mean", 0.02),
        ("sd", 0.01),
        ("ci_low", 0.02 - 0.024_841_4),
        ("ci_high", 0.02 + 0.024_841_4),
        ("confidence", 0.95),
        ("t", 3.464_101_6),
        ("t_p", 0.074_179_9),
        ("wilcoxon_p", 0.25),
    ];
    for (column, value) in expected {
        let found = table.numbers(column).unwrap()[0].unwrap();
        assert!((found - value).abs() < 1e-7, "{column} is {found}");
    }
    // SAE is 0.02 below in every seed: no deviation, no t, p = 0.
    assert_eq!(table.numbers("sd").unwrap()[2], Some(0.0));
    assert_eq!(table.numbers("t").unwrap()[2], None);
    assert_eq!(table.numbers("t_p").unwrap()[2], Some(0.0));
    let verdicts = ["within noise", "within noise", "b higher", "within noise"];
    assert_eq!(table.texts("verdict").unwrap(), verdicts);
}

#[test]
fn exchanged_sides_flip_signs_and_keep_p() {
    let with = |a: &str, b: &str| {
        run(&bench(), &CompareParams { pairs: vec![[a.into(), b.into()]], ..params() })
    };
    let (one, other) = (with("ale", "sae"), with("sae", "ale"));
    let number = |table: &Table, column: &str| table.numbers(column).unwrap()[0].unwrap();
    for (column, mirrored) in [("mean", "mean"), ("t", "t"), ("ci_low", "ci_high")] {
        assert_eq!(number(&one, column), -number(&other, mirrored), "{column}");
    }
    for column in ["sd", "t_p", "wilcoxon_p"] {
        assert_eq!(number(&one, column), number(&other, column), "{column}");
    }
    assert_eq!(one.texts("verdict").unwrap()[0], "a higher");
    assert_eq!(other.texts("verdict").unwrap()[0], "b higher");
}

#[test]
fn a_single_pair_has_a_difference_and_empty_statistics() {
    let bench = method(method(Bench::new(), "eszsl", &[0.30]), "ale", &[0.31]);
    let table = run(&bench, &params());
    assert!((table.numbers("mean").unwrap()[0].unwrap() - 0.01).abs() < 1e-12);
    for column in ["sd", "ci_low", "ci_high", "t", "t_p", "wilcoxon_p"] {
        assert_eq!(table.numbers(column).unwrap(), [None, None], "{column}");
    }
    assert_eq!(table.texts("verdict").unwrap(), ["", ""]);
    assert!(!table.views().csv.contains("NaN"));
}

/// Evaluations of two stages along an axis that only the first varies along.
fn swept() -> Bench {
    let mut bench = Bench::new();
    for seed in ["1", "2"] {
        for (sigma, t1) in [("0.3", 0.4), ("0.5", 0.5)] {
            let trial = trial(&[("sigma", sigma), ("seed", seed)]);
            bench = bench.gathered("rows", "search", trial, &evaluation(t1, 0.5));
        }
        let trial = trial(&[("seed", seed)]);
        bench = bench.gathered("rows", "random", trial, &evaluation(0.3, 0.5));
    }
    bench
}

#[test]
fn other_axes_make_groups_and_what_does_not_vary_stands_in_each() {
    let params = CompareParams {
        pairs: vec![["search".into(), "random".into()]],
        metrics: vec![Metric::T1],
        ..CompareParams::default()
    };
    let table = run(&swept(), &params);
    assert_eq!(table.texts("sigma").unwrap(), ["0.3", "0.5"]);
    let means = table.numbers("mean").unwrap();
    assert!((means[0].unwrap() - 0.1).abs() < 1e-12 && (means[1].unwrap() - 0.2).abs() < 1e-12);
    assert_eq!(table.numbers("n").unwrap(), [Some(2.0), Some(2.0)]);
}

#[test]
fn pairs_may_agree_in_more_than_the_seed() {
    let params = CompareParams {
        between: "sigma".into(),
        paired_by: vec!["seed".into(), "method".into()],
        metrics: vec![Metric::T1],
        ..CompareParams::default()
    };
    let mut bench = Bench::new();
    for (method, t1) in [("a", 0.1), ("b", 0.2)] {
        for (sigma, more) in [("0.3", 0.0), ("0.5", 0.05)] {
            let trial = trial(&[("method", method), ("sigma", sigma), ("seed", "1")]);
            bench = bench.gathered("rows", "search", trial, &evaluation(t1 + more, 0.5));
        }
    }
    let table = run(&bench, &params);
    assert_eq!((table.len(), table.numbers("n").unwrap()[0]), (1, Some(2.0)));
    assert_eq!(table.texts("seeds").unwrap(), ["1/a, 1/b"]);
    assert_eq!(table.texts("a").unwrap(), ["0.5"]);
}

#[test]
fn seeds_of_one_side_only_are_named() {
    let bench = method(Bench::new(), "eszsl", &[0.3, 0.3, 0.3]);
    let trial = trial(&[("method", "ale"), ("seed", "7")]);
    let bench =
        method(bench, "ale", &[0.3]).gathered("rows", "score", trial, &evaluation(0.1, 0.1));
    insta::assert_snapshot!(failure(&bench, &params()), @r"
    `ale` and `eszsl` do not pair: only `ale` has seed=7, only `eszsl` has seed=2; seed=3
    a paired comparison needs the same runs on both sides; run those that are missing
    ");
}

#[test]
fn a_group_of_one_side_only_is_left_out_and_named() {
    let pairs = vec![["search".to_owned(), "greedy".to_owned()]];
    let headings = BTreeMap::from([("search".to_owned(), "Search".to_owned())]);
    let params = CompareParams { pairs, headings, ..CompareParams::default() };
    let greedy = |sigma: &str| {
        let [first, second] = ["1", "2"].map(|seed| trial(&[("sigma", sigma), ("seed", seed)]));
        let bench = swept().gathered("rows", "greedy", first, &evaluation(0.1, 0.1));
        bench.gathered("rows", "greedy", second, &evaluation(0.1, 0.1))
    };
    let table = run(&greedy("0.5"), &params);
    assert_eq!(table.texts("sigma").unwrap(), ["0.5"; 4]);
    let notes = &table.presentation().notes;
    let note = "Left out, as only one side was run: Search - greedy, 0.3.";
    assert!(notes.iter().any(|line| line == note), "{notes:?}");
    insta::assert_snapshot!(failure(&greedy("0.7"), &params), @r"
    `search` and `greedy` never meet: evaluations of the one have `sigma=0.3`, of the other `sigma=0.7`
    gather both for the same labels, or name other `pairs`
    ");
}

#[test]
fn axes_and_labels_that_nobody_has_are_refused() {
    let between = |axis: &str| CompareParams { between: axis.into(), ..params() };
    let pairs = CompareParams { pairs: vec![["ael".into(), "eszsl".into()]], ..params() };
    let paired_by = CompareParams { paired_by: vec!["fold".into()], ..params() };
    let partly = method(swept(), "ale", &[0.1]);
    let single = Bench::new().gathered("rows", "score", trial(&[]), &evaluation(0.1, 0.1));
    let said = [
        failure(&bench(), &between("metod")),
        failure(&bench(), &between("stage")),
        failure(&partly, &between("method")),
        failure(&bench(), &pairs),
        failure(&bench(), &paired_by),
        failure(&single, &CompareParams::default()),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    parameter `between`: no trial varies along `metod`; there are `stage`, `method`, `seed`
    parameter `between`: all evaluations have the label `score` on `stage`; expected an axis with at least two, of `method`, `seed`
    parameter `between`: `search@sigma=0.3,seed=1` does not vary along it; take that stage away, or compare along `stage`
    parameter `pairs`: no evaluation has `method=ael`; did you mean `ale`?
    parameter `paired_by`: no trial varies along `fold`; there are `stage`, `method`, `seed`
    parameter `between`: all evaluations have the label `score` on `stage`; gather at least two stages
    ");
}

#[test]
fn parameters_without_sense_are_refused() {
    let pair = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
    let wrong = [
        CompareParams { metrics: Vec::new(), ..params() },
        CompareParams { digits: 9, ..params() },
        CompareParams { confidence: 1.0, ..params() },
        CompareParams { confidence: f64::NAN, ..params() },
        CompareParams { pairs: vec![pair("ale", "ale")], ..params() },
        CompareParams { pairs: vec![pair("a", "b"), pair("b", "a")], ..params() },
        CompareParams { paired_by: Vec::new(), ..params() },
        CompareParams { paired_by: vec!["method".into()], ..params() },
        CompareParams { paired_by: vec!["seed".into(), "seed".into()], ..params() },
    ];
    let said: Vec<String> =
        wrong.iter().map(|params| Compare::check(params).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    parameter `metrics`: is empty; expected at least one
    parameter `digits`: is 9; expected at most 6
    parameter `confidence`: is 1; expected 0.5 to 0.9999
    parameter `confidence`: is NaN; expected 0.5 to 0.9999
    parameter `pairs`: `ale` is compared with itself; expected two labels
    parameter `pairs`: `b` and `a` are compared twice
    parameter `paired_by`: is empty; expected at least one axis, such as `seed`
    parameter `paired_by`: `method` is what is compared; pairs agree in other axes
    parameter `paired_by`: `seed` stands there twice
    ");
    Compare::check(&CompareParams::default()).unwrap();
}

#[test]
fn a_number_that_was_not_measured_is_refused_with_its_place() {
    let tie = CompareParams { metrics: vec![Metric::Tie], ..params() };
    insta::assert_snapshot!(failure(&bench(), &tie), @r"
    `tie` of `score@method=eszsl,seed=1` is NaN; expected a finite number
    connect a class tree to the input `tree` of the stage `evaluate`
    ");
}

#[test]
fn pairs_on_different_splits_and_peeking_are_stamped() {
    let on = |split: &str, peeked: bool| Evaluation {
        split: split.into(),
        peeked,
        ..evaluation(0.3, 0.5)
    };
    let bench = Bench::new()
        .gathered("rows", "score", trial(&[("method", "eszsl"), ("seed", "1")]), &on("one", false))
        .gathered("rows", "score", trial(&[("method", "ale"), ("seed", "1")]), &on("two", true));
    let table = run(&bench, &params());
    assert_eq!(table.texts("splits_differ").unwrap(), ["true", "true"]);
    assert_eq!(table.texts("split").unwrap()[0], "several: two, one");
    let text = table.terminal();
    assert!(text.contains("ale † ‡"), "{text}");
    assert!(text.contains("‡ the sides of a pair were measured on different splits"), "{text}");
}

#[test]
fn metrics_of_different_units_stand_in_one_column() {
    let params = CompareParams { metrics: vec![Metric::T1, Metric::Delta], ..params() };
    let mut bench = Bench::new();
    for (method, seed, delta) in
        [("ale", "1", 0.5), ("ale", "2", 0.75), ("sae", "1", 0.25), ("sae", "2", 0.375)]
    {
        let evaluation = Evaluation { delta, ..evaluation(0.3, 0.5) };
        let trial = trial(&[("method", method), ("seed", seed)]);
        bench = bench.gathered("rows", "score", trial, &evaluation);
    }
    let text = run(&bench, &params).terminal();
    // -0.25 and -0.375: mean -0.3125, sd 0.0884.
    assert!(text.contains("0.0 ± 0.0") && text.contains("-0.312 ± 0.088"), "{text}");
}

#[test]
fn an_axis_may_be_called_like_a_column() {
    let mut bench = Bench::new();
    for method in ["ale", "sae"] {
        let trial = trial(&[("method", method), ("mean", "class"), ("seed", "1")]);
        bench = bench.gathered("rows", "score", trial, &evaluation(0.3, 0.5));
    }
    assert_eq!(run(&bench, &params()).texts("axis.mean").unwrap(), ["class", "class"]);
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let digests = bench().run::<Compare>(&params()).unwrap().digests();
    for threads in [1, 2, 4] {
        let again = bench().threads(threads).run::<Compare>(&params()).unwrap();
        assert_eq!(again.digests(), digests);
    }
}
