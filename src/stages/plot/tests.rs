use super::attributes::{PlotAttributes, PlotAttributesParams};
use super::*;
use crate::artifact::Shape;
use crate::data::attributes::{AttributeNorm, Attributes};
use crate::fs;
use crate::id::TrialId;
use crate::stage::GatheredItem;
use crate::stage::testing::Bench;
use crate::stages::fake;

const KINDS: [FigureKind; 6] = [
    FigureKind::Bars,
    FigureKind::Calibration,
    FigureKind::Confusion,
    FigureKind::PerClass,
    FigureKind::Reliability,
    FigureKind::SeenUnseen,
];

fn params(figure: FigureKind) -> PlotParams {
    PlotParams {
        figure,
        title: None,
        rows: Vec::new(),
        select: BTreeMap::new(),
        metrics: default_metrics(),
        headings: BTreeMap::new(),
        width: None,
        height: None,
    }
}

/// Evaluations of `methods` on so many seen and unseen classes over three seeds.
fn items(methods: &[&str], seen: usize, unseen: usize) -> Vec<GatheredItem<Evaluation>> {
    let mut items = Vec::new();
    for (position, method) in (0_u64..).zip(methods) {
        for seed in 1..=3 {
            let mut value = fake::evaluation(seen, unseen, 10 * position + seed);
            value.peeked = position == 1;
            let labels = vec![
                ("method".to_owned(), (*method).to_owned()),
                ("seed".to_owned(), seed.to_string()),
            ];
            items.push(GatheredItem { stage: "score".into(), trial: TrialId(labels), value });
        }
    }
    items
}

fn drawn(params: &PlotParams, items: &[GatheredItem<Evaluation>]) -> Sketch {
    let rows = group(items, &params.rows, &params.select).unwrap();
    sketch(params, &rows).unwrap()
}

fn methods_of(kind: FigureKind) -> &'static [&'static str] {
    match kind {
        FigureKind::Bars | FigureKind::SeenUnseen => {
            &["eszsl", "ale with a rather long name, gamma=0.001", "linear"]
        }
        _ => &["eszsl"],
    }
}

/// All labels on the page, and no two on each other.
pub(super) fn assert_readable(name: &str, drawing: &Drawing) {
    let texts: Vec<_> = drawing.texts().collect();
    for (position, text) in texts.iter().enumerate() {
        let bounds = text.bounds();
        assert!(drawing.page().contains(&bounds), "{name}: `{}` leaves the page", text.content);
        for other in &texts[..position] {
            let is_clear = !bounds.overlaps(&other.bounds());
            assert!(is_clear, "{name}: `{}` lies on `{}`", text.content, other.content);
        }
    }
    for shape in drawing.shapes() {
        if let Shape::Line { points, .. } | Shape::Area { points, .. } = shape {
            for &(x, y) in points {
                let page = drawing.page();
                assert!(x >= 0.0 && x <= page.right && y >= 0.0 && y <= page.bottom, "{name}");
            }
        }
    }
}

#[test]
fn labels_of_every_figure_are_whole_and_apart() {
    for kind in KINDS {
        for (seen, unseen) in [(3, 2), (1, 1), (40, 10), (150, 50)] {
            let sketch = drawn(&params(kind), &items(methods_of(kind), seen, unseen));
            assert_readable(&format!("{kind:?} of {seen} + {unseen}"), &sketch.drawing);
            assert!(sketch.alt.len() > 20, "{}", sketch.alt);
        }
    }
}

