//! Pictures and networks of odd kinds: what cannot be used is named, and memory stays bounded.

use std::process::Command;

use erpc_pipe::onnx::ModelBuilder;
use erpc_pipe::onnx::proto::{
    Dimension, DimensionProto, GraphProto, ModelProto, TensorShapeProto, TensorTypeProto,
};
use prost::Message as _;

use super::{fails, redacted};
use crate::support::Ran;
use crate::support::files::{network, photos, png, sound, tar, with};

/// Puts a picture in the place of the third photo.
fn picture(name: &str, bytes: &[u8]) {
    let mut members = photos();
    members[2].1 = bytes.to_vec();
    let project = sound();
    project.file("data/photos.tar", tar(&members));
    fails(name, &project, 4);
}

/// A PNG whose head states this size; the check sum fits.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(3);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let step = |sum: u32, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    let sum = !bytes[12..29].iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step));
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// A JPEG without a picture whose head states a precision and a size.
fn jpeg_head(marker: u8, precision: u8, size: u16) -> Vec<u8> {
    let [high, low] = size.to_be_bytes();
    let frame = [0xff, marker, 0, 11, precision, high, low, high, low, 1, 1, 0x11, 0];
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
    [&[0xff, 0xd8][..], &frame, &scan, &[0xff, 0xd9]].concat()
}

#[test]
fn pictures_of_kinds_that_are_not_read() {
    picture("animated_gif", include_bytes!("pictures/animated.gif"));
    picture("bitmap", include_bytes!("pictures/picture.bmp"));
    picture("arithmetic_jpeg", &jpeg_head(0xc9, 8, 16));
    picture("twelve_bit_jpeg", &jpeg_head(0xc1, 12, 16));
}

#[test]
fn pictures_that_lie_about_their_size() {
    picture("huge_png", &png_head(40_000, 40_000));
    picture("huge_jpeg", &jpeg_head(0xc0, 8, 65_535));
    picture("png_without_width", &png_head(0, 12));
    picture("jpeg_without_height", &jpeg_head(0xc0, 8, 0));
    picture("png_of_another_size", &png_head(12, 500));
}

#[test]
fn pictures_that_are_damaged() {
    let mut bytes = png(3);
    let data = bytes.windows(4).position(|kind| kind == b"IDAT").unwrap();
    bytes[data + 7] ^= 0x55;
    picture("damaged_png", &bytes);
    let jpeg = include_bytes!("../../src/data/preprocess/pictures/progressive.jpg");
    picture("truncated_jpeg", &jpeg[..jpeg.len() * 2 / 3]);
    picture("empty_jpeg", b"\xff\xd8\xff\xd9");
}

#[test]
fn a_picture_too_narrow_to_keep_its_shape() {
    let mut members = photos();
    let mut bytes = std::io::Cursor::new(Vec::new());
    let strip = image::GrayImage::new(1, 60_000);
    strip.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    members[2].1 = bytes.into_inner();
    let preprocess = "preprocess = { resize = \"short-side\", size = 256, crop = 12 }";
    let project = with("preprocess = { size = 12 }", preprocess);
    project.file("data/photos.tar", tar(&members));
    fails("too_narrow", &project, 4);
}

#[test]
fn a_huge_head_takes_no_memory() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: there is no `prlimit` here");
        return;
    }
    let mut members = photos();
    members[2].1 = png_head(40_000, 40_000);
    let project = sound();
    project.file("data/photos.tar", tar(&members));
    let program = project.command(&["run", "--quiet", "x.toml", "--threads", "1"]);
    // 40,000 x 40,000 pixels would take 4.8 GB; the whole program gets 2.
    let mut limited = Command::new("prlimit");
    limited.arg("--as=2000000000").arg(program.get_program()).args(program.get_args());
    limited.current_dir(project.path("")).env_remove("ERPC_STORE").env_remove("ERPC_DATA");
    let ran = Ran::from(limited.output().unwrap());
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("is 40000x40000 pixels"), "{}", ran.stderr);
}

/// The sound network, changed.
fn changed(change: impl Fn(&mut GraphProto)) -> Vec<u8> {
    let mut model = ModelProto::decode(network().as_slice()).unwrap();
    change(model.graph.as_mut().unwrap());
    model.encode_to_vec()
}

fn runs_not(name: &str, network: Vec<u8>) {
    let project = sound();
    project.file("data/net.onnx", network);
    fails(name, &project, 4);
}

/// The declared type of the input.
fn input(graph: &mut GraphProto) -> &mut TensorTypeProto {
    graph.input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap()
}

fn shape(lengths: &[i64]) -> TensorShapeProto {
    let axis = |length: &i64| DimensionProto { value: Some(Dimension::Value(*length)) };
    TensorShapeProto { dim: lengths.iter().map(axis).collect() }
}

