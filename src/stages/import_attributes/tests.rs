use std::path::PathBuf;

use crate::formats::element::Element;
use crate::formats::npy::NpyWriter;
use crate::fs;
use crate::stage::testing::{Bench, Outcome};

use super::*;

const CLASSES: &[u8] = b"     1\tant\n     2\tgiant+bee\n";
const NAMES: &[u8] = b"     1\tlegs\n     2\twings\n";

fn import(matrix: &[u8], norm: AttributeNorm) -> Result<Outcome, StageError> {
    let mut bench = Bench::new();
    let params = ImportAttributesParams {
        classes: Some(bench.file("classes.txt", CLASSES)),
        names: Some(bench.file("predicates.txt", NAMES)),
        matrix: bench.file("matrix.txt", matrix),
        array: None,
        norm,
    };
    bench.run::<ImportAttributes>(&params)
}

fn npy(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let mut writer = NpyWriter::new(Vec::new(), Element::F32, shape).unwrap();
    writer.push(values).unwrap();
    writer.finish().unwrap()
}

/// A matrix with a list of classes and nothing else.
fn listed(classes: &str, matrix: &[u8]) -> Result<Attributes, String> {
    let mut bench = Bench::new();
    let params = ImportAttributesParams {
        classes: Some(bench.file("list", classes.as_bytes())),
        names: None,
        matrix: bench.file("matrix", matrix),
        array: None,
        norm: AttributeNorm::None,
    };
    let outcome = bench.run::<ImportAttributes>(&params);
    outcome.map(|outcome| outcome.output("attributes")).map_err(|error| error.to_string())
}

#[test]
fn rows_are_joined_by_name_and_scaled() {
    let outcome = import(b"  3.00  4.00\n -1.00  0.00\n", AttributeNorm::L2).unwrap();
    let attributes: Attributes = outcome.output("attributes");
    assert_eq!(attributes.row("ant"), Some(&[0.6, 0.8][..]));
    assert_eq!(attributes.row("giant+bee"), Some(&[-1.0, 0.0][..]));
    assert_eq!(outcome.signals.len(), 1);
}

#[test]
fn an_array_is_read_as_text_is() {
    let text = import(b"1 2.5\n3 4\n", AttributeNorm::None).unwrap();
    let array = import(&npy(&[2, 2], &[1.0, 2.5, 3.0, 4.0]), AttributeNorm::None).unwrap();
    assert_eq!(text.digests(), array.digests());
}

#[test]
fn a_permuted_list_with_its_permuted_matrix_gives_the_same_attributes() {
    let matrix = npy(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let permuted = npy(&[3, 2], &[5.0, 6.0, 1.0, 2.0, 3.0, 4.0]);
    let one = listed("ant\nbee\ncow\n", &matrix).unwrap();
    let other = listed("{\"allclasses_names\": [\"cow\", \"ant\", \"bee\"]}", &permuted).unwrap();
    let samples = ["bee", "cow", "ant"].map(str::to_owned);
    assert_eq!(one.matrix(&samples).unwrap(), other.matrix(&samples).unwrap());
    assert_eq!(other.row("cow"), Some(&[5.0, 6.0][..]));
    // The list of the other matrix is another table: order is not guessed.
    let wrong = listed("ant\nbee\ncow\n", &permuted).unwrap();
    assert_ne!(one.matrix(&samples).unwrap(), wrong.matrix(&samples).unwrap());
    assert_eq!(one.names(), ["1", "2"]);
}

#[test]
fn a_bad_matrix_names_file_line_and_column() {
    let message =
        |matrix: &str| import(matrix.as_bytes(), AttributeNorm::L2).err().unwrap().to_string();
    let number = message("1 2\n3 four\n");
    assert!(number.contains("matrix.txt`: line 2, column 2 (attribute `wings`)"), "{number}");
    let zero = message("0 0\n1 1\n");
    assert!(zero.contains("matrix.txt`: all attributes of class `ant` are 0"), "{zero}");
    assert!(message("1 2\n").ends_with("1 rows of numbers for 2 classes"));
}

#[test]
fn a_bad_array_names_file_class_and_attribute() {
    let message = |shape: &[usize], values: &[f64]| {
        import(&npy(shape, values), AttributeNorm::L2).err().unwrap().to_failure()
    };
    let nan = message(&[2, 2], &[1.0, 2.0, f64::NAN, 4.0]).message;
    assert!(
        nan.ends_with("class `giant+bee`, attribute `legs`: NaN is not a finite number"),
        "{nan}"
    );
    let cube = message(&[2, 1, 1], &[1.0, 2.0]).message;
    assert!(cube.ends_with("the shape is 2x1x1; expected [classes, attributes]"), "{cube}");
    let wide = message(&[2, 3], &[1.0; 6]).message;
    assert!(wide.ends_with("3 columns for 2 attributes"), "{wide}");
    let turned = message(&[1, 2], &[1.0; 2]);
    assert!(turned.message.ends_with("1 rows of numbers for 2 classes"), "{}", turned.message);
    assert_eq!(turned.help.unwrap(), "transpose it: classes are its rows");
}

/// The folder of real attribute files, if it is there.
fn real() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("ERPC_DATA")?).join("zsl_meta");
    folder.is_dir().then_some(folder)
}

