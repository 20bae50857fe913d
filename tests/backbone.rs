//! The backbone that is shipped, and the manifest that makes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use erpc_pipe::artifact::{Artifact as _, Blob};
use erpc_pipe::data::glyphs::{PaintedCells, appearance};

use crate::support::{Project, contents, provenance};

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

/// One picture of each class that the shipped backbone was trained on.
const LEARNT: &str = r#"
extends = "backbone.toml"

[experiment]
name = "learnt"

[stage.photos]
params = { images_per_seen_class = 1 }

[stage.trained]
remove = true

[stage.glyphnet]
inputs = { model = "start" }
"#;

/// One picture of each class of glyphs at their defaults, for more seeds than experiments have.
const EVALUATED: &str = r#"
[experiment]
name  = "evaluated"
seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

[stage.photos]
kind   = "synthesize-glyphs"
params = { size = 16, images_per_seen_class = 1, images_per_unseen_class = 1 }

[stage.start]
kind   = "initialise-backbone"

[stage.published]
kind   = "export-onnx"
inputs = { model = "start" }
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

/// What the parts of a class look like, whichever part it is.
type Looks = BTreeSet<[usize; 2]>;

/// The looks of all classes of an experiment, by the stage that painted them.
fn looks(project: &Project, experiment: &str) -> BTreeMap<String, BTreeSet<Looks>> {
    let mut all = BTreeMap::new();
    for stage in provenance(project, experiment)["stages"].as_array().unwrap() {
        let Some(digest) = stage["outputs"]["cells"].as_str() else { continue };
        let (folder, file) = digest.split_at(2);
        let path = project.path(&format!(".erpc/v1/objects/{folder}/{file}"));
        let cells = PaintedCells::decode(Blob::map(&path).unwrap()).unwrap();
        let attributes = cells.header().attributes.len();
        let look = |image: usize| {
            let parts = cells.part_cells(image).iter();
            let painted = parts.map(|cell| cells.attribute(image, (*cell).into()).unwrap());
            painted.map(|attribute| appearance(attribute, attributes)).collect()
        };
        let classes = (0..cells.header().images).map(look).collect();
        all.insert(stage["stage"].as_str().unwrap().to_owned(), classes);
    }
    all
}

#[test]
fn no_class_that_the_backbone_was_trained_on_looks_like_one_of_another_experiment() {
    let project = Project::new();
    project.file("experiments/backbone.toml", repository("experiments/backbone.toml"));
    project.file("experiments/learnt.toml", LEARNT).file("experiments/evaluated.toml", EVALUATED);
    project.execute(&["experiments/learnt.toml"]);
    project.execute(&["experiments/evaluated.toml"]);
    let learnt = looks(&project, "learnt").into_values().next().unwrap();
    assert!(learnt.len() >= 200, "{}", learnt.len());
    let evaluated = looks(&project, "evaluated");
    assert_eq!(evaluated.len(), 10);
    for (stage, classes) in evaluated {
        assert_eq!(classes.len(), 40, "{stage}");
        assert_eq!(classes.intersection(&learnt).count(), 0, "{stage}");
    }
}