#[test]
fn networks_that_take_no_images() {
    runs_not("input_of_rank_2", changed(|graph| input(graph).shape = Some(shape(&[1, 432]))));
    runs_not("grey_network", changed(|graph| input(graph).shape = Some(shape(&[8, 1, 12, 12]))));
    runs_not("half_precision_input", changed(|graph| input(graph).elem_type = Some(10)));
    runs_not(
        "two_inputs",
        changed(|graph| {
            let mut second = graph.input[0].clone();
            second.name = "mask".to_owned();
            graph.input.push(second);
            graph.node[0].input.push("mask".to_owned());
        }),
    );
    let fixed = changed(|graph| input(graph).shape = Some(shape(&[1, 3, 12, 12])));
    runs_not("batch_of_one", fixed);
}

/// A network that ends in a matrix for images of 12 x 12.
fn with_matrix() -> ModelBuilder {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    builder.weight("matrix", &[2, 432], &[0.5; 864]);
    builder.weight("bias", &[2], &[0.5; 2]);
    builder.node("Flatten", &["input"], "flat");
    builder.node("Gemm", &["flat", "matrix", "bias"], "features").int("transB", 1);
    builder
}

#[test]
fn networks_whose_shapes_show_only_when_they_run() {
    let bytes = with_matrix().finish(&["features"]).unwrap().encode();
    let open = |shape: Option<TensorShapeProto>| {
        let mut model = ModelProto::decode(bytes.as_slice()).unwrap();
        input(model.graph.as_mut().unwrap()).shape = shape;
        let project = with("size = 12 }", "size = 16 }");
        project.file("data/net.onnx", model.encode_to_vec());
        project
    };
    fails("missing_shape", &open(None), 4);
    let named = |name: &str| DimensionProto { value: Some(Dimension::Name(name.to_owned())) };
    let dynamic = TensorShapeProto { dim: ["N", "C", "H", "W"].map(named).to_vec() };
    fails("dynamic_shape", &open(Some(dynamic)), 4);
}

#[test]
fn open_and_missing_shapes_are_no_fault_where_they_fit() {
    for missing in [true, false] {
        let project = sound();
        project.file(
            "data/net.onnx",
            changed(|graph| {
                let open = Some(shape(&[0, 3, 0, -1]));
                input(graph).shape = if missing { None } else { open };
            }),
        );
        assert_eq!(project.execute(&["x.toml"]).ran.len(), 8);
    }
}

#[test]
fn networks_that_are_damaged() {
    let matrix =
        || ModelProto::decode(with_matrix().finish(&["features"]).unwrap().encode().as_slice());
    let damaged = |name: &str, change: &dyn Fn(&mut GraphProto)| {
        let mut model = matrix().unwrap();
        change(model.graph.as_mut().unwrap());
        runs_not(name, model.encode_to_vec());
    };
    damaged("external_data", &|graph| {
        graph.initializer[0].raw_data = None;
        graph.initializer[0].data_location = Some(1);
    });
    damaged("short_weights", &|graph| graph.initializer[0].dims = vec![2, 433]);
    damaged("endless_weights", &|graph| graph.initializer[0].dims = vec![1 << 40, 1 << 40]);
    damaged("half_precision_weights", &|graph| graph.initializer[0].data_type = Some(10));
    damaged("tensor_that_nothing_makes", &|graph| graph.node[0].input[0] = "picture".to_owned());
    damaged("no_nodes", &|graph| graph.node.clear());
}

#[test]
fn a_pooling_with_endless_padding() {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    let pads = [1_usize << 30; 4];
    builder.node("MaxPool", &["input"], "pool").ints("kernel_shape", &[2, 2]).ints("pads", &pads);
    builder.node("Flatten", &["pool"], "features");
    runs_not("endless_padding", builder.finish(&["features"]).unwrap().encode());
}

#[test]
fn views_that_cannot_be() {
    let views = |name: &str, views: &str| {
        let preprocess = format!("preprocess = {{ size = 12, views = {views} }}");
        fails(name, &with("preprocess = { size = 12 }", &preprocess), 3);
    };
    views("random_crop_without_views", "{ crop = \"resized\" }");
    views("no_views", "{ count = 0 }");
    views("part_of_the_wrong_area", "{ count = 2, area = [0.5, 1.5] }");
}

#[test]
fn show_names_what_is_wrong_with_a_network() {
    let project = sound();
    project.file("data/net.onnx", "no protobuf at all");
    let ran = project.run(&["show", "net.onnx"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(redacted(&project, &ran).contains("net.onnx`: not an ONNX file"), "{}", ran.stderr);
    assert_eq!(project.run(&["show", "absent.onnx"]).code, 2);
}
