//! Photos and attribute tables that are not what they should be.

use super::fails;
use crate::support::files::{INDEX, photos, png, sound, tar, with};

/// Replaces a data file and expects a failing stage.
fn broken(name: &str, file: &str, content: impl AsRef<[u8]>) {
    let project = sound();
    project.file(&format!("data/{file}"), content);
    fails(name, &project, 4);
}

#[test]
fn archives() {
    let whole = tar(&photos());
    broken("truncated_tar", "photos.tar", &whole[..whole.len() / 2]);
    broken("not_a_tar", "photos.tar", "this is no archive");
    broken("missing_member", "photos.tar", tar(&photos()[1..]));
}

#[test]
fn pictures() {
    let mut members = photos();
    members[2].1 = png(3)[..60].to_vec();
    broken("truncated_image", "photos.tar", tar(&members));
    members[2].1 = b"GIF89a no picture".to_vec();
    broken("not_an_image", "photos.tar", tar(&members));
    members[2].1 = Vec::new();
    broken("empty_image", "photos.tar", tar(&members));
}

#[test]
fn tables_of_photos() {
    broken("no_class_column", "photos.csv", INDEX.replace("path,class", "path,label"));
    broken("path_twice", "photos.csv", format!("{INDEX}fox/1.png,fox\n"));
    broken("empty_class", "photos.csv", INDEX.replacen("fox/2.png,fox", "fox/2.png,", 1));
    broken("ragged_row", "photos.csv", INDEX.replacen("fox/2.png,fox", "fox/2.png,fox,red", 1));
    broken("no_rows", "photos.csv", "path,class\n");
}

#[test]
fn attribute_tables() {
    broken("too_few_columns", "matrix.txt", "1.0 0.5\n0.2\n0.5 0.5\n0.1 0.3\n");
    broken("too_many_rows", "matrix.txt", "1 0\n0 1\n1 1\n0 1\n1 0\n");
    broken("no_number", "matrix.txt", "1.0 0.5\n0.2 much\n0.5 0.5\n0.1 0.3\n");
    broken("nan_attribute", "matrix.txt", "1.0 0.5\n0.2 NaN\n0.5 0.5\n0.1 0.3\n");
    broken("class_twice", "classes.txt", "1\tfox\n2\tcat\n3\tfox\n4\towl\n");
    broken("class_without_attributes", "classes.txt", "1\tfox\n2\tcat\n3\tdog\n4\temu\n");
}

#[test]
fn files_that_are_not_there() {
    let project = sound();
    for name in ["photos.tar", "matrix.txt"] {
        std::fs::remove_file(project.path(&format!("data/{name}"))).unwrap();
    }
    fails("missing_files", &project, 7);
    let project = with("\"net.onnx\"", "\"/absent/net.onnx\"");
    fails("missing_absolute_file", &project, 7);
    let project = with("\"net.onnx\"", "\"./backbones/net.onnx\"");
    fails("missing_file_beside_the_manifest", &project, 7);
}
