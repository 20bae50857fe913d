//! Networks that cannot be run.

use erpc_pipe::onnx::ModelBuilder;

use super::fails;
use crate::support::files::{network, sound, with};

#[test]
fn files_that_are_no_networks() {
    let project = sound();
    project.file("data/net.onnx", "no protobuf at all");
    fails("not_onnx", &project, 4);
    let project = sound();
    let whole = network();
    project.file("data/net.onnx", &whole[..whole.len() - 7]);
    fails("truncated_onnx", &project, 4);
}

#[test]
fn an_operator_that_the_embedded_kernels_do_not_have() {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    builder.node("Softplus", &["input"], "soft");
    builder.node("Flatten", &["soft"], "features");
    let project = sound();
    project.file("data/net.onnx", builder.finish(&["features"]).unwrap().encode());
    fails("unsupported_operator", &project, 4);
}

#[test]
fn tensors_and_sizes_that_do_not_fit() {
    fails("unknown_tensor", &with("tensors = [\"features\"]", "tensors = [\"feature\"]"), 4);
    fails("wrong_size", &with("size = 12 }", "size = 16 }"), 4);
}

#[test]
fn features_that_are_not_finite() {
    let mut builder = ModelBuilder::new("input", &[3, 12, 12]);
    builder.weight("huge", &[1], &[f32::MAX]);
    builder.node("Mul", &["input", "huge"], "large");
    builder.node("Mul", &["large", "huge"], "infinite");
    builder.node("Flatten", &["infinite"], "features");
    let project = sound();
    project.file("data/net.onnx", builder.finish(&["features"]).unwrap().encode());
    fails("infinite_features", &project, 4);
}
