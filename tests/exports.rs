//! A trained network leaves as files that others can read.

use serde_json::{Value, json};

use crate::support::{Project, contents};

/// Planted maps, a network that has learnt a little, and its files.
const EXPORTED: &str = r#"
[experiment]
name  = "exported"
seeds = [1]

[stage.planted]
kind   = "synthesize-maps"
params = { values = 3, seen_classes = 8, validation_classes = 2, unseen_classes = 3, images_per_seen_class = 3, images_per_unseen_class = 2, channels = 8, planes = 4 }

[stage.split]
kind   = "split-classes"
inputs = { samples = "planted", attributes = "planted" }
params = { role_column = "role" }

[stage.erpcnet]
kind   = "train-erpcnet"
inputs = { features = "planted", samples = "planted", attributes = "planted", train = "split", model = "planted" }
params = { epochs = 1, looks = 2, batch = 8 }

[stage.network_file]
kind   = "export-erpcnet"
inputs = { network = "erpcnet", model = "planted" }

[stage.network]
kind   = "export-onnx"
inputs = { model = "network_file" }
"#;

#[test]
fn a_trained_network_is_published_as_onnx_and_safetensors() {
    let project = Project::new();
    project.file("x.toml", EXPORTED);
    project.execute(&["x.toml"]);
    let files = contents(&project.path("results/exported"));
    let weights = &files["network_file.weights.safetensors"];
    let (length, rest) = weights.split_first_chunk().unwrap();
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
    let header: Value = serde_json::from_slice(&rest[..length]).unwrap();
    assert_eq!(header["pconv.weight"]["shape"], json!([8, 8, 5, 5]));
    assert_eq!(header["pconv.weight"]["dtype"], "F32");
    let shown = project.run(&["show", "results/exported/network.onnx"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    for line in [
        "map: float32 [N, 8, 14, 14]",
        "embedding: float32 [N, 16]",
        "cells: int64 [N, 2]",
        "outputs: local, global_attributes, local_attributes, joint_attributes",
    ] {
        assert!(shown.stdout.contains(line), "{}", shown.stdout);
    }
    let again = project.execute(&["x.toml"]);
    assert!(again.ran.is_empty(), "{:?}", again.ran);
}
