use super::*;
use crate::id::TrialId;
use crate::stage::testing::Bench;

fn trial(labels: &[(&str, &str)]) -> TrialId {
    TrialId(labels.iter().map(|&(axis, label)| (axis.into(), label.into())).collect())
}

/// Two methods over four seeds. ERPCNet hits 0.1, 0.2, 0.3 and 0.2 more; of the seeds in which both
/// reach the goal, 1 and 4, it is 2 and 4 epochs faster.
fn bench() -> Bench {
    let mut bench = Bench::new();
    for (method, runs) in [
        ("RPCNet", [(0.3, Some(6.0)), (0.3, None), (0.3, Some(7.0)), (0.4, Some(8.0))]),
        ("ERPCNet", [(0.4, Some(4.0)), (0.5, Some(9.0)), (0.6, None), (0.6, Some(4.0))]),
    ] {
        for (seed, (hits, epoch)) in (1..).zip(runs) {
            let mut measures = Measures::default();
            measures.push("hits", Some(hits));
            measures.push("epochs_to_reach", epoch);
            measures.push("epochs_to_end", None);
            let trial = trial(&[("method", method), ("seed", &format!("{seed}"))]);
            bench = bench.gathered("rows", "learning", trial, &measures);
        }
    }
    bench
}

fn params() -> CompareMeasuresParams {
    CompareMeasuresParams {
        caption: "Made-up numbers".into(),
        between: "method".into(),
        headings: BTreeMap::from([
            ("RPCNet".into(), "RPC".into()),
            ("metric=n".into(), "net size".into()),
        ]),
        ..CompareMeasuresParams::default()
    }
}

fn run(params: &CompareMeasuresParams) -> Table {
    bench().run::<CompareMeasures>(params).unwrap().output("table")
}

