use super::super::tests::assert_readable;
use super::*;
use crate::artifact::{Drawing, Shape};
use crate::fs;
use crate::id::TrialId;
use crate::stage::GatheredItem;
use crate::stage::testing::Bench;

fn trial(labels: &[(&str, &str)]) -> TrialId {
    TrialId(labels.iter().map(|&(axis, label)| (axis.into(), label.into())).collect())
}

fn curves(hits: &[Option<f64>]) -> Curves {
    let mut curves = Curves::new(&["reward", "hits"]);
    hits.iter().for_each(|hits| curves.push(vec![Some(1.0), *hits]));
    curves
}

fn with(bench: Bench, method: &str, seed: &str, hits: &[Option<f64>]) -> Bench {
    let trial = trial(&[("method", method), ("seed", seed)]);
    bench.gathered("curves", "agent", trial, &curves(hits))
}

/// Two seeds of one method, the second a longer one, and one of another with a gap.
fn bench() -> Bench {
    let bench = with(Bench::new(), "RPCNet", "1", &[Some(0.2), Some(0.4), None]);
    let bench = with(bench, "RPCNet", "2", &[Some(0.4), None, None, Some(0.9)]);
    with(bench, "ERPCNet", "1", &[Some(0.3), None, Some(0.5), Some(0.7)])
}

fn params() -> PlotCurvesParams {
    PlotCurvesParams {
        curve: "hits".into(),
        title: Some("Made-up hits".into()),
        ..PlotCurvesParams::default()
    }
}

/// The drawing of what a bench gathered.
fn drawn(params: &PlotCurvesParams, items: &[(&str, &str, Vec<Option<f64>>)]) -> Drawing {
    let items: Vec<_> = items
        .iter()
        .map(|(method, seed, hits)| GatheredItem {
            stage: "agent".to_owned(),
            trial: trial(&[("method", method), ("seed", seed)]),
            value: curves(hits),
        })
        .collect();
    let rows = group(&items, &[], &BTreeMap::new()).unwrap();
    draw::sketch(params, &mean::means(&rows, &params.curve).unwrap()).unwrap().drawing
}

#[test]
fn a_table_holds_the_means_of_every_epoch_until_the_shortest_run_ends() {
    let table: Table = bench().run::<PlotCurves>(&params()).unwrap().output("table");
    let some = |numbers: &[f64]| numbers.iter().copied().map(Some).collect::<Vec<_>>();
    assert_eq!(table.numbers("epoch").unwrap(), some(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0]));
    assert_eq!(table.numbers("n").unwrap(), some(&[2.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0]));
    let means = table.numbers("mean").unwrap();
    assert!((means[0].unwrap() - 0.3).abs() < 1e-12);
    assert_eq!(means[1..3], [Some(0.4), None]);
    // 0.2 and 0.4: sd = sqrt(2 * 0.1²) = 0.1414214; one number has none.
    let deviations = table.numbers("sd").unwrap();
    assert!((deviations[0].unwrap() - 0.141_421_4).abs() < 1e-7);
    assert_eq!(deviations[1..], [None; 6]);
    insta::assert_snapshot!(table.terminal(), @r"
    Made-up hits

    method   n        epoch 1         epoch 2     epoch 3  epoch 4
    ──────────────────────────────────────────────────────────────
    RPCNet   2  0.300 ± 0.141  0.400 (1 of 2)  – (0 of 2)        –
    ERPCNet  1          0.300      – (0 of 1)       0.500    0.700

    Mean ± standard deviation (n - 1) over n runs.
    In brackets: how many of the runs have the number, where some lack it.
    A row ends where the shortest of its trainings ends.
    ");
}

