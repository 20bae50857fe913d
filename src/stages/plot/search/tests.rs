use super::*;
use crate::artifact::{Presentation, Values};
use crate::fs;
use crate::stage::testing::Bench;
use crate::stages::plot::tests::assert_readable;

/// Made-up tidy rows of methods along a place: deviations only where there are several seeds.
fn table(place: &str, places: &[Option<f64>], metrics: &[&str], methods: usize, n: usize) -> Table {
    let mut columns: [(Vec<String>, Vec<Option<f64>>); 2] = Default::default();
    let (mut means, mut spreads) = (Vec::new(), Vec::new());
    let mut offset = 0.0;
    for method in 0..methods {
        offset += 0.05;
        for at in places {
            for metric in metrics {
                columns[0].0.push(format!("method {method}"));
                columns[0].1.push(*at);
                columns[1].0.push((*metric).to_owned());
                let grown = at.unwrap_or(9.0) / 20.0;
                means.push(Some(if metric.starts_with("steps") {
                    1.0 + grown
                } else {
                    grown + offset
                }));
                spreads.push((n > 1).then_some(0.03));
            }
        }
    }
    let rows = means.len();
    let [(names, at), (metric, _)] = columns;
    let columns = [
        ("method", Values::Text(names)),
        (place, Values::Number(at)),
        ("metric", Values::Text(metric)),
        ("n", Values::Count(vec![n; rows])),
        ("mean", Values::Number(means)),
        ("sd", Values::Number(spreads)),
    ];
    let columns = columns.map(|(name, values)| (name.to_owned(), values)).into();
    Table::new(columns, Presentation::default()).unwrap()
}

fn tables(methods: usize, n: usize) -> [(SearchFigure, Table); 3] {
    let accuracies = ["t1", "harmonic", "steps", "steps_zero_shot"];
    let sigmas: Vec<Option<f64>> =
        (1..=20).map(|at| Some(f64::from(at) / 10.0)).chain([None]).collect();
    let steps: Vec<Option<f64>> = (0..=6).map(|at| Some(f64::from(at))).collect();
    [
        (SearchFigure::Sigma, table("sigma", &sigmas, &accuracies, methods, n)),
        (SearchFigure::Steps, table("looks", &steps, &accuracies, methods, n)),
        (SearchFigure::Stops, table("step", &steps, &["stops", "stops_zero_shot"], methods, n)),
    ]
}

fn params(figure: SearchFigure) -> PlotSearchParams {
    PlotSearchParams {
        figure,
        title: None,
        metrics: vec![Metric::T1],
        candidates: Candidates::ZeroShot,
        select: BTreeMap::new(),
        headings: BTreeMap::new(),
        width: None,
        height: None,
    }
}

#[test]
fn labels_of_every_figure_are_whole_and_apart() {
    for (methods, n) in [(1, 1), (2, 10), (9, 3)] {
        for (figure, table) in tables(methods, n) {
            let sketch = sketch(&params(figure), &table).unwrap();
            assert_readable(&format!("{figure:?} of {methods}"), &sketch.drawing);
            assert!(sketch.alt.contains("method 0"), "{}", sketch.alt);
        }
    }
}

#[test]
fn lines_are_rows_and_metrics_and_leave_out_the_end_without_a_threshold() {
    let [(_, table), ..] = tables(2, 3);
    let two = PlotSearchParams {
        metrics: vec![Metric::T1, Metric::Harmonic],
        headings: BTreeMap::from([("method 0".into(), "ERPCNet".into())]),
        ..params(SearchFigure::Sigma)
    };
    let metrics = [("t1", "T1"), ("harmonic", "H")];
    let wanted = Wanted { port: "sigma", place: "sigma", metrics: &metrics };
    let lines = series(&two, &table, &wanted).unwrap();
    let labels: Vec<&str> = lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["ERPCNet, T1", "ERPCNet, H", "method 1, T1", "method 1, H"]);
    assert!(lines.iter().all(|line| line.places.len() == 20 && line.seeds == 3));
    let place = lines[2].places[4];
    assert!((place.at, place.sd) == (0.5, Some(0.03)) && (place.mean - 0.125).abs() < 1e-12);

    let select = BTreeMap::from([("method".to_owned(), "method 1".to_owned())]);
    let one = series(&PlotSearchParams { select, ..two.clone() }, &table, &wanted).unwrap();
    assert_eq!(one.len(), 2);
    let select = BTreeMap::from([("method".to_owned(), "method 7".to_owned())]);
    let none = series(&PlotSearchParams { select, ..two }, &table, &wanted).err().unwrap();
    assert_eq!(none.to_string(), "parameter `select`: no row of the table has these labels");
}

#[test]
fn what_does_not_vary_along_a_selected_axis_is_shown() {
    let text = |words: [&str; 3]| Values::Text(words.map(str::to_owned).to_vec());
    let columns = [
        ("stage", text(["see", "see", "see_random"])),
        ("profile", text(["paper", "robust", "–"])),
        ("looks", Values::Number(vec![Some(1.0); 3])),
        ("metric", text(["t1"; 3])),
        ("n", Values::Count(vec![1; 3])),
        ("mean", Values::Number(vec![Some(0.5); 3])),
        ("sd", Values::Number(vec![None; 3])),
    ];
    let columns = columns.map(|(name, values)| (name.to_owned(), values)).into();
    let table = Table::new(columns, Presentation::default()).unwrap();
    let wanted = Wanted { port: "steps", place: "looks", metrics: &[("t1", "T1")] };
    let select = BTreeMap::from([("profile".to_owned(), "robust".to_owned())]);
    let shown = PlotSearchParams { select, ..params(SearchFigure::Steps) };
    let lines = series(&shown, &table, &wanted).unwrap();
    let labels: Vec<&str> = lines.iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["see, robust", "see_random"]);
}

#[test]
fn another_table_is_refused_with_the_one_that_is_needed() {
    let [(_, sigma), _, (_, stops)] = tables(1, 1);
    let error = |figure, table| sketch(&params(figure), table).err().unwrap().to_string();
    assert_eq!(error(SearchFigure::Steps, &sigma), "the table has no places along `looks`");
    assert_eq!(error(SearchFigure::Sigma, &stops), "the table has no places along `sigma`");
    for bad in [
        PlotSearchParams { metrics: vec![], ..params(SearchFigure::Sigma) },
        PlotSearchParams { metrics: vec![Metric::Ece], ..params(SearchFigure::Sigma) },
        PlotSearchParams { height: Some(90), ..params(SearchFigure::Stops) },
    ] {
        assert!(matches!(PlotSearch::check(&bad), Err(StageError::Parameter { .. })));
    }
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    for (figure, table) in tables(2, 3) {
        let run = |threads| {
            let bench = Bench::new().threads(threads).input("table", &table);
            bench.run::<PlotSearch>(&params(figure)).unwrap().digests()
        };
        assert_eq!(run(1), run(4));
    }
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn pictures_of_every_kind() {
    let folder = std::env::temp_dir();
    for (methods, n) in [(1, 1), (3, 10), (6, 5)] {
        for (figure, table) in tables(methods, n) {
            let sketch = sketch(&params(figure), &table).unwrap();
            let name = format!("figure-search-{figure:?}-{methods}.png");
            let figure = Figure::render(&sketch.drawing, sketch.alt).unwrap();
            fs::write_atomic(&folder.join(name), figure.png()).unwrap();
        }
    }
}