/// Imports real files, given relative to their folder.
fn import_real(classes: &str, names: Option<&str>, matrix: &str) -> Attributes {
    let folder = real().expect("the caller has looked");
    let mut bench = Bench::new();
    let params = ImportAttributesParams {
        classes: Some(bench.outside(&folder.join(classes))),
        names: names.map(|names| bench.outside(&folder.join(names))),
        matrix: bench.outside(&folder.join(matrix)),
        array: None,
        norm: AttributeNorm::L2,
    };
    bench.run::<ImportAttributes>(&params).unwrap().output("attributes")
}

/// The largest difference between the rows of equal classes.
fn difference(one: &Attributes, other: &Attributes) -> f64 {
    let pairs = one.classes().iter().map(|class| (one.row(class), other.row(class)));
    let largest = |(one, other): (Option<&[f64]>, Option<&[f64]>)| {
        let pairs = one.unwrap().iter().zip(other.expect("both tables know the class"));
        pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
    };
    pairs.map(largest).fold(0.0, f64::max)
}

#[test]
fn real_attributes_are_the_same_as_text_and_as_arrays() {
    if real().is_none() {
        eprintln!("skipped: ERPC_DATA has no folder zsl_meta");
        return;
    }
    let shape = |table: &Attributes| (table.classes().len(), table.names().len());
    let text = "predicate-matrix-continuous.txt";
    for (name, names, matrix, expected) in [
        ("AwA2", Some("AwA2/predicates.txt"), "converted/AWA2.att.npy", (50, 85)),
        ("CUB", Some("CUB/attributes.txt"), "converted/CUB.att312.npy", (200, 312)),
        ("SUN", None, "converted/SUN.att.npy", (717, 102)),
    ] {
        let classes = format!("{name}/classes.txt");
        let written = import_real(&classes, names, &format!("{name}/{text}"));
        let array = import_real(&classes, names, matrix);
        assert_eq!((shape(&written), shape(&array)), (expected, expected), "{name}");
        let difference = difference(&written, &array);
        assert!(difference < 1e-6, "{name}: {difference}");
    }
    let apy = import_real("aPY/allclasses.txt", None, "converted/APY.att.npy");
    assert_eq!(shape(&apy), (32, 64));
    assert_eq!(
        difference(&apy, &import_real("converted/APY.splits.json", None, "converted/APY.att.npy")),
        0.0
    );
}

#[test]
fn the_two_orders_of_cub_are_told_apart_by_their_lists() {
    if real().is_none() {
        eprintln!("skipped: ERPC_DATA has no folder zsl_meta");
        return;
    }
    let numbered = import_real("CUB/classes.txt", None, "converted/CUB.att312.npy");
    let other = import_real("converted/CUB.splits.json", None, "converted/CUB.att312.npy");
    assert_eq!(numbered.classes()[0], "001.Black_footed_Albatross");
    assert_eq!(other.classes()[0], "002.Laysan_Albatross");
    assert!(difference(&numbered, &other) > 0.01, "the wrong list gives wrong attributes");
    let sentences = import_real("converted/CUB.splits.json", None, "converted/CUB.att.npy");
    assert_eq!(sentences.names().len(), 1024);
}

#[test]
fn real_lists_of_classes_name_classes_that_there_are() {
    let Some(folder) = real() else {
        eprintln!("skipped: ERPC_DATA has no folder zsl_meta");
        return;
    };
    let read = |name: &str| {
        let text = fs::read_text(&folder.join(name)).unwrap();
        parse_class_list(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    for (all, parts, counts) in [
        ("AwA2/classes.txt", ["AwA2/trainclasses.txt", "AwA2/testclasses.txt"], [40, 10]),
        ("CUB/classes.txt", ["CUB/trainclasses.txt", "CUB/testclasses.txt"], [150, 50]),
        ("SUN/classes.txt", ["SUN/trainclasses.txt", "SUN/testclasses.txt"], [645, 72]),
        ("aPY/allclasses.txt", ["aPY/trainvalclasses.txt", "aPY/testclasses.txt"], [20, 12]),
    ] {
        let all = read(all);
        for (part, count) in parts.iter().zip(counts) {
            let classes = read(part);
            assert_eq!(classes.len(), count, "{part}");
            assert!(classes.iter().all(|class| all.contains(class)), "{part}");
        }
    }
}

fn table(matrix: &[u8], with_classes: bool) -> Result<Attributes, String> {
    let mut bench = Bench::new();
    let params = ImportAttributesParams {
        classes: with_classes.then(|| bench.file("classes.txt", CLASSES)),
        names: None,
        matrix: bench.file("attributes.csv", matrix),
        array: None,
        norm: AttributeNorm::None,
    };
    let outcome = bench.run::<ImportAttributes>(&params);
    outcome.map(|outcome| outcome.output("attributes")).map_err(|error| error.to_string())
}

#[test]
fn a_table_names_its_classes_and_attributes() {
    let attributes = table(b"class,legs,wings\ngiant+bee,6,4\nant,6,0\n", false).unwrap();
    assert_eq!(attributes.names(), ["legs", "wings"]);
    assert_eq!(attributes.row("ant"), Some(&[6.0, 0.0][..]));
    let twice = table(b"class,legs\nant,6\nbee,6\n", true).unwrap_err();
    assert!(twice.contains("`classes`: leave it out: the table"), "{twice}");
    let bare = table(b"6 4\n6 0\n", false).unwrap_err();
    assert!(bare.contains("`classes`: name the file with the classes"), "{bare}");
}