/// 50 epochs of so many seeds around a rising curve.
fn rising(
    methods: &[&'static str],
    seeds: usize,
) -> Vec<(&'static str, &'static str, Vec<Option<f64>>)> {
    let names = ["1", "2", "3", "4", "5"];
    let mut items = Vec::new();
    for (position, method) in (0_u8..).zip(methods) {
        for (seed, name) in (0_u8..).zip(&names[..seeds]) {
            let hits = (0_u8..50).map(|epoch| {
                let (epoch, seed) = (f64::from(epoch), f64::from(seed));
                let wave = ((epoch * 7.0 + seed * 13.0) % 11.0 - 5.0) / 60.0;
                let slope = 1.0 / (6.0 + 8.0 * f64::from(position));
                Some((0.25 + 0.55 * epoch * slope / (1.0 + epoch * slope) + wave).min(1.0))
            });
            items.push((*method, *name, hits.collect()));
        }
    }
    items
}

const METHODS: [&str; 6] = [
    "robust, RPCNet",
    "robust, ERPCNet",
    "paper, to the letter, RPCNet",
    "paper, to the letter, ERPCNet",
    "paper, no end by sigma in training, RPCNet",
    "paper, no end by sigma in training, ERPCNet",
];

fn areas(drawing: &Drawing) -> usize {
    drawing.shapes().iter().filter(|shape| matches!(shape, Shape::Area { .. })).count()
}

#[test]
fn lines_have_bands_where_there_are_seeds_and_labels_are_apart() {
    for (methods, seeds) in [(1, 1), (2, 3), (6, 5)] {
        let drawing = drawn(&params(), &rising(&METHODS[..methods], seeds));
        assert_readable(&format!("{methods} methods, {seeds} seeds"), &drawing);
        assert_eq!(areas(&drawing), if seeds > 1 { methods } else { 0 });
    }
}

#[test]
fn a_gap_breaks_a_line_and_a_lone_number_is_a_point() {
    let gap = vec![Some(0.1), None, Some(0.3), Some(0.4)];
    let drawing = drawn(&params(), &[("RPCNet", "1", gap)]);
    let circles = drawing.shapes().iter().filter(|shape| matches!(shape, Shape::Circle { .. }));
    // A point has a rim.
    assert_eq!(circles.count(), 2);
    let single = drawn(&params(), &[("RPCNet", "1", vec![Some(0.5)])]);
    assert_readable("a single epoch", &single);
}

#[test]
fn bands_stay_above_zero_where_numbers_do() {
    let near = [("a", "1", vec![Some(0.0), Some(0.0)]), ("a", "2", vec![Some(1.0), Some(1.0)])];
    let drawing = drawn(&params(), &near);
    let bottom = drawing.shapes().iter().filter_map(|shape| match shape {
        Shape::Area { points, .. } => points.iter().map(|(_, y)| *y).reduce(f64::max),
        _ => None,
    });
    let lowest = bottom.fold(0.0, f64::max);
    let zero = drawing.texts().find(|text| text.content == "0.0").unwrap();
    assert!((zero.at.1 - lowest).abs() < 1e-9, "{} is not {lowest}", zero.at.1);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let failure = |params: PlotCurvesParams| {
        let failure = bench().run::<PlotCurves>(&params).err().unwrap().to_failure();
        format!("{}\n{}", failure.message, failure.help.unwrap_or_default())
    };
    let nothing = with(Bench::new(), "RPCNet", "1", &[None, None]);
    let nothing = nothing.run::<PlotCurves>(&params()).err().unwrap().to_failure();
    let said = [
        failure(PlotCurvesParams { curve: "hit".into(), ..params() }),
        failure(PlotCurvesParams { rows: vec!["stage".into()], ..params() }),
        failure(PlotCurvesParams { height: Some(170), ..params() }),
        nothing.message,
        nothing.help.unwrap(),
        PlotCurves::check(&PlotCurvesParams { width: Some(9), ..params() })
            .unwrap_err()
            .to_string(),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    parameter `curve`: there is no curve `hit`; did you mean `hits`?

    parameter `rows`: the row `stage=agent` has two trainings of seed 1; add the axis that tells them apart, one of `stage`, `method`, or choose with `select`

    parameter `height`: is 170 pixels; axes and legend need at least 308

    no training has a number on its curve `hits`
    choose another `curve`; some are measured only with optional inputs, as `hits` with `cells`
    parameter `width`: is 9 pixels; expected 240 to 2400
    ");
    PlotCurves::check(&PlotCurvesParams::default()).unwrap();
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    let once = bench().run::<PlotCurves>(&params()).unwrap();
    for threads in [1, 4] {
        let again = bench().threads(threads).run::<PlotCurves>(&params()).unwrap();
        assert_eq!(again.digests(), once.digests());
    }
    let figure: Figure = once.output("figure");
    assert!(
        figure.alt().starts_with("Made-up hits. Mean hits over epochs. RPCNet: 0.300 in epoch 1")
    );
    assert!(figure.png().len() > 2000);
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn pictures() {
    for (methods, seeds) in [(1, 1), (2, 3), (6, 5)] {
        let drawing = drawn(&params(), &rising(&METHODS[..methods], seeds));
        let figure = Figure::render(&drawing, "").unwrap();
        let path = std::env::temp_dir().join(format!("curves-{methods}-{seeds}.png"));
        fs::write_atomic(&path, figure.png()).unwrap();
    }
}
