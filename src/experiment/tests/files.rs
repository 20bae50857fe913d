//! Names of files that are relative to a manifest.

use serde_json::{Value, json};

use super::resolve_files;

const TOP: &str = r#"
extends = "../base/base.toml"

[experiment]
name = "top"

[stage.here]
kind   = "load-data"
params = { file = "./here.npy" }

[stage.there]
params = { rows = 2 }

[sweep.source]
swept.file = ["../a.npy", "b.npy"]
"#;

const BASE: &str = r#"
[experiment]
name = "base"

[stage.there]
kind   = "load-data"
params = { file = "./there.npy" }

[stage.swept]
kind   = "load-data"
params = { file = "./base.npy" }
"#;

/// The file of a stage under an option of the sweep, as resolved.
fn file(stage: &str, option: usize) -> Value {
    let files = [("lab/top.toml", TOP), ("../base/base.toml", BASE)];
    let experiment = resolve_files(&files).unwrap_or_else(|error| panic!("{error}"));
    let settings: Vec<_> = experiment.axes[0].options[option].settings.iter().collect();
    let params = experiment.stages[stage].params_for(&settings).expect("they are fine");
    params["file"].clone()
}

#[test]
fn a_name_that_begins_with_dots_is_relative_to_the_file_that_says_it() {
    assert_eq!(file("here", 0), json!({ "$file": "./here.npy", "beside": "lab" }));
    // Another parameter of the stage stands in another file.
    assert_eq!(file("there", 0), json!({ "$file": "./there.npy", "beside": "../base" }));
    assert_eq!(file("swept", 0), json!({ "$file": "../a.npy", "beside": "lab" }));
    assert_eq!(file("swept", 1), json!({ "$file": "b.npy" }));
}

#[test]
fn a_manifest_without_a_folder_lies_in_this_one() {
    let text = TOP.replace("extends = \"../base/base.toml\"", "");
    let text = text.split("[stage.there]").next().unwrap();
    let experiment = resolve_files(&[("top.toml", text)]).unwrap_or_else(|error| panic!("{error}"));
    let params = experiment.stages["here"].params_for(&[]).expect("they are fine");
    assert_eq!(params["file"], json!({ "$file": "./here.npy", "beside": "." }));
}
