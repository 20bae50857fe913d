use super::*;
use crate::onnx::ModelBuilder;

fn diamond() -> Graph {
    let mut builder = ModelBuilder::new("input", &[3, 4, 4]);
    builder.weight("w", &[1, 3, 1, 1], &[1.0, 2.0, 3.0]);
    builder.weight("unused", &[1], &[0.0]);
    builder.node("Conv", &["input", "w"], "conv").ints("kernel_shape", &[1, 1]);
    builder.node("Relu", &["conv"], "left");
    builder.node("Identity", &["conv"], "right");
    builder.node("Add", &["left", "right"], "sum");
    builder.finish(&["sum"]).unwrap()
}

#[test]
fn a_cut_keeps_what_its_tensors_need_and_nothing_else() {
    let cut = diamond().cut(&["left"]).unwrap();
    assert_eq!(cut.tensors(), ["conv", "left"]);
    assert_eq!(cut.outputs(), ["left"]);
    assert_eq!(cut.initializers().len(), 1);
    assert_eq!(cut.image_input().unwrap().name, "input");
    let again = Graph::parse(&Blob::from_bytes(&cut.encode())).unwrap();
    assert_eq!(again.encode(), cut.encode());
}

#[test]
fn a_cut_gives_its_tensors_in_the_order_asked_for() {
    let cut = diamond().cut(&["right", "left"]).unwrap();
    assert_eq!(cut.outputs(), ["right", "left"]);
}

#[test]
fn an_unknown_tensor_is_answered_with_names_that_are_like_it() {
    let error = diamond().cut(&["leftt"]).unwrap_err();
    assert!(error.to_string().contains("the graph makes `conv`, `left`"), "{error}");
    assert_eq!(
        error.help().unwrap(),
        "did you mean `left`? `erpc-pipe show FILE.onnx` lists every tensor with its shape"
    );
}

#[test]
fn bytes_that_are_no_network_are_refused() {
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n0000", b"\x08\x07", &[0x5a; 64]] {
        let error = Graph::parse(&Blob::from_bytes(bytes)).unwrap_err();
        assert!(matches!(error, OnnxError::NotOnnx { .. }), "{bytes:?}: {error}");
    }
    let whole = diamond().encode();
    assert!(Graph::parse(&Blob::from_bytes(&whole[..whole.len() - 20])).is_err());
}

#[test]
fn weights_in_another_file_are_named() {
    let mut model = diamond().model;
    model.graph.as_mut().unwrap().initializer[0].data_location = Some(1);
    let error = Graph::from_model(model).unwrap_err();
    assert_eq!(error.to_string(), "the weights `w` are in another file (external data)");
}

#[test]
fn a_tensor_that_nothing_makes_is_found() {
    let mut model = diamond().model;
    model.graph.as_mut().unwrap().node.remove(0);
    let error = Graph::from_model(model).unwrap_err();
    assert!(error.to_string().contains("`left` reads `conv`"), "{error}");
}
