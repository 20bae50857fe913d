//! Features, labels, folders and digits that are not what they should be.

use erpc_pipe::formats::element::Element;
use erpc_pipe::formats::npy::NpyWriter;
use erpc_pipe::formats::safetensors::SafetensorsWriter;

use super::fails;
use crate::support::Project;
use crate::support::files::{idx, png, zip};

/// An array as NumPy would save it.
fn npy(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let mut writer = NpyWriter::new(Vec::new(), Element::F32, shape).unwrap();
    writer.push(values).unwrap();
    writer.finish().unwrap()
}

const VALUES: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

/// One stage that imports features, with these further parameters.
fn importing(params: &str) -> Project {
    let project = Project::new();
    let manifest = format!(
        "[experiment]\nname = \"x\"\n\n[stage.features]\nkind = \"import-features\"\n\
         [stage.features.params]\nfeatures = \"features\"\n{params}\n"
    );
    project
        .file("x.toml", manifest)
        .file("data/features", npy(&[3, 2], &VALUES))
        .file("data/samples.csv", "path,class\na.jpg,ant\nb.jpg,bee\nc.jpg,ant\n")
        .file("data/labels", npy(&[3], &[0.0, 1.0, 0.0]))
        .file("data/classes.txt", "1 ant\n2 bee\n");
    project
}

const BY_TABLE: &str = "samples = \"samples.csv\"";
const BY_LABELS: &str = "labels = \"labels\"\nclasses = \"classes.txt\"";

/// Replaces a file and expects a failing stage.
fn broken(name: &str, params: &str, file: &str, content: impl AsRef<[u8]>) {
    let project = importing(params);
    project.file(&format!("data/{file}"), content);
    fails(name, &project, 4);
}

#[test]
fn arrays() {
    let whole = npy(&[3, 2], &VALUES);
    broken("npy_truncated", BY_TABLE, "features", &whole[..whole.len() - 3]);
    broken("npy_header_cut_off", BY_TABLE, "features", &whole[..50]);
    let mut objects = whole.clone();
    let descr = whole.windows(5).position(|bytes| bytes == b"'<f4'").unwrap();
    objects[descr..descr + 5].copy_from_slice(b"'|O' ");
    broken("npy_objects", BY_TABLE, "features", objects);
    broken("neither_array_nor_table", BY_TABLE, "features", [0x89, 0x48, 0, 1, 2, 0xff]);
    broken("npy_one_axis", BY_TABLE, "features", npy(&[3], &VALUES[..3]));
    let mut values = VALUES;
    values[3] = f64::NAN;
    broken("npy_nan", BY_TABLE, "features", npy(&[3, 2], &values));
    broken("npy_other_count", BY_TABLE, "features", npy(&[2, 3], &VALUES));
}

#[test]
fn archives_of_arrays() {
    let (one, other) = (npy(&[3, 2], &VALUES), npy(&[3, 1], &VALUES[..3]));
    let both = zip(&[("maps.npy", &one), ("pooled.npy", &other)]);
    broken("npz_several", BY_TABLE, "features", &both);
    broken("npz_cut_off", BY_TABLE, "features", &both[..both.len() - 30]);
    let mut flipped = zip(&[("maps.npy", &one)]);
    // The numbers begin 128 bytes behind the name of the member.
    flipped[8 + 30 + 128] ^= 1;
    broken("npz_wrong_checksum", BY_TABLE, "features", flipped);
    let unknown = format!("{BY_TABLE}\narrays = [\"layer4\"]");
    broken("npz_unknown_array", &unknown, "features", &both);
}

#[test]
fn safetensors() {
    let arrays: &[(&str, Element, &[usize])] = &[("features", Element::F32, &[3, 2])];
    let mut writer = SafetensorsWriter::new(Vec::new(), arrays).unwrap();
    writer.push(&VALUES).unwrap();
    let whole = writer.finish().unwrap();
    broken("safetensors_truncated", BY_TABLE, "features", &whole[..whole.len() - 4]);
    let header = br#"{"a":{"dtype":"U8","shape":[3,2],"data_offsets":[0,6]},
        "b":{"dtype":"U8","shape":[3,2],"data_offsets":[4,10]}}"#;
    let overlapping = [&(header.len() as u64).to_le_bytes(), &header[..], &[1; 10]].concat();
    broken("safetensors_overlap", BY_TABLE, "features", overlapping);
}

