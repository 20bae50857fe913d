//! What `doctor` says about a machine and a project.

use crate::support::Project;
use crate::support::files::{SOUND, sound};

/// The findings about store and data; processor and runtime are those of this machine.
fn findings(project: &Project, code: i32, arguments: &[&str]) -> String {
    let mut all = vec!["doctor"];
    all.extend(arguments);
    let ran = project.run(&all);
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("processor: ") && ran.stdout.contains("ONNX Runtime"));
    let from = ran.stdout.lines().skip_while(|line| !line.contains("store: "));
    from.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_sound_project_lacks_nothing() {
    let project = sound();
    insta::assert_snapshot!("sound", findings(&project, 0, &["x.toml"]));
    assert!(!project.path(".erpc").exists(), "looking leaves no trace");
}

#[test]
fn missing_files_are_listed_with_the_remedy() {
    let project = Project::new();
    project.file("experiments/x.toml", SOUND);
    insta::assert_snapshot!("missing", findings(&project, 7, &[]));
}

#[test]
fn a_wrong_manifest_and_a_store_that_cannot_be_written() {
    let project = sound();
    project.file("x.toml", SOUND.replace("import-photos", "import-fotos"));
    project.file("occupied", "this is a file");
    let found = findings(&project, 3, &["x.toml", "--store", "occupied"]);
    insta::assert_snapshot!("wrong", found);
}

#[test]
fn a_runtime_that_was_named_must_be_there() {
    let project = sound();
    let mut command = project.command(&["doctor", "x.toml"]);
    let output = command.env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.contains("ONNX Runtime")).unwrap();
    insta::assert_snapshot!("runtime", line);
}
