use crate::data::samples::SampleIndex;
use crate::formats::mat::writing::MatWriter;
use crate::stage::testing::{Bench, Outcome};

use super::*;

/// Three images of two features, of the classes 2, 1, 2.
const FEATURES: [f64; 6] = [1.0, 2.0, 3.0, 4.5, 0.0, 6.0];

fn file(features: &[f64], dims: [u32; 2], labels: &[u16]) -> MatWriter {
    MatWriter::compressed().doubles("features", dims, features).indices("labels", labels)
}

fn run(writer: MatWriter, classes: &[u8]) -> Result<Outcome, StageError> {
    with(writer, classes, |params| params)
}

fn with(
    writer: MatWriter,
    classes: &[u8],
    change: impl Fn(ImportMatFeaturesParams) -> ImportMatFeaturesParams,
) -> Result<Outcome, StageError> {
    on(Bench::new(), writer, classes, change)
}

fn on(
    mut bench: Bench,
    writer: MatWriter,
    classes: &[u8],
    change: impl Fn(ImportMatFeaturesParams) -> ImportMatFeaturesParams,
) -> Result<Outcome, StageError> {
    let params = ImportMatFeaturesParams {
        file: bench.file("res101.mat", &writer.finish()),
        classes: bench.file("classes", classes),
        features: features(),
        labels: labels(),
        image_files: None,
        tensor: features(),
        storage: Storage::F32,
        zero_rows: ZeroRows::Refuse,
    };
    bench.run::<ImportMatFeatures>(&change(params))
}

fn said(result: Result<Outcome, StageError>) -> String {
    let message = result.err().expect("it must fail").to_string();
    let start = message.find("`: ").map_or(0, |at| at + 3);
    message[start..].to_owned()
}

#[test]
fn columns_become_rows_and_labels_become_names() {
    let outcome = run(file(&FEATURES, [2, 3], &[2, 1, 2]), b"1 owl\n2 fox\n").unwrap();
    let (features, samples): (Features, Samples) =
        (outcome.output("features"), outcome.output("samples"));
    let view = features.tensor(Some("features")).unwrap();
    let mut row = [0.0; 2];
    for (image, expected) in [[1.0, 2.0], [3.0, 4.5], [0.0, 6.0]].iter().enumerate() {
        view.read_row(image, &mut row);
        assert_eq!(row, *expected);
    }
    let classes: Vec<&str> = samples.indices().map(|at| samples.class_name(at)).collect();
    assert_eq!(classes, ["fox", "owl", "fox"]);
    assert_eq!(samples.name(SampleIndex(2)), "3");
}

#[test]
fn class_names_come_from_matlab_files_too_and_images_from_their_paths() {
    let classes = MatWriter::new().texts("allclasses_names", &["owl", "fox"]).finish();
    let paths = ["/d/fox/a.jpg", "/d/owl/a.jpg", "/d/fox/b.jpg"];
    let writer = file(&FEATURES, [2, 3], &[2, 1, 2]).texts("image_files", &paths);
    let samples: Samples = run(writer.clone(), &classes).unwrap().output("samples");
    assert_eq!(samples.name(SampleIndex(1)), "owl/a.jpg");
    // The same names in another order: label 2 would mean owl.
    let permuted = said(run(writer, b"fox\nowl\n"));
    assert_eq!(
        permuted,
        "variable `image_files`: row 1: `/d/fox/a.jpg` lies in the folder of class `fox`, but \
         label 2 means `owl`"
    );
}

#[test]
fn compression_and_threads_change_no_byte() {
    let plain =
        MatWriter::new().doubles("features", [2, 3], &FEATURES).indices("labels", &[2, 1, 2]);
    let plain = run(plain, b"owl\nfox\n").unwrap().digests();
    for threads in [1, 2, 4] {
        let (bench, writer) = (Bench::new().threads(threads), file(&FEATURES, [2, 3], &[2, 1, 2]));
        let outcome = on(bench, writer, b"owl\nfox\n", |params| params);
        assert_eq!(plain, outcome.unwrap().digests());
    }
}

#[test]
fn bad_numbers_are_named_by_variable_row_and_column() {
    let classes = b"owl\nfox\n";
    let mut nan = FEATURES;
    nan[3] = f64::NAN;
    assert_eq!(
        said(run(file(&nan, [2, 3], &[2, 1, 2]), classes)),
        "variable `features`: column 2 (image 2), row 2: NaN is not finite"
    );
    nan[3] = 1e39;
    assert!(said(run(file(&nan, [2, 3], &[2, 1, 2]), classes)).ends_with("is too large a number"));
    let mut zero = FEATURES;
    zero[..2].fill(0.0);
    let refused = said(run(file(&zero, [2, 3], &[2, 1, 2]), classes));
    assert!(refused.contains("column 1 (image 1): all features are 0"), "{refused}");
    let keep = |params| ImportMatFeaturesParams { zero_rows: ZeroRows::Keep, ..params };
    assert!(with(file(&zero, [2, 3], &[2, 1, 2]), classes, keep).is_ok());
    assert_eq!(
        said(run(file(&FEATURES, [2, 3], &[2, 3, 2]), classes)),
        "variable `labels`: row 2: 3 is no class, expected 1 to 2 (the number of class names)"
    );
    assert!(
        said(run(file(&FEATURES, [2, 3], &[2, 0, 2]), classes)).contains("row 2: 0 is no class")
    );
}

#[test]
fn sizes_that_do_not_fit_are_named_with_the_way_out() {
    let classes = b"owl\nfox\n";
    let transposed = run(file(&FEATURES, [3, 2], &[2, 1, 2]), classes).err().unwrap();
    assert_eq!(
        transposed.to_failure().help.unwrap(),
        "save it transposed, in MATLAB: features = features.';"
    );
    assert_eq!(
        said(run(file(&FEATURES, [2, 3], &[2, 1, 2, 1]), classes)),
        "variable `features`: its size is 2x3, expected a column for 4 labels"
    );
    let short = file(&FEATURES, [2, 3], &[2, 1, 2]).texts("image_files", &["a", "b"]);
    assert_eq!(said(run(short, classes)), "variable `image_files`: 2 paths for 3 labels");
    let twice = file(&FEATURES, [2, 3], &[2, 1, 2]).texts("image_files", &["a", "b", "a"]);
    assert!(said(run(twice, classes)).contains("samples 0 and 2 are both called `a`"));
    let other = |params| ImportMatFeaturesParams { features: "feature".to_owned(), ..params };
    let missing = with(file(&FEATURES, [2, 3], &[2, 1, 2]), classes, other).err().unwrap();
    assert!(missing.to_string().ends_with("there is no variable `feature`"), "{missing}");
    assert!(said(run(file(&FEATURES, [2, 3], &[2, 1, 2]), b"owl\nowl\n")).contains("named twice"));
}
