use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::artifact::{Presentation, Table, Values};
use crate::data::samples::SampleIndex;
use crate::event::Signal;
use crate::formats::element::Element;
use crate::formats::npy::NpyWriter;
use crate::formats::safetensors::SafetensorsWriter;
use crate::stage::testing::{Bench, Outcome};

use super::*;

/// Three samples of two numbers.
const VALUES: [f64; 6] = [1.0, 2.5, -3.0, 4.0, 0.125, 6.0];
const SAMPLES: &str = "path,class,source\nc.jpg,wolf,zoo\na.jpg,ant,wild\nb.jpg,wolf,zoo\n";

fn npy(element: Element, shape: &[usize], values: &[f64]) -> Vec<u8> {
    let mut writer = NpyWriter::new(Vec::new(), element, shape).unwrap();
    writer.push(values).unwrap();
    writer.finish().unwrap()
}

fn npz(method: CompressionMethod, members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(format!("{name}.npy"), options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn safetensors(arrays: &[(&str, Element, &[usize])], values: &[f64]) -> Vec<u8> {
    let mut writer = SafetensorsWriter::new(Vec::new(), arrays).unwrap();
    let mut rest = values;
    for (_, _, shape) in arrays {
        let (block, after) = rest.split_at(shape.iter().product());
        writer.push(block).unwrap();
        rest = after;
    }
    writer.finish().unwrap()
}

/// Parameters that say nothing but where the features are.
fn params(features: &FileRef) -> ImportFeaturesParams {
    serde_json::from_value(serde_json::json!({ "features": features })).unwrap()
}

/// Imports features with the table of samples.
fn import(
    features: &[u8],
    samples: &str,
    change: impl FnOnce(&mut ImportFeaturesParams),
) -> Result<Outcome, StageError> {
    let mut bench = Bench::new();
    let mut params = params(&bench.file("features", features));
    params.samples = Some(bench.file("samples.csv", samples.as_bytes()));
    change(&mut params);
    bench.run::<ImportFeatures>(&params)
}

fn rows(outcome: &Outcome, tensor: &str) -> Vec<f32> {
    let features: Features = outcome.output("features");
    let view = features.tensor(Some(tensor)).unwrap();
    let mut rows = vec![0.0; view.width() * features.len()];
    for (sample, row) in rows.chunks_exact_mut(view.width()).enumerate() {
        view.read_row(sample, row);
    }
    rows
}

const EXPECTED: [f32; 6] = [1.0, 2.5, -3.0, 4.0, 0.125, 6.0];

#[test]
fn all_formats_give_the_same_features() {
    let array = npy(Element::F32, &[3, 2], &VALUES);
    let one = import(&array, SAMPLES, |params| params.columns = vec!["source".into()]).unwrap();
    assert_eq!(rows(&one, "features"), EXPECTED);
    let samples: Samples = one.output("samples");
    assert_eq!(samples.class_name(SampleIndex(0)), "wolf");
    assert_eq!(samples.name(SampleIndex(1)), "a.jpg");
    assert_eq!(samples.column("source").unwrap(), ["zoo", "wild", "zoo"]);

    let one = import(&array, SAMPLES, |_| ()).unwrap().digests();
    let double = import(&npy(Element::F64, &[3, 2], &VALUES), SAMPLES, |_| ()).unwrap();
    assert_eq!(double.digests(), one);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let named = npz(method, &[("features", array.clone())]);
        assert_eq!(import(&named, SAMPLES, |_| ()).unwrap().digests(), one, "{method}");
    }
    let tensors = safetensors(&[("features", Element::F32, &[3, 2])], &VALUES);
    assert_eq!(import(&tensors, SAMPLES, |_| ()).unwrap().digests(), one);
    let table = "f0,class,f1\n1,x,2.5\n-3,y,4\n0.125,z,6\n";
    let prefixed = |params: &mut ImportFeaturesParams| params.feature_prefix = Some("f".into());
    assert_eq!(import(table.as_bytes(), SAMPLES, prefixed).unwrap().digests(), one);
    assert_eq!(import(&parquet(), SAMPLES, prefixed).unwrap().digests(), one);
}

/// The table of the test above with names and classes, as parquet.
fn parquet() -> Vec<u8> {
    let texts = |texts: &[&str]| Values::Text(texts.iter().map(|text| (*text).into()).collect());
    let numbers =
        |at: usize| Values::Number((0..3).map(|row| Some(VALUES[2 * row + at])).collect());
    let columns = vec![
        ("path".to_owned(), texts(&["c.jpg", "a.jpg", "b.jpg"])),
        ("f0".to_owned(), numbers(0)),
        ("class".to_owned(), texts(&["wolf", "ant", "wolf"])),
        ("f1".to_owned(), numbers(1)),
    ];
    Table::new(columns, Presentation::default()).unwrap().views().parquet
}

#[test]
fn a_table_may_say_names_and_classes_itself() {
    let mut bench = Bench::new();
    let csv = "path,f0,class,f1\nc.jpg,1,wolf,2.5\na.jpg,-3,ant,4\nb.jpg,0.125,wolf,6\n";
    let mut digests = Vec::new();
    for bytes in [csv.as_bytes(), &parquet()] {
        let mut params = params(&bench.file("table", bytes));
        params.feature_columns = vec!["f1".into(), "f0".into()];
        params.name_column = Some("path".into());
        let outcome = bench.run::<ImportFeatures>(&params).unwrap();
        assert_eq!(rows(&outcome, "features"), [2.5, 1.0, 4.0, -3.0, 6.0, 0.125]);
        let samples: Samples = outcome.output("samples");
        assert_eq!(samples.of_class("wolf"), [SampleIndex(0), SampleIndex(2)]);
        assert_eq!(samples.name(SampleIndex(1)), "a.jpg");
        digests.push(outcome.digests());
    }
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn several_arrays_become_several_tensors() {
    let arrays: &[(&str, Element, &[usize])] =
        &[("map", Element::F32, &[3, 2, 1, 2]), ("pooled", Element::U8, &[3, 1])];
    let values: Vec<f64> = (1..=15).map(f64::from).collect();
    let bytes = safetensors(arrays, &values);
    let names = |params: &mut ImportFeaturesParams| {
        params.arrays = vec!["pooled".into(), "map".into()];
    };
    let outcome = import(&bytes, SAMPLES, names).unwrap();
    let features: Features = outcome.output("features");
    assert_eq!(features.tensors()[1].shape, [2, 1, 2]);
    assert_eq!(rows(&outcome, "pooled"), [13.0, 14.0, 15.0]);
    assert_eq!(rows(&outcome, "map")[4..8], [5.0, 6.0, 7.0, 8.0]);
    let error = import(&bytes, SAMPLES, |_| ()).err().unwrap().to_string();
    assert!(error.ends_with("features` holds 2 arrays: map, pooled"), "{error}");
    let error = import(&bytes, SAMPLES, |params| params.arrays = vec!["maps".into()]);
    let error = error.err().unwrap().to_string();
    assert!(error.ends_with("holds no array `maps`, only map, pooled"), "{error}");
}

/// Imports the features with these labels.
fn labelled(labels: &[u8], classes: &str, first_label: u16) -> Result<Samples, String> {
    let mut bench = Bench::new();
    let mut params = params(&bench.file("features.npy", &npy(Element::F32, &[3, 2], &VALUES)));
    params.labels = Some(bench.file("labels.npy", labels));
    params.classes = Some(bench.file("classes.txt", classes.as_bytes()));
    params.first_label = first_label;
    let outcome = bench.run::<ImportFeatures>(&params);
    outcome.map(|outcome| outcome.output("samples")).map_err(|error| error.to_string())
}

#[test]
fn labels_get_their_names_from_the_list() {
    let labels = npy(Element::I64, &[3], &[1.0, 0.0, 1.0]);
    let samples = labelled(&labels, "1 wolf\n2 ant\n", 0).unwrap();
    // The list is not sorted: label 1 is its second entry, not the second of the sorted classes.
    assert_eq!(samples.class_name(SampleIndex(0)), "ant");
    assert_eq!(samples.name(SampleIndex(2)), "2");
    // A permuted list with permuted labels is the same thing.
    let permuted = npy(Element::F64, &[3, 1], &[1.0, 2.0, 1.0]);
    assert_eq!(labelled(&permuted, "ant\nwolf\n", 1).unwrap(), samples);
    let wide = npy(Element::U8, &[1, 3], &[1.0, 0.0, 1.0]);
    assert_eq!(labelled(&wide, "wolf\nant\n", 0).unwrap(), samples);
}

#[test]
fn labels_that_cannot_be_name_their_row() {
    let message = |values: &[f64], first_label| {
        let labels = npy(Element::F64, &[values.len()], values);
        labelled(&labels, "wolf\nant\n", first_label).unwrap_err()
    };
    let beyond = message(&[0.0, 2.0, 1.0], 0);
    assert!(
        beyond.contains("labels.npy`: row 1 (counted from 0) is 2; expected 0 to 1"),
        "{beyond}"
    );
    assert!(message(&[0.0, 1.0, 1.0], 1).contains("row 0 (counted from 0) is 0; expected 1 to 2"));
    assert!(message(&[0.0, 0.5, 1.0], 0).contains("row 1 (counted from 0) is 0.5"));
    assert!(message(&[0.0, f64::NAN, 1.0], 0).contains("is NaN; expected"));
    assert!(message(&[0.0, 1.0], 0).contains("has 2 rows, but `"));
}

#[test]
fn numbers_that_are_none_are_refused_with_their_place() {
    let message = |values: &[f64]| {
        let features = npy(Element::F64, &[3, 2], values);
        import(&features, SAMPLES, |_| ()).err().unwrap().to_string()
    };
    let nan = message(&[1.0, 2.0, 3.0, f64::NAN, 5.0, 6.0]);
    let place = "features`: row 1, column 1 (counted from 0) is NaN, or no number at all";
    assert!(nan.contains(place), "{nan}");
    let large = message(&[1.0, 2.0, 3.0, 4.0, 1e300, 6.0]);
    assert!(large.contains("row 2, column 0 (counted from 0) is 1e300, too large for"), "{large}");
    assert!(message(&[f64::NEG_INFINITY; 6]).contains("is -inf; expected a finite number"));
    let table = "f0,f1\n1,2\n3,\n5,6\n";
    let prefixed = |params: &mut ImportFeaturesParams| params.feature_prefix = Some("f".into());
    let empty = import(table.as_bytes(), SAMPLES, prefixed).err().unwrap().to_string();
    assert!(empty.ends_with("line 3, column `f1`: `` is not a number"), "{empty}");
}

#[test]
fn rows_of_zeros_are_pointed_out() {
    let features = npy(Element::F32, &[3, 2], &[1.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    let outcome = import(&features, SAMPLES, |_| ()).unwrap();
    let is_warning = |signal: &Signal| matches!(signal, Signal::Warning { text } if text.starts_with("2 rows hold nothing but zeros"));
    assert!(outcome.signals.iter().any(is_warning), "{:?}", outcome.signals);
}

#[test]
fn tables_that_disagree_are_refused() {
    let array = npy(Element::F32, &[3, 2], &VALUES);
    let message = |features: &[u8], samples: &str, name: Option<&str>| {
        let change = |params: &mut ImportFeaturesParams| {
            params.name_column = name.map(str::to_owned);
            params.feature_columns = vec!["f0".into()];
        };
        import(features, samples, change).err().unwrap().to_string()
    };
    let short = message(&array, "path,class\na,ant\n", None);
    assert!(short.contains("samples.csv` has 1 rows, but `"), "{short}");
    assert!(short.ends_with("features` has 3"), "{short}");
    let order = message(&parquet(), &SAMPLES.replace("a.jpg", "x.jpg"), Some("path"));
    assert!(order.starts_with("row 1 (counted from 0) is `a.jpg` in `"), "{order}");
    let flat = message(&npy(Element::F32, &[3], &VALUES[..3]), SAMPLES, None);
    assert!(flat.ends_with("the shape is 3; expected [N, ...]"), "{flat}");
    let twice = message(&array, "path,class\na,ant\nb,ant\na,ant\n", None);
    assert!(twice.ends_with("line 4: the path `a` is on line 2 already"), "{twice}");
}

#[test]
fn parameters_that_contradict_each_other_are_refused() {
    let file = || Some(FileRef::new("x"));
    let message = |change: fn(&mut ImportFeaturesParams, Option<FileRef>)| {
        let mut params = params(&FileRef::new("features"));
        change(&mut params, file());
        check(&params).unwrap_err().to_string()
    };
    assert!(
        message(|params, file| {
            params.samples.clone_from(&file);
            params.labels = file;
        })
        .starts_with("parameter `labels`")
    );
    assert!(message(|params, file| params.labels = file).starts_with("parameter `classes`"));
    assert!(message(|params, file| params.classes = file).starts_with("parameter `classes`"));
    assert!(message(|params, file| params.names = file).starts_with("parameter `names`"));
    assert!(
        message(|params, _| params.arrays = vec!["a".into(), "a".into()])
            .contains("`a` is there twice")
    );
}

#[test]
fn a_large_array_is_read_in_blocks_that_fit_together() {
    // 70,000 rows of 64 doubles are more than one block.
    let (rows, width) = (70_000, 64);
    let value = |row: usize, column: usize| (row * 3 + column) as f64;
    let values: Vec<f64> =
        (0..rows).flat_map(|row| (0..width).map(move |column| value(row, column))).collect();
    let mut bench = Bench::new();
    let features = npy(Element::F32, &[rows, width], &values);
    let mut params = params(&bench.file("features.npy", &features));
    let labels: Vec<f64> = (0..rows).map(|row| (row % 2) as f64).collect();
    params.labels = Some(bench.file("labels.npy", &npy(Element::U8, &[rows], &labels)));
    params.classes = Some(bench.file("classes.txt", b"even\nodd\n"));
    let outcome = bench.run::<ImportFeatures>(&params).unwrap();
    let features: Features = outcome.output("features");
    let view = features.tensor(None).unwrap();
    let mut row = vec![0.0; width];
    for sample in [0, 65_535, 65_536, 69_999] {
        view.read_row(sample, &mut row);
        assert_eq!(row[5], value(sample, 5) as f32, "{sample}");
    }
}

#[test]
fn threads_change_nothing() {
    let mut digests = Vec::new();
    for threads in [1, 2, 4] {
        let mut bench = Bench::new().threads(threads);
        let mut params = params(&bench.file("table", &parquet()));
        params.feature_columns = vec!["f0".into()];
        params.feature_prefix = Some("f1".into());
        digests.push(bench.run::<ImportFeatures>(&params).unwrap().digests());
    }
    assert!(digests.iter().all(|other| *other == digests[0]));
}
