//! ONNX Runtime beside the importer, and both on photographs.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::onnx::locate;

use super::*;

/// ONNX Runtime, or why a test is skipped.
fn is_installed() -> bool {
    let found = locate().unwrap().is_some();
    if !found {
        println!("skipped: ONNX Runtime is not here (make onnxruntime)");
    }
    found
}

/// A file of the data folder, or why a test is skipped.
fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), Into::into);
    let path = folder.join(name);
    if !fs::exists(&path) {
        println!("skipped: `{}` is not here", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn both_runtimes_agree() {
    if !is_installed() {
        return;
    }
    let (images, model) = (images(6), model());
    let ours: Features = run(&params(&["map"]), &images, &model, 1).unwrap().output("features");
    let params = ExtractParams { runtime: RuntimeChoice::Onnxruntime, ..params(&["map"]) };
    let outcome = run(&params, &images, &model, 2).unwrap();
    let Signal::Note { text } = &outcome.signals[0] else { panic!("{:?}", outcome.signals) };
    assert!(text.starts_with("onnxruntime 1.") && text.ends_with("(cpu)"), "{text}");
    let theirs: Features = outcome.output("features");
    for sample in 0..6 {
        let (ours, theirs) = (row(&ours, None, sample), row(&theirs, None, sample));
        let largest = theirs.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() <= 1e-5 * largest));
    }
}

/// The photographs of the golden fixture and the class that DenseNet-121 sees in each.
fn golden() -> Option<(Images, OnnxModel, Vec<usize>)> {
    let archive = data("images/imagenet_samples.tar")?;
    let index = data("images/imagenet_samples.csv")?;
    let model = OnnxModel::decode(Blob::map(&data("weights/densenet121.onnx")?).unwrap()).unwrap();
    let mut classes = Vec::new();
    let mut names = Vec::new();
    for record in csv::Reader::from_reader(&fs::read(&index).unwrap()[..]).records() {
        let record = record.unwrap();
        names.push(record[0].to_owned());
        classes.push(record[5].parse().unwrap());
    }
    let files = untar(&archive);
    let pictures = names.into_iter().map(|name| (name.clone(), files[Path::new(&name)].clone()));
    Some((pack(pictures), model, classes))
}

fn untar(archive: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut archive = tar::Archive::new(fs::open(archive).unwrap());
    let mut files = std::collections::BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(entry.path().unwrap().into_owned(), bytes);
    }
    files
}

/// How many of the photographs get the class that the fixture lists.
fn agreement(runtime: RuntimeChoice) -> Option<usize> {
    let (images, model, classes) = golden()?;
    let preprocess = Preprocess { resize: Resize::None, ..Preprocess::default() };
    let params = ExtractParams { runtime, preprocess, batch: 8, ..params(&["logits"]) };
    let outcome = run(&params, &images, &model, 2).unwrap();
    let features: Features = outcome.output("features");
    let top = |sample: usize| {
        let logits = row(&features, None, sample);
        (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap()
    };
    let hits = classes.iter().enumerate().filter(|(sample, class)| top(*sample) == **class);
    Some(hits.count())
}

#[test]
#[ignore = "slow: 123 photographs through DenseNet-121"]
fn densenet_sees_in_photographs_what_the_fixture_lists() {
    let hits = agreement(RuntimeChoice::Embedded);
    assert!(hits.is_none_or(|hits| hits >= 120), "{hits:?} of 123");
    if is_installed() {
        let hits = agreement(RuntimeChoice::Onnxruntime);
        assert!(hits.is_none_or(|hits| hits >= 120), "{hits:?} of 123");
    }
}
