use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::data::samples::Sample;
use crate::event::Signal;
use crate::fs;
use crate::stage::testing::{Bench, Outcome};

use super::*;

/// Classes ant (images 0 to 9), bee (10 to 19), cow (20 to 24), dog (25 to 27).
fn samples() -> Samples {
    let counts = [("ant", 10), ("bee", 10), ("cow", 5), ("dog", 3)];
    let classes = counts.iter().flat_map(|(class, count)| vec![(*class).to_owned(); *count]);
    table(classes.enumerate().map(|(image, class)| (format!("{image}.jpg"), class)))
}

fn table(rows: impl Iterator<Item = (String, String)>) -> Samples {
    let rows = rows.map(|(name, class)| Sample { name, class }).collect();
    Samples::new(rows, BTreeMap::new()).unwrap()
}

/// The last image of each seen class is a test image and leaks.
fn json() -> String {
    let range = |from: u32, to: u32| (from..to).collect::<Vec<u32>>();
    let trainval = [range(0, 9), range(10, 19), range(20, 24)].concat();
    format!(
        r#"{{"trainval_loc": {trainval:?}, "test_seen_loc": [9, 19, 24], "test_unseen_loc": {:?},
            "train_loc": {:?}, "val_loc": {:?}}}"#,
        range(25, 28),
        range(0, 20),
        range(20, 25)
    )
}

fn run(json: &str, seed: u64) -> Result<Outcome, StageError> {
    on(json, seed, 1)
}

fn on(json: &str, seed: u64, threads: usize) -> Result<Outcome, StageError> {
    let mut bench = Bench::new().seed(seed).threads(threads).input("samples", &samples());
    let file = bench.file("split.json", json.as_bytes());
    bench.run::<ImportSplit>(&ImportSplitParams { file, validation_seen_fraction: 0.2 })
}

#[test]
fn the_parts_are_those_of_the_file_and_validation_is_drawn() {
    let (one, other) = (run(&json(), 1).unwrap(), run(&json(), 2).unwrap());
    for threads in [1, 2, 4] {
        assert_eq!(one.digests(), on(&json(), 1, threads).unwrap().digests());
    }
    let (train, moved): (TrainSamples, TrainSamples) = (one.output("train"), other.output("train"));
    assert_eq!(train.images, moved.images);
    assert_ne!(train.validation.fit, moved.validation.fit);
    // A fifth of nine images, twice.
    assert_eq!(train.validation.validation_seen.len(), 4);
    assert_eq!(train.validation.validation_unseen.len(), 4);
    assert_eq!(train.validation.unseen_classes, ["cow"]);
    let test: TestUnseenSamples = one.output("test_unseen");
    assert_eq!((test.classes, test.images.len()), (vec!["dog".to_owned()], 3));
    assert!(matches!(&one.signals[1], Signal::Note { text } if text.starts_with("2 images of")));
}

#[test]
fn what_is_wrong_names_the_file() {
    let beyond = run(&json().replace("[9, 19, 24]", "[9, 19, 28]"), 1).err().unwrap();
    let said = beyond.to_string();
    assert!(
        said.ends_with("split.json`: `test_seen_loc` holds image 29, but there are 28 samples")
    );
    assert!(beyond.to_failure().help.unwrap().contains("audit-splits"));
    let wide = ImportSplitParams { file: FileRef::new("x"), validation_seen_fraction: 0.95 };
    assert!(ImportSplit::check(&wide).is_err());
}

/// The classes of the table in the specification of the Proposed Split, from the folders of the
/// published image lists.
#[test]
fn real_splits_have_their_published_numbers_of_classes() {
    let folder = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), PathBuf::from);
    let folder = folder.join("zsl_meta");
    for (name, file, expected) in [
        ("AWA2", "AWA2.att_splits.mat", [27, 13, 10, 16_187, 7340]),
        ("CUB", "CUB.sent_splits.mat", [100, 50, 50, 4702, 2355]),
        ("SUN", "SUN.att_splits.mat", [580, 65, 72, 9280, 1040]),
    ] {
        let list = folder.join(format!("converted/{name}.image_files.txt"));
        let mat = folder.join(format!("xlsa17_att_splits/{file}"));
        if !fs::exists(&list) || !fs::exists(&mat) {
            println!("skipped: `{}` or `{}` is not there", list.display(), mat.display());
            continue;
        }
        let text = fs::read_text(&list).unwrap();
        let class = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
        let samples = table(text.lines().map(|path| (path.to_owned(), class(path))));
        let mut bench = Bench::new().input("samples", &samples);
        let params = ImportSplitParams { file: bench.outside(&mat), validation_seen_fraction: 0.2 };
        let outcome = bench.run::<ImportSplit>(&params);
        let train: TrainSamples =
            outcome.unwrap_or_else(|error| panic!("{name}: {error}")).output("train");
        let validation = &train.validation;
        let got = [
            train.fit_classes().len(),
            validation.unseen_classes.len(),
            train.unseen.len(),
            validation.fit.len() + validation.validation_seen.len(),
            validation.validation_unseen.len(),
        ];
        assert_eq!(got, expected, "{name}");
    }
}
