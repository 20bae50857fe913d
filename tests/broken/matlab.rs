//! MATLAB files, and published splits in them, that are not what they should be.

use crate::support::Project;
use crate::support::mat::{DOUBLE, MI_F64, MatWriter};
use crate::support::published::*;

use super::fails;

const REST: &str = r#"
[stage.fit]
kind   = "fit-eszsl"
inputs = { features = "published", samples = "published", attributes = "signatures", train = "proposed" }

[stage.score]
kind   = "score"
inputs = { model = "fit", features = "published", samples = "published", attributes = "signatures", test_seen = "proposed", test_unseen = "proposed" }

[stage.evaluation]
kind   = "evaluate"
inputs = { scores = "score" }
"#;

/// Classes, attributes and split come from a file each, so that breaking one breaks one stage.
fn manifest() -> String {
    let imports =
        IMPORTS.replace("classes = \"att_splits.mat\"", "classes = \"classes.mat\"").replace(
            "attributes\"\nparams = { file = \"att_splits.mat\"",
            "attributes\"\nparams = { file = \"att.mat\"",
        );
    assert!(imports.contains("classes.mat") && imports.contains("att.mat"));
    format!("[experiment]\nname = \"sound\"\n{imports}{REST}")
}

fn sound() -> Project {
    let project = Project::new();
    project.file("x.toml", manifest()).file("data/res101.mat", sound_res101());
    for name in ["classes", "att", "att_splits"] {
        project.file(&format!("data/{name}.mat"), sound_att_splits());
    }
    project
}

#[test]
fn the_sound_experiment_on_published_files_runs() {
    let happened = sound().execute(&["x.toml"]);
    assert_eq!(happened.ran.len(), 7, "{happened:?}");
}

/// Replaces a file and expects a failing stage.
fn broken(name: &str, file: &str, content: Vec<u8>) {
    let project = sound();
    project.file(&format!("data/{file}.mat"), content);
    fails(name, &project, 4);
}

fn features_file(name: &str, content: Vec<u8>) {
    broken(name, "res101", content);
}

/// A split that the audit does not look at.
fn split_file(name: &str, content: Vec<u8>) {
    let project = sound();
    let audit = "[stage.audit]\nkind   = \"audit-splits\"\nparams = { files = { tiny = \"att_splits.mat\" } }\n";
    assert!(manifest().contains(audit));
    project.file("x.toml", manifest().replace(audit, "")).file("data/att_splits.mat", content);
    fails(name, &project, 4);
}

#[test]
fn formats() {
    let whole = sound_res101();
    features_file("mat_truncated", whole[..whole.len() / 2].to_vec());
    features_file("mat_empty", Vec::new());
    features_file("mat_text", b"path,class\n".repeat(20));
    features_file("mat_version_73", MatWriter::with_version(0x0200, false, false).finish());
    features_file("mat_hdf5", [b"\x89HDF\r\n\x1a\n".to_vec(), vec![0; 500]].concat());
    features_file("mat_version_4", [[0, 0, 0, 0, 3, 0, 0, 0]; 40].concat().split_off(1));
    let mut damaged = res101(MatWriter::compressed(), &features(), &labels(), &paths());
    let middle = 220;
    damaged[middle..middle + 40].fill(0xaa);
    features_file("mat_damaged_compression", damaged);
}

#[test]
fn variables() {
    let file = |writer: MatWriter| writer.indices("labels", &labels()).finish();
    features_file("mat_no_features", file(MatWriter::new().doubles("feature", [1, 1], &[1.0])));
    features_file("mat_features_are_text", file(MatWriter::new().texts("features", &["fox"; 24])));
    let flags_of_sparse = 5;
    let sparse = MatWriter::new().matrix("features", flags_of_sparse, &[3, 24], &[0; 64]);
    features_file("mat_sparse", file(sparse));
    let writer = MatWriter::new();
    let content = writer.numbers(MI_F64, &[1.0; 9]);
    features_file("mat_size_lies", file(writer.matrix("features", DOUBLE, &[3, 24], &content)));
    let turned = MatWriter::new().doubles("features", [24, 3], &features());
    features_file("mat_transposed", file(turned));
}

