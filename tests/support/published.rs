//! A tiny data set in the files of the field: features and labels, attributes and a leaky split.

use super::mat::MatWriter;

/// Label l means the l-th; `owl` is unseen and `dog` plays the unseen class of validation.
pub(crate) const CLASSES: [&str; 4] = ["fox", "cat", "dog", "owl"];

/// Six images a class, the classes in turns.
pub(crate) const IMAGES: u16 = 24;

/// Features of an image, three numbers, those of a column one after another.
pub(crate) fn features() -> Vec<f64> {
    let image = |image: u16| {
        let number = |at: u16| f64::from((image * 7 + at * 5) % 11) / 8.0;
        let label = f64::from(image % 4);
        [1.0 + label + number(0), label * label + number(1), 4.0 - label + number(2)]
    };
    (0..IMAGES).flat_map(image).collect()
}

/// The labels, from 1.
pub(crate) fn labels() -> Vec<u16> {
    (0..IMAGES).map(|image| image % 4 + 1).collect()
}

/// Where the images once lay.
pub(crate) fn paths() -> Vec<String> {
    let class = |image: u16| CLASSES[usize::from(image % 4)];
    (0..IMAGES).map(|image| format!("/data/{}/{image}.jpg", class(image))).collect()
}

/// The file with the features, out of parts that may be broken.
pub(crate) fn res101(
    writer: MatWriter,
    features: &[f64],
    labels: &[u16],
    paths: &[String],
) -> Vec<u8> {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    writer
        .doubles("features", [3, u32::from(IMAGES)], features)
        .indices("labels", labels)
        .texts("image_files", &paths)
        .finish()
}

/// The sound file with the features.
pub(crate) fn sound_res101() -> Vec<u8> {
    res101(MatWriter::new(), &features(), &labels(), &paths())
}

/// The five lists, from 1, by their names: the last image of each seen class is for the test and leaks.
pub(crate) fn lists() -> [(&'static str, Vec<u16>); 5] {
    let of_class = |class: u16| (0..6).map(move |turn| turn * 4 + class + 1);
    let all = |classes: &[u16]| classes.iter().flat_map(|class| of_class(*class)).collect();
    let is_test = |image: &u16| *image > IMAGES - 4;
    let (seen, fit): (Vec<u16>, Vec<u16>) = (all(&[0, 1, 2]), all(&[0, 1]));
    let (test_seen, trainval) = seen.into_iter().partition(is_test);
    [
        ("trainval_loc", trainval),
        ("test_seen_loc", test_seen),
        ("test_unseen_loc", all(&[3])),
        ("train_loc", fit),
        ("val_loc", all(&[2])),
    ]
}

/// Two attributes of each class, those of a class one after another.
pub(crate) const ATTRIBUTES: [f64; 8] = [1.0, 0.5, 0.2, 0.9, 0.5, 0.5, 0.1, 0.3];

/// The file with attributes and split, out of parts that may be broken.
pub(crate) fn att_splits(
    attributes: &[f64],
    classes: &[&str],
    lists: &[(&'static str, Vec<u16>)],
) -> Vec<u8> {
    let writer = MatWriter::compressed().texts("allclasses_names", classes).doubles(
        "att",
        [2, 4],
        attributes,
    );
    lists.iter().fold(writer, |writer, (name, list)| writer.indices(name, list)).finish()
}

/// The sound file with attributes and split.
pub(crate) fn sound_att_splits() -> Vec<u8> {
    att_splits(&ATTRIBUTES, &CLASSES, &lists())
}

/// The stages that read the two files.
pub(crate) const IMPORTS: &str = r#"
[stage.published]
kind   = "import-mat-features"
params = { file = "res101.mat", classes = "att_splits.mat" }

[stage.signatures]
kind   = "import-mat-attributes"
params = { file = "att_splits.mat" }

[stage.audit]
kind   = "audit-splits"
params = { files = { tiny = "att_splits.mat" } }

[stage.proposed]
kind   = "import-split"
inputs = { samples = "published" }
params = { file = "att_splits.mat" }
"#;