#[test]
fn tables_of_features() {
    let prefixed = format!("{BY_TABLE}\nfeature_prefix = \"f\"");
    let table = "f0,f1\n1,2\n3,4\n5,6\n";
    broken("table_no_number", &prefixed, "features", table.replace('4', "four"));
    broken("table_no_feature_columns", &prefixed, "features", table.replace('f', "g"));
    broken("table_columns_not_named", BY_TABLE, "features", table);
    broken("table_says_no_class", "feature_prefix = \"f\"", "features", table);
    broken("parquet_truncated", &prefixed, "features", "PAR1 and nothing else");
    broken("parquet_damaged", &prefixed, "features", "PAR1 rubbish PAR1");
}

#[test]
fn labels_and_classes() {
    broken("label_beyond_the_list", BY_LABELS, "labels", npy(&[3], &[0.0, 1.0, 2.0]));
    broken("labels_too_few", BY_LABELS, "labels", npy(&[2], &[0.0, 1.0]));
    broken("class_listed_twice", BY_LABELS, "classes.txt", "ant\nbee\nant\n");
    broken("samples_without_class", BY_TABLE, "samples.csv", "path,label\na.jpg,ant\n");
    broken("sample_twice", BY_TABLE, "samples.csv", "path,class\na,ant\nb,bee\na,ant\n");
    fails("no_classes_at_all", &importing(""), 4);
    fails("two_sources_of_classes", &importing(&format!("{BY_TABLE}\n{BY_LABELS}")), 3);
}

#[test]
fn attributes_as_arrays() {
    let attributes = |name: &str, matrix: Vec<u8>| {
        let project = Project::new();
        project
            .file(
                "x.toml",
                "[experiment]\nname = \"x\"\n\n[stage.attributes]\nkind = \"import-attributes\"\n\
                 params = { classes = \"classes.txt\", matrix = \"matrix.npy\" }\n",
            )
            .file("data/classes.txt", "ant\nbee\n")
            .file("data/matrix.npy", matrix);
        fails(name, &project, 4);
    };
    attributes("attributes_transposed", npy(&[3, 2], &VALUES));
    attributes("attributes_infinite", npy(&[2, 2], &[1.0, 2.0, 3.0, f64::INFINITY]));
}

/// One stage that imports a folder of photos.
fn folder(name: &str, files: &[(&str, Vec<u8>)]) {
    let project = Project::new();
    project.file(
        "x.toml",
        "[experiment]\nname = \"x\"\n\n[stage.photos]\nkind = \"import-folder\"\n\
         params = { folder = \"photos\" }\n",
    );
    for (path, content) in files {
        project.file(&format!("data/photos/{path}"), content);
    }
    fails(name, &project, 4);
}

#[test]
fn folders() {
    folder("folder_empty_class", &[("ant/1.png", png(1)), ("bee/.keep", Vec::new())]);
    folder("folder_no_picture", &[("ant/1.png", png(1)), ("ant/notes.txt", b"text".to_vec())]);
    folder("folder_too_deep", &[("train/ant/1.png", png(1))]);
    folder("folder_without_classes", &[("1.png", png(1))]);
}

#[test]
fn digits() {
    let digits = |name: &str, images: Vec<u8>, labels: Vec<u8>| {
        let project = Project::new();
        project
            .file(
                "x.toml",
                "[experiment]\nname = \"x\"\n\n[stage.digits]\nkind = \"import-idx\"\n\
                 params = { images = \"images\", labels = \"labels\" }\n",
            )
            .file("data/images", images)
            .file("data/labels", labels);
        fails(name, &project, 4);
    };
    let (images, labels) = (idx(&[2, 2, 2], &[9; 8]), idx(&[2], &[0, 1]));
    digits("idx_truncated", images[..20].to_vec(), labels.clone());
    digits("idx_exchanged", labels.clone(), images.clone());
    digits("idx_other_count", images.clone(), idx(&[3], &[0, 1, 2]));
    digits("idx_huge_header", idx(&[2, u32::MAX, u32::MAX], &[9; 8]), labels.clone());
    digits("idx_not_gzip", [&[0x1f, 0x8b][..], &images].concat(), labels);
}
