//! Small data files to break.

use std::io::{Cursor, Write as _};

use erpc_pipe::onnx::ModelBuilder;
use image::{ImageFormat, Rgb, RgbImage};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Project;

/// A picture of one colour.
pub(crate) fn png(colour: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(12, 12, Rgb([colour, 10, 200]))
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A tar archive.
pub(crate) fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

/// A zip archive of members that are not compressed, as `numpy.savez` makes it.
pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An IDX file of bytes.
pub(crate) fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
    bytes.extend(shape.iter().flat_map(|side| side.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// Three classes with four photos each.
pub(crate) const INDEX: &str = "path,class\n\
    fox/1.png,fox\nfox/2.png,fox\nfox/3.png,fox\nfox/4.png,fox\n\
    cat/1.png,cat\ncat/2.png,cat\ncat/3.png,cat\ncat/4.png,cat\n\
    dog/1.png,dog\ndog/2.png,dog\ndog/3.png,dog\ndog/4.png,dog\n\
    owl/1.png,owl\nowl/2.png,owl\nowl/3.png,owl\nowl/4.png,owl\n";

/// The members that [`INDEX`] names.
pub(crate) fn photos() -> Vec<(&'static str, Vec<u8>)> {
    let paths = INDEX.lines().skip(1).map(|line| line.split(',').next().unwrap());
    paths.zip(0..).map(|(path, colour)| (path, png(colour * 10))).collect()
}

/// A network whose tensor `features` is the mean of each channel.
pub(crate) fn network() -> Vec<u8> {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    builder.node("GlobalAveragePool", &["input"], "pooled");
    builder.node("Flatten", &["pooled"], "features");
    builder.finish(&["features"]).unwrap().encode()
}

/// A whole experiment on these files; every part of it is sound.
pub(crate) const SOUND: &str = r#"
[experiment]
name = "sound"

[stage.photos]
kind = "import-photos"
params = { archive = "photos.tar", index = "photos.csv" }

[stage.attributes]
kind = "import-attributes"
params = { classes = "classes.txt", names = "names.txt", matrix = "matrix.txt" }

[stage.backbone]
kind = "import-onnx"
params = { file = "net.onnx" }

[stage.features]
kind = "extract"
inputs = { images = "photos", model = "backbone" }
params = { tensors = ["features"], preprocess = { size = 12 }, runtime = "embedded" }

[stage.split]
kind = "split-classes"
inputs = { samples = "photos", attributes = "attributes" }
params = { unseen = ["owl"], validation_unseen = ["dog"] }

[stage.fit]
kind = "fit-eszsl"
inputs = { features = "features", samples = "photos", attributes = "attributes", train = "split" }

[stage.score]
kind = "score"
inputs = { model = "fit", features = "features", samples = "photos", attributes = "attributes", test_seen = "split", test_unseen = "split" }

[stage.evaluation]
kind = "evaluate"
inputs = { scores = "score" }
"#;

/// A project with all of it.
pub(crate) fn sound() -> Project {
    let project = Project::new();
    project
        .file("x.toml", SOUND)
        .file("data/photos.tar", tar(&photos()))
        .file("data/photos.csv", INDEX)
        .file("data/classes.txt", "1\tfox\n2\tcat\n3\tdog\n4\towl\n")
        .file("data/names.txt", "1\tred\n2\tfurry\n")
        .file("data/matrix.txt", "1.0 0.5\n0.2 0.9\n0.5 0.5\n0.1 0.3\n")
        .file("data/net.onnx", network());
    project
}

/// The sound experiment with one piece of its manifest replaced.
pub(crate) fn with(from: &str, to: &str) -> Project {
    assert!(SOUND.contains(from), "{from}");
    let project = sound();
    project.file("x.toml", SOUND.replace(from, to));
    project
}

#[test]
fn the_sound_experiment_runs() {
    let happened = sound().execute(&["x.toml"]);
    assert_eq!(happened.ran.len(), 8, "{happened:?}");
}