#[test]
fn pairs_that_lack_a_number_are_left_out_and_counted() {
    insta::assert_snapshot!(run(&params()).views().markdown, @r"
    **Made-up numbers**

    | a       | b   | metric          |   n |          a - b | 95 % from |    to | p (t) | p (Wilcoxon) | verdict      |
    | :------ | :-- | :-------------- | --: | -------------: | --------: | ----: | ----: | -----------: | :----------- |
    | ERPCNet | RPC | hits            |   4 |  0.200 ± 0.082 |     0.070 | 0.330 | 0.016 |        0.125 | a higher     |
    | ERPCNet | RPC | epochs to reach |   2 | -3.000 ± 1.414 |   -15.706 | 9.706 | 0.205 |        0.500 | within noise |
    | ERPCNet | RPC | epochs to end   |   0 |              – |         – |     – |     – |            – | –            |

    Differences a - b over n pairs of equal seed: mean ± standard deviation (n - 1).

    Two-sided p of the paired t test and of Wilcoxon's signed ranks; the verdict names a side where the 95 % interval by t, as printed, leaves out zero.

    Pairs of which a side lacks the number are left out: epochs to reach of ERPCNet - RPC: 2 of 4; epochs to end of ERPCNet - RPC: 4 of 4.
    ");
}

#[test]
fn tidy_rows_hold_what_a_pencil_says_of_whole_pairs() {
    let table = run(&params());
    assert_eq!(table.texts("a").unwrap(), ["ERPCNet"; 3]);
    assert_eq!(table.texts("metric").unwrap(), ["hits", "epochs_to_reach", "epochs_to_end"]);
    assert_eq!(table.texts("seeds").unwrap(), ["1, 2, 3, 4", "1, 4", ""]);
    assert_eq!(table.numbers("n").unwrap(), [Some(4.0), Some(2.0), Some(0.0)]);
    assert_eq!(table.numbers("left_out").unwrap(), [Some(0.0), Some(2.0), Some(4.0)]);
    // 0.1 0.2 0.3 0.2: mean 0.2, sd = sqrt(0.02 / 3) = 0.0816497, t = 0.2 / (sd / 2) = 4.8989795.
    // Epochs -2 -4: mean -3, sd = sqrt(2), t = -3; with one degree of freedom
    // p = 2 atan(1/3) / pi = 0.2048328.
    let expected = [
        ("mean", [0.2, -3.0]),
        ("sd", [0.081_649_7, 2.0_f64.sqrt()]),
        ("t", [4.898_979_5, -3.0]),
        ("mean_a", [0.525, 4.0]),
        ("mean_b", [0.325, 7.0]),
    ];
    for (column, values) in expected {
        let found = table.numbers(column).unwrap();
        for (found, value) in found.iter().zip(values) {
            assert!((found.unwrap() - value).abs() < 1e-6, "{column} is {found:?}");
        }
        assert_eq!(found[2], None, "{column} without a pair");
    }
    let p = table.numbers("t_p").unwrap()[1].unwrap();
    assert!((p - 0.204_832_8).abs() < 1e-6, "{p}");
    assert_eq!(table.texts("verdict").unwrap(), ["a higher", "within noise", ""]);
    assert!(!table.views().csv.contains("NaN"));
}

#[test]
fn a_number_may_be_called_like_a_column() {
    let mut bench = Bench::new();
    for (method, number) in [("RPCNet", 1.0), ("ERPCNet", 3.0)] {
        let mut measures = Measures::default();
        measures.push("n", Some(number));
        let trial = trial(&[("method", method), ("seed", "1")]);
        bench = bench.gathered("rows", "learning", trial, &measures);
    }
    let table: Table = bench.run::<CompareMeasures>(&params()).unwrap().output("table");
    assert_eq!(table.numbers("n").unwrap(), [Some(1.0)]);
    let text = table.terminal();
    assert!(text.contains("metric    n") && text.contains("net size  1  2.000"), "{text}");
}

#[test]
fn other_axes_make_groups_that_the_note_names() {
    let mut bench = Bench::new();
    for profile in ["robust", "paper"] {
        for (method, hits) in [("RPCNet", Some(0.5)), ("ERPCNet", None)] {
            let mut measures = Measures::default();
            measures.push("hits", hits.filter(|_| profile == "paper"));
            let trial = trial(&[("profile", profile), ("method", method), ("seed", "1")]);
            bench = bench.gathered("rows", "learning", trial, &measures);
        }
    }
    let table: Table = bench.run::<CompareMeasures>(&params()).unwrap().output("table");
    assert_eq!(table.texts("profile").unwrap(), ["robust", "paper"]);
    let text = table.terminal();
    let note = "hits of ERPCNet - RPC, robust: 1 of 1; hits of ERPCNet - RPC, paper: 1 of 1.";
    assert!(text.contains(note), "{text}");
}

#[test]
fn wrong_names_and_labels_are_refused() {
    let failure = |params: CompareMeasuresParams| {
        bench().run::<CompareMeasures>(&params).err().unwrap().to_string()
    };
    let pair = |a: &str, b: &str| vec![[a.to_owned(), b.to_owned()]];
    let check =
        |params: CompareMeasuresParams| CompareMeasures::check(&params).unwrap_err().to_string();
    let said = [
        failure(CompareMeasuresParams { measures: vec!["hit".into()], ..params() }),
        failure(CompareMeasuresParams { pairs: pair("ERPC", "RPCNet"), ..params() }),
        failure(CompareMeasuresParams { between: "stage".into(), ..params() }),
        check(CompareMeasuresParams { measures: vec!["a".into(), "a".into()], ..params() }),
        check(CompareMeasuresParams { digits: 7, ..params() }),
        check(CompareMeasuresParams { confidence: 0.1, ..params() }),
        check(CompareMeasuresParams { pairs: pair("a", "a"), ..params() }),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    parameter `measures`: no measurement has `hit`; did you mean `hits`?
    parameter `pairs`: no measurement has `method=ERPC`; did you mean `ERPCNet`?
    parameter `between`: all measurements have the label `learning` on `stage`; expected an axis with at least two, of `method`, `seed`
    parameter `measures`: `a` stands there twice
    parameter `digits`: is 7; expected at most 6
    parameter `confidence`: is 0.1; expected 0.5 to 0.9999
    parameter `pairs`: `a` is compared with itself; expected two labels
    ");
    CompareMeasures::check(&CompareMeasuresParams::default()).unwrap();
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let digests = bench().run::<CompareMeasures>(&params()).unwrap().digests();
    for threads in [1, 2, 4] {
        let again = bench().threads(threads).run::<CompareMeasures>(&params()).unwrap();
        assert_eq!(again.digests(), digests);
    }
}
