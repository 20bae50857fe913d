//! The backbone that is shipped, and the manifest that makes it.

use std::path::Path;

use crate::support::{Project, contents};

/// The training of the shipped backbone at a size for tests.
const SMALL: &str = r#"
extends = "backbone.toml"

[experiment]
name = "small"

[stage.photos]
params = { values = 3, seen_classes = 7, images_per_seen_class = 8 }

[stage.trained]
params = { epochs = 1, batch = 16 }
"#;

/// Extracts features with the network beside the manifest.
const USER: &str = r#"
[experiment]
name = "user"

[stage.photos]
kind   = "synthesize-glyphs"
params = { size = 56, values = 3, seen_classes = 8, validation_classes = 2, unseen_classes = 3, images_per_seen_class = 2, images_per_unseen_class = 2 }

[stage.backbone]
kind   = "import-onnx"
params = { file = "./backbones/glyphnet.onnx" }

[stage.features]
kind   = "extract"
inputs = { images = "photos", model = "backbone" }
params = { tensors = ["map", "embedding"], preprocess = { size = 56 }, runtime = "embedded" }
"#;

fn repository(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_shipped_network_is_the_one_that_its_manifest_published() {
    let [shipped, published] =
        ["experiments/backbones/glyphnet.onnx", "results/backbone/glyphnet.onnx"].map(repository);
    assert!(
        shipped == published,
        "copy the network that was published over the one that is shipped"
    );
}

#[test]
fn the_manifest_publishes_a_network_under_the_name_of_its_stage() {
    let project = Project::new();
    project.file("experiments/backbone.toml", repository("experiments/backbone.toml"));
    project.file("experiments/small.toml", SMALL);
    project.execute(&["experiments/small.toml"]);
    let files = contents(&project.path("results/small"));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let table = ["csv", "md", "parquet", "tex"].map(|end| format!("trained.curves.{end}"));
    let expected = ["glyphnet.onnx", "provenance.json", "run.json"].map(str::to_owned);
    assert_eq!(names, [&expected[..], &table].concat());
    let shown = project.run(&["show", "results/small/glyphnet.onnx"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("embedding"), "{}", shown.stdout);
}

#[test]
fn the_shipped_network_is_found_beside_a_manifest() {
    let project = Project::new();
    let network = repository("experiments/backbones/glyphnet.onnx");
    project.file("experiments/backbones/glyphnet.onnx", network);
    project.file("experiments/user.toml", USER);
    let ran = project.execute(&["experiments/user.toml"]);
    assert_eq!(ran.ran, ["backbone", "features@seed=1", "photos@seed=1"]);
}
