//! Photos in the order of a list.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::data::images::Images;
use crate::data::published_files::read_published_split;
use crate::data::published_split::List;
use crate::data::samples::{SampleIndex, Samples};
use crate::formats::mat::writing::MatWriter;
use crate::stage::testing::{Bench, Outcome};

use super::super::{ImportFolder, ImportFolderParams};
use super::*;

const JPEG: &[u8] = b"\xff\xd8\xff...";

fn photos(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs::write_atomic(&folder.path().join(name), JPEG).unwrap();
    }
    folder
}

fn import(
    folder: &TempDir,
    list: &[u8],
    classes: Option<&[u8]>,
) -> Result<Vec<(String, String)>, StageError> {
    let mut bench = Bench::new();
    let params = ImportFolderParams {
        folder: bench.outside_folder(folder.path()),
        list: Some(bench.file("list", list)),
        classes: classes.map(|classes| bench.file("classes", classes)),
        max_per_class: None,
    };
    let outcome: Outcome = bench.run::<ImportFolder>(&params)?;
    let (images, samples): (Images, Samples) =
        (outcome.output("images"), outcome.output("samples"));
    let row = |sample: SampleIndex| {
        assert_eq!(images.name(sample.get()), samples.name(sample));
        (samples.name(sample).to_owned(), samples.class_name(sample).to_owned())
    };
    Ok(samples.indices().map(row).collect())
}

fn said(result: Result<Vec<(String, String)>, StageError>) -> String {
    result.unwrap_err().to_string()
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(name, class)| ((*name).to_owned(), (*class).to_owned())).collect()
}

#[test]
fn a_text_fixes_photos_and_order() {
    let folder = photos(&["ox/1.jpg", "ox/2.jpg", "fox/1.jpg", "fox/unlisted.jpg"]);
    let found = import(&folder, b"ox/2.jpg\nfox/1.jpg\nox/1.jpg\n", None).unwrap();
    assert_eq!(found, rows(&[("ox/2.jpg", "ox"), ("fox/1.jpg", "fox"), ("ox/1.jpg", "ox")]));
}

fn res101(paths: &[&str], labels: &[u16]) -> Vec<u8> {
    MatWriter::compressed().texts("image_files", paths).indices("labels", labels).finish()
}

#[test]
fn a_matlab_file_fixes_classes_too_however_deep_the_folders() {
    let folder = photos(&["a/abbey/1.jpg", "b/bar/indoor/1.jpg"]);
    let list =
        res101(&["/BS/SUN//images/b/bar/indoor/1.jpg", "/BS/SUN//images/a/abbey/1.jpg"], &[2, 1]);
    let found = import(&folder, &list, Some(b"abbey\nbar_indoor\n")).unwrap();
    let expected = [("b/bar/indoor/1.jpg", "bar_indoor"), ("a/abbey/1.jpg", "abbey")];
    assert_eq!(found, rows(&expected));
    let found = import(&folder, &list, None).unwrap();
    assert_eq!(found[0].1, "b/bar/indoor", "without names the folder is the class");
}

#[test]
fn photos_that_are_missing_are_counted_and_named() {
    let folder = photos(&["ox/1.jpg"]);
    let message =
        said(import(&folder, b"ox/1.jpg\nox/2.jpg\nfox/1.jpg\nfox/2.jpg\nfox/3.jpg\n", None));
    assert!(message.starts_with("4 of the 5 photos of `"), "{message}");
    assert!(message.ends_with("first `ox/2.jpg`, `fox/1.jpg`, `fox/2.jpg`"), "{message}");
}

#[test]
fn lists_that_cannot_be_say_why() {
    let folder = photos(&["ox/1.jpg", "fox/1.jpg"]);
    for bad in ["/ox/1.jpg", "../ox/1.jpg", "1.jpg"] {
        let message = said(import(&folder, format!("ox/1.jpg\n{bad}\n").as_bytes(), None));
        assert!(message.ends_with(&format!("line 2: `{bad}`")), "{message}");
    }
    let message = said(import(&folder, b"ox/1.jpg\n", Some(b"ox\n")));
    assert!(message.ends_with("is a text file and has no labels"), "{message}");
    let list = res101(&["/d/ox/1.jpg", "/d/fox/1.jpg"], &[1, 2]);
    let message = said(import(&folder, &list, Some(b"fox\nox\n")));
    assert!(
        message.contains("lies in the folder of class `ox`, but label 1 means `fox`"),
        "{message}"
    );
    let message = said(import(&folder, b"ox/1.jpg\nox/1.jpg\n", None));
    assert!(message.contains("both called `ox/1.jpg`"), "{message}");
}

#[test]
fn classes_without_a_list_are_a_mistake() {
    let mut bench = Bench::new();
    let params = ImportFolderParams {
        folder: bench.outside_folder(std::path::Path::new("/nowhere")),
        list: None,
        classes: Some(bench.file("classes", b"ox\n")),
        max_per_class: None,
    };
    let message = bench.run::<ImportFolder>(&params).err().unwrap().to_string();
    assert!(message.contains("classes"), "{message}");
}

/// Data set, images, classes and unseen classes.
const REAL: [(&str, &str, usize, usize, usize); 3] = [
    ("AWA2", "AWA2.att", 37_322, 50, 10),
    ("CUB", "CUB.sent", 11_788, 200, 50),
    ("SUN", "SUN.att", 14_340, 717, 72),
];

#[test]
fn the_published_lists_agree_with_the_published_splits() {
    let data = std::env::var_os("ERPC_DATA").map_or_else(|| PathBuf::from("data"), PathBuf::from);
    let meta = data.join("zsl_meta");
    for (name, split, images, classes, unseen) in REAL {
        let list = meta.join(format!("converted/{name}.image_files.txt"));
        let split = meta.join(format!("xlsa17_att_splits/{split}_splits.mat"));
        if !fs::exists(&list) || !fs::exists(&split) {
            eprintln!("skipped: `{}` or `{}` is not there", list.display(), split.display());
            continue;
        }
        let lines = parse_names(&fs::read_text(&list).unwrap()).unwrap();
        let photos = of_paths(&lines, name).unwrap();
        assert_eq!(photos.len(), images, "{name}");
        let split = read_published_split(fs::open(&split).unwrap()).unwrap();
        let known: BTreeSet<&str> =
            split.classes().unwrap_or_default().iter().map(|class| class.trim()).collect();
        let listed: BTreeSet<&str> = photos.iter().map(|photo| photo.class.as_str()).collect();
        assert_eq!(listed, known, "{name}");
        assert_eq!(listed.len(), classes, "{name}");
        let of = |part: List| -> BTreeSet<&str> {
            let positions = split.list(part).iter();
            positions.map(|sample| photos[sample.get()].class.as_str()).collect()
        };
        let (seen, new) = (of(List::Trainval), of(List::TestUnseen));
        assert_eq!((seen.len(), new.len()), (classes - unseen, unseen), "{name}");
        assert!(seen.is_disjoint(&new), "{name}: an image is not where the split counts it");
        assert!(of(List::TestSeen).is_subset(&seen), "{name}");
    }
}