#[test]
fn content() {
    let with = |features: &[f64], labels: &[u16], paths: &[String]| {
        res101(MatWriter::compressed(), features, labels, paths)
    };
    let mut wrong = features();
    wrong[7] = f64::NAN;
    features_file("mat_nan_feature", with(&wrong, &labels(), &paths()));
    wrong[6..9].fill(0.0);
    features_file("mat_zero_row", with(&wrong, &labels(), &paths()));
    let mut beyond = labels();
    beyond[5] = 5;
    features_file("mat_label_out_of_range", with(&features(), &beyond, &paths()));
    features_file("mat_labels_are_missing", with(&features(), &labels()[..20], &paths()));
    let mut twice = paths();
    twice[4] = twice[0].clone();
    features_file("mat_path_twice", with(&features(), &labels(), &twice));
}

#[test]
fn classes() {
    let split = |classes: &[&str]| att_splits(&ATTRIBUTES, classes, &lists());
    broken("mat_permuted_classes", "classes", split(&["cat", "fox", "dog", "owl"]));
    broken("mat_class_twice", "classes", split(&["fox", "cat", "fox", "owl"]));
    broken("mat_class_missing", "classes", split(&["fox", "cat", "dog"]));
    split_file("split_class_twice", split(&["fox", "cat", "fox", "owl"]));
    split_file("split_class_unknown", split(&["fox", "cat", "dog", "emu"]));
    let mut attributes = ATTRIBUTES;
    attributes[3] = f64::INFINITY;
    broken("mat_infinite_attribute", "att", att_splits(&attributes, &CLASSES, &lists()));
    attributes[2..4].fill(0.0);
    broken("mat_zero_attributes", "att", att_splits(&attributes, &CLASSES, &lists()));
    broken("mat_attributes_of_fewer_classes", "att", split(&["fox", "cat", "dog"]));
}

#[test]
fn positions() {
    type Lists = [(&'static str, Vec<u16>); 5];
    let with = |change: &dyn Fn(&mut Lists)| {
        let mut lists = lists();
        change(&mut lists);
        att_splits(&ATTRIBUTES, &CLASSES, &lists)
    };
    split_file("split_position_zero", with(&|lists| lists[0].1[0] = 0));
    split_file("split_position_beyond", with(&|lists| lists[2].1[0] = 25));
    split_file("split_position_twice", with(&|lists| lists[2].1.push(4)));
    split_file("split_test_image_in_training", with(&|lists| lists[1].1.push(1)));
    split_file("split_without_list", with(&|lists| lists[4].0 = "validation_loc"));
    split_file(
        "split_unseen_class_in_training",
        with(&|lists| {
            lists[2].1.retain(|image| *image != 4);
            lists[0].1.push(4);
            lists[3].1.push(4);
        }),
    );
    split_file(
        "split_class_without_test_image",
        with(&|lists| {
            for list in [1, 4] {
                lists[list].1.retain(|image| *image != 23);
            }
        }),
    );
}

/// The stage that audits fails by itself.
#[test]
fn audits() {
    let project = Project::new();
    let manifest = "[experiment]\nname = \"x\"\n[stage.audit]\nkind = \"audit-splits\"\n\
                    params = { files = { tiny = \"att_splits.mat\" } }\n";
    let mut lists = lists();
    lists[1].1.push(1);
    lists[4].1.pop();
    let content = att_splits(&ATTRIBUTES, &CLASSES, &lists);
    project.file("x.toml", manifest).file("data/att_splits.mat", content);
    fails("split_audit", &project, 4);
}

#[test]
fn json() {
    let project = |json: &str| {
        let project = sound();
        let from = "samples = \"published\" }\nparams = { file = \"att_splits.mat\" }";
        assert!(manifest().contains(from));
        let manifest = manifest().replace(from, &from.replace("att_splits.mat", "split.json"));
        project.file("x.toml", manifest).file("data/split.json", json);
        project
    };
    fails("split_json_without_lists", &project("{\"train\": [1, 2]}"), 4);
    let lists = "\"test_seen_loc\": [1], \"test_unseen_loc\": [2], \"train_loc\": [3]";
    let negative = format!("{{\"trainval_loc\": [0], {lists}, \"val_loc\": [-4]}}");
    fails("split_json_negative", &project(&negative), 4);
}
