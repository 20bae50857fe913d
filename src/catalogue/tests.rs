//! The catalogue itself.

use super::*;

#[test]
fn every_file_reads_and_every_reference_leads_somewhere() {
    let catalogue = Catalogue::embedded();
    let mut paths: Vec<&str> = Vec::new();
    for set in &catalogue.sets {
        assert!(set.page.starts_with("http"), "{}", set.name);
        for path in &set.uses {
            assert!(catalogue.part(path).is_some(), "{}: {path}", set.name);
        }
        for part in &set.parts {
            paths.push(&part.path);
            let sources = usize::from(part.archive.is_some()) + usize::from(part.make.is_some());
            assert_eq!(sources, 1, "{}", part.path);
            assert_eq!(part.archive.is_some(), catalogue.archive(part).is_some(), "{}", part.path);
            assert!(part.needs.iter().all(|path| catalogue.part(path).is_some()));
        }
    }
    let all = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), all, "no path stands twice");
}

#[test]
fn counts_are_those_of_the_data_sets() {
    let catalogue = Catalogue::embedded();
    let counts = |path: &str| {
        let part = catalogue.part(path).unwrap();
        (part.folders, part.files)
    };
    let awa2 = counts("Animals_with_Attributes2/JPEGImages");
    assert_eq!(awa2, (Some(50), Some(37_322)));
    assert_eq!(counts("CUB_200_2011/images"), (Some(200), Some(11_788)));
    assert_eq!(counts("SUNAttributeDB/images"), (None, Some(14_340)));
    assert_eq!(counts("aPY/images"), (Some(32), Some(15_339)));
}

#[test]
fn a_name_that_is_not_there_gets_advice() {
    let error = Catalogue::embedded().find("awa").map(|set| &set.name).unwrap_err();
    assert_eq!(error.to_string(), "there is no data set `awa` in the catalogue");
    assert_eq!(error.help, "did you mean `awa2`?");
}

#[test]
fn missing_files_are_those_of_as_few_data_sets_as_possible() {
    let catalogue = Catalogue::embedded();
    let covered = |paths: &[&str]| -> Vec<(String, usize)> {
        let sets = catalogue.cover(paths).into_iter();
        sets.map(|(set, parts)| (set.name.clone(), parts.len())).collect()
    };
    let photos = "Animals_with_Attributes2/JPEGImages";
    let network = "weights/resnet101.onnx";
    assert_eq!(covered(&[photos, network, "elsewhere"]), [("awa2".to_owned(), 2)]);
    assert_eq!(covered(&[network]), [("resnet101".to_owned(), 1)]);
    let split = "xlsa17/data/AWA2/att_splits.mat";
    assert_eq!(covered(&[split]), [("awa2".to_owned(), 1)]);
    let both = covered(&[photos, "CUB_200_2011/images"]);
    assert_eq!(both, [("awa2".to_owned(), 1), ("cub".to_owned(), 1)]);
    assert_eq!(covered(&["elsewhere"]), []);
}
