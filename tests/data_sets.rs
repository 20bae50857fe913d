//! The catalogue of data sets on the command line, and what a run says of files that are missing.

use std::path::Path;

use crate::support::{Project, Ran};

/// The experiments of the paper, and the data set that each asks for.
const PAPER: [&str; 4] = ["awa2", "cub", "sun", "apy"];

fn shipped(experiment: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("experiments/{experiment}.toml"));
    path.display().to_string()
}

fn lines_with<'a>(ran: &'a Ran, word: &str) -> Vec<&'a str> {
    ran.stdout.lines().filter(|line| line.starts_with(word)).collect()
}

#[test]
fn a_run_without_data_says_what_is_missing_and_where_it_comes_from() {
    let project = Project::new();
    let ran = project.run(&["run", &shipped("awa2")]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    insta::assert_snapshot!("data_missing_awa2", ran.stderr);
}

#[test]
fn every_file_of_the_papers_experiments_is_in_the_catalogue() {
    for name in PAPER {
        let project = Project::new();
        let ran = project.run(&["plan", &shipped(name)]);
        assert_eq!(ran.code, 7, "{name}: {}", ran.stderr);
        let missing = ran.stderr.lines().filter(|line| line.contains(", needed by stage")).count();
        let (_, hint) = ran.stderr.split_once("\n\n").expect("a hint follows");
        let parts = hint.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let parts = parts.filter(|line| !line.starts_with("  offered at "));
        assert_eq!(parts.count(), missing, "{name}: {hint}");
        assert!(hint.contains(&format!("erpc-pipe data check {name} ")), "{name}: {hint}");
    }
}

#[test]
fn check_tells_missing_from_wrong() {
    let project = Project::new();
    let ran = project.run(&["data", "check", "awa2"]);
    assert_eq!(ran.code, 7, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(lines_with(&ran, "missing").len(), 4, "{}", ran.stdout);

    project.file("data/Animals_with_Attributes2/JPEGImages/antelope/antelope_10001.jpg", "x");
    let ran = project.run(&["data", "check", "awa2"]);
    assert_eq!(ran.code, 4, "what is wrong weighs more: {}", ran.stdout);
    insta::assert_snapshot!("data_check_wrong", ran.stdout);

    let ran = project.run(&["data", "check", "awa2", "--json"]);
    assert_eq!(ran.code, 4);
    let first: serde_json::Value =
        serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["state"], "wrong");
    assert_eq!((&first["files"], &first["expected_files"]), (&1.into(), &37_322.into()));
}

#[test]
fn check_is_content_with_what_is_complete() {
    let project = Project::new();
    project.file("data/weights/resnet101.onnx", "a network");
    let ran = project.run(&["data", "check", "resnet101"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(lines_with(&ran, "found").len(), 1, "{}", ran.stdout);
}

#[test]
fn list_counts_what_is_here() {
    let project = Project::new();
    project.file("data/weights/resnet101.onnx", "a network");
    let ran = project.run(&["data", "list"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("awa2       1 of 4 parts here"), "{}", ran.stdout);
    let ran = project.run(&["data", "list", "--json"]);
    let sets = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let sets: Vec<serde_json::Value> = sets.collect();
    assert_eq!((&sets[0]["name"], &sets[0]["here"]), (&"awa2".into(), &1.into()));
}

#[test]
fn what_cannot_be_downloaded_is_listed() {
    let project = Project::new();
    let ran = project.run(&["data", "get", "resnet101"]);
    assert_eq!(ran.code, 7, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("make it: python scripts/export_backbone.py"), "{}", ran.stdout);
    project.file("data/weights/resnet101.onnx", "a network");
    let ran = project.run(&["data", "get", "resnet101"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "all parts of resnet101 are in `data`\n"));
}

#[test]
fn a_name_that_nobody_knows_is_wrong_usage() {
    for act in ["check", "get"] {
        let ran = Project::new().run(&["data", act, "awa"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("did you mean `awa2`?"), "{}", ran.stderr);
    }
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let project = Project::new();
    project.file("data", "a file");
    let ran = project.run(&["data", "get", "resnet101"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("could not create the folder `data`"), "{}", ran.stderr);
}