#[test]
fn many_rows_stay_readable() {
    let names: Vec<String> = (0..24).map(|row| format!("method-{row}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for kind in [FigureKind::Bars, FigureKind::SeenUnseen] {
        let sketch = drawn(&params(kind), &items(&names, 6, 3));
        assert_readable(&format!("{kind:?}"), &sketch.drawing);
    }
}

#[test]
fn a_single_run_needs_no_spread() {
    for kind in KINDS {
        let mut items = items(&["eszsl"], 4, 2);
        items.truncate(1);
        assert_readable(&format!("{kind:?}"), &drawn(&params(kind), &items).drawing);
    }
}

#[test]
fn a_result_selected_on_test_is_stamped() {
    for kind in KINDS {
        let mut items = items(&["eszsl", "ale"], 4, 2);
        items.drain(..3);
        let sketch = drawn(&params(kind), &items);
        let texts: Vec<&str> = sketch.drawing.texts().map(|text| text.content.as_str()).collect();
        assert!(texts.contains(&"† selected on test"), "{kind:?}: {texts:?}");
    }
}

#[test]
fn runs_and_threads_give_equal_bytes() {
    for kind in KINDS {
        let mut bench = Bench::new();
        for item in items(methods_of(kind), 4, 2) {
            bench = bench.gathered("evaluations", &item.stage, item.trial, &item.value);
        }
        let once = bench.run::<Plot>(&params(kind)).unwrap();
        let bench = bench.threads(4);
        assert_eq!(bench.run::<Plot>(&params(kind)).unwrap().digests(), once.digests());
        let figure: Figure = once.output("figure");
        assert!(figure.svg().starts_with("<svg ") && figure.png().len() > 2000);
    }
}

#[test]
fn a_figure_of_one_row_asks_for_a_selection() {
    let items = items(&["eszsl", "ale"], 4, 2);
    let rows = group(&items, &[], &BTreeMap::new()).unwrap();
    let error = sketch(&params(FigureKind::Confusion), &rows).err().unwrap();
    insta::assert_snapshot!(error, @r#"parameter `select`: this figure shows one row, but there are 2: eszsl; ale; choose one, as in `select = { method = "eszsl" }`"#);
}

#[test]
fn a_page_that_is_too_small_is_refused_with_the_size_it_needs() {
    let items = items(&["eszsl"], 40, 10);
    let rows = group(&items, &[], &BTreeMap::new()).unwrap();
    let small = PlotParams { height: Some(300), ..params(FigureKind::PerClass) };
    let error = sketch(&small, &rows).err().unwrap().to_string();
    assert!(error.starts_with("parameter `height`: is 300 pixels; 50 classes need at least"));
    let narrow = PlotParams { width: Some(300), ..params(FigureKind::Confusion) };
    let error = sketch(&narrow, &rows).err().unwrap().to_string();
    assert!(error.starts_with("parameter `width`: is 300 pixels; 50 classes need at least"));
}

fn attribute_table(classes: usize, attributes: usize) -> Attributes {
    let names = |stem: &str, count: usize| (0..count).map(|at| format!("{stem} {at}")).collect();
    let row = |class: usize| (0..attributes).map(|a| ((class * 7 + a * 3) % 11) as f64).collect();
    let rows = (0..classes).map(row).collect();
    let (classes, names) = (names("class", classes), names("attribute", attributes));
    Attributes::new(classes, names, rows, AttributeNorm::None).unwrap()
}

#[test]
fn attributes_are_readable_in_small_and_large_maps() {
    for (classes, attributes) in [(2, 3), (50, 85), (200, 312), (1, 1)] {
        let table = attribute_table(classes, attributes);
        let sketch = attributes::sketch(&PlotAttributesParams::default(), &table).unwrap();
        assert_readable(&format!("{classes} by {attributes}"), &sketch.drawing);
    }
}

#[test]
fn a_map_shows_the_classes_that_are_asked_for_and_runs_give_equal_bytes() {
    let bench = Bench::new().input("attributes", &attribute_table(3, 2));
    let params = PlotAttributesParams {
        classes: vec!["class 2".into()],
        headings: BTreeMap::from([("class 2".into(), "owl".into())]),
        ..PlotAttributesParams::default()
    };
    let once = bench.run::<PlotAttributes>(&params).unwrap();
    let again = bench.threads(4).run::<PlotAttributes>(&params).unwrap();
    assert_eq!(once.digests(), again.digests());
    let figure: Figure = once.output("figure");
    assert!(figure.svg().contains("owl") && !figure.svg().contains("class 0"));
    let unknown = PlotAttributesParams { classes: vec!["fox".into()], ..params };
    let error = attributes::sketch(&unknown, &attribute_table(3, 2)).err().unwrap();
    assert_eq!(error.to_string(), "parameter `classes`: class `fox` has no attributes");
}

#[test]
fn calibration_is_no_bar() {
    let params = PlotParams { metrics: vec![Metric::Delta], ..params(FigureKind::Bars) };
    assert!(Plot::check(&params).is_err());
}

#[test]
#[ignore = "writes pictures for people to look at"]
fn pictures_of_every_kind() {
    let folder = std::env::temp_dir();
    for kind in KINDS {
        for (seen, unseen) in [(3, 2), (40, 10), (150, 50)] {
            let sketch = drawn(&params(kind), &items(methods_of(kind), seen, unseen));
            let figure = Figure::render(&sketch.drawing, sketch.alt).unwrap();
            let name = format!("figure-{kind:?}-{}", seen + unseen);
            fs::write_atomic(&folder.join(format!("{name}.png")), figure.png()).unwrap();
            let svg = figure.svg().as_bytes();
            fs::write_atomic(&folder.join(format!("{name}.svg")), svg).unwrap();
        }
    }
    for (classes, attributes) in [(10, 12), (50, 85), (200, 312)] {
        let table = attribute_table(classes, attributes);
        let sketch = attributes::sketch(&PlotAttributesParams::default(), &table).unwrap();
        let figure = Figure::render(&sketch.drawing, sketch.alt).unwrap();
        let name = format!("figure-attributes-{classes}.png");
        fs::write_atomic(&folder.join(name), figure.png()).unwrap();
    }
}
