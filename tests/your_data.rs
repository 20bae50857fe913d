//! The templates of `docs/your-data.md`, followed as the page says, on data made here.

use std::path::Path;

use erpc_pipe::formats::element::Element;
use erpc_pipe::formats::npy::NpyWriter;
use erpc_pipe::onnx::ModelBuilder;
use serde_json::Value;

use crate::support::files::png;
use crate::support::{Project, contents, provenance};

const CLASSES: [&str; 6] = ["ant", "bee", "cat", "dog", "elk", "fox"];

/// Each class is a point of the plane; its samples lie around it.
const ATTRIBUTES: [[f64; 2]; 6] =
    [[1.0, 0.1], [0.8, 0.6], [0.2, 0.9], [0.6, 0.7], [0.9, 0.3], [0.4, 0.8]];

const SAMPLES_PER_CLASS: usize = 10;

/// A project with a copy of a template and the pipelines of this repository.
fn project(template: &str) -> Project {
    let project = Project::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, content) in contents(&root.join("pipelines")) {
        project.file(&format!("pipelines/{name}"), content);
    }
    let text = std::fs::read(root.join("experiments/templates").join(template)).unwrap();
    project.file("experiments/mine.toml", text);
    project
        .file("data/my-data/unseen.txt", "elk\nfox\n")
        .file("data/my-data/validation.txt", "bee\ndog\n");
    project
}

fn npy(element: Element, shape: &[usize], values: &[f64]) -> Vec<u8> {
    let mut writer = NpyWriter::new(Vec::new(), element, shape).unwrap();
    writer.push(values).unwrap();
    writer.finish().unwrap()
}

/// A number between -1 and 1 that differs from sample to sample.
fn wobble(sample: usize) -> f64 {
    let step = u32::try_from(sample * 37 % 101).unwrap();
    f64::from(step) / 50.0 - 1.0
}

/// Features, labels and attributes. The attributes stand in the order `order` of the classes.
fn with_features(order: [usize; 6]) -> Project {
    let samples = CLASSES.len() * SAMPLES_PER_CLASS;
    let class = |sample: usize| sample % CLASSES.len();
    let features: Vec<f64> = (0..samples)
        .flat_map(|sample| {
            let [x, y] = ATTRIBUTES[class(sample)];
            [x + 0.05 * wobble(sample), y - 0.05 * wobble(sample + 7), x * y]
        })
        .collect();
    let label = |sample| f64::from(u8::try_from(class(sample)).unwrap());
    let labels: Vec<f64> = (0..samples).map(label).collect();
    let attributes: Vec<f64> = order.iter().flat_map(|class| ATTRIBUTES[*class]).collect();
    let names: Vec<&str> = order.iter().map(|class| CLASSES[*class]).collect();
    let project = project("own-features.toml");
    project
        .file("data/my-data/features.npy", npy(Element::F32, &[samples, 3], &features))
        .file("data/my-data/labels.npy", npy(Element::I64, &[samples], &labels))
        .file("data/my-data/classes.txt", CLASSES.join("\n"))
        .file("data/my-data/attributes.npy", npy(Element::F64, &[6, 2], &attributes))
        .file("data/my-data/attribute_classes.txt", names.join("\n"));
    project
}

fn table(project: &Project, experiment: &str) -> String {
    let path = project.path(&format!("results/{experiment}/accuracy.md"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn own_features_become_a_table() {
    let project = with_features([0, 1, 2, 3, 4, 5]);
    project.execute(&["experiments/mine.toml"]);
    let table = table(&project, "own-features");
    assert!(table.contains("| true "), "{table}");
    assert!(table.contains("| shuffled "), "{table}");
}

#[test]
fn the_order_of_the_attributes_does_not_matter() {
    let sorted = with_features([0, 1, 2, 3, 4, 5]);
    let permuted = with_features([4, 2, 0, 5, 1, 3]);
    for project in [&sorted, &permuted] {
        project.execute(&["experiments/mine.toml"]);
    }
    let scores = |project: &Project| -> Vec<Value> {
        let provenance = provenance(project, "own-features");
        let stages = provenance["stages"].as_array().unwrap().clone();
        let scores = stages.into_iter().filter(|stage| stage["recipe"]["kind"] == "score");
        // The control shuffles rows by their position, so only the true attributes must agree.
        let is_true = |stage: &Value| stage["stage"].as_str().unwrap().contains("true");
        scores.filter(is_true).map(|stage| stage["outputs"].clone()).collect()
    };
    assert!(!scores(&sorted).is_empty());
    assert_eq!(scores(&sorted), scores(&permuted));
}

#[test]
fn own_photos_and_a_network_become_a_table() {
    let mut builder = ModelBuilder::new("input", &[3, 224, 224]);
    builder.node("GlobalAveragePool", &["input"], "pooled");
    builder.node("Flatten", &["pooled"], "features");
    let project = project("own-images.toml");
    project.file("data/my-data/network.onnx", builder.finish(&["features"]).unwrap().encode());
    for (class, colour) in CLASSES.iter().zip([10, 50, 90, 130, 170, 210]) {
        for photo in 0..6 {
            project.file(&format!("data/my-data/photos/{class}/{photo}.png"), png(colour + photo));
        }
    }
    project
        .file("data/my-data/classes.txt", CLASSES.join("\n"))
        .file("data/my-data/attributes.txt", "red\nwild\n")
        .file("data/my-data/matrix.txt", "0.1 1\n0.3 1\n0.4 0.8\n0.6 0.7\n0.7 0.5\n1 0.2\n");
    project.execute(&["experiments/mine.toml"]);
    let table = table(&project, "own-images");
    assert!(table.contains("| true "), "{table}");
}

#[test]
fn a_template_without_data_says_what_is_missing() {
    let project = project("own-features.toml");
    let ran = project.run(&["run", "--quiet", "experiments/mine.toml"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains("my-data/features.npy"), "{}", ran.stderr);
}
