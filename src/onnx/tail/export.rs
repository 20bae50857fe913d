//! What a tail has learnt, as ONNX again.

use std::collections::BTreeMap;

use prost::bytes::Bytes;

use crate::nn::Real;
use crate::nn::tape::Parameters;

use super::super::proto::{GraphProto, NodeProto, TensorProto, element};
use super::super::{Graph, OnnxError};
use super::weight::Weight;
use super::{Tail, TailCopy};

impl Tail {
    /// The part alone, with the weights of a copy: a network of maps [N, C, H, W] of any size.
    ///
    /// # Errors
    /// [`OnnxError`] if the graph is damaged.
    pub fn export<T: Real>(
        &self,
        copy: &TailCopy,
        parameters: &Parameters<T>,
    ) -> Result<Graph, OnnxError> {
        self.export_into(&self.graph, copy, parameters)
    }

    /// The network that the tail was taken from, with the weights of a copy in their places.
    /// Everything else stays as it was: a weight that is read outside the part, too, is there twice.
    ///
    /// # Errors
    /// [`OnnxError::UnknownTensor`] if it is another network.
    pub fn export_into<T: Real>(
        &self,
        graph: &Graph,
        copy: &TailCopy,
        parameters: &Parameters<T>,
    ) -> Result<Graph, OnnxError> {
        let mut proto = graph.proto().clone();
        let places: BTreeMap<String, usize> =
            proto.node.iter().enumerate().flat_map(outputs).collect();
        for (weight, id) in self.weights.iter().zip(&copy.ids) {
            let name = place_for(weight, &proto);
            for (output, input) in &weight.places {
                let at =
                    places.get(output).copied().filter(|at| proto.node[*at].input.len() > *input);
                let at = at.ok_or_else(|| graph.unknown(output))?;
                proto.node[at].input[*input].clone_from(&name);
            }
            put(&mut proto, weight, &name, &weight.to_file(parameters.get(*id).value()));
        }
        let outputs = graph.outputs();
        // What handed on the old weights is gone.
        graph.with(proto).cut(&outputs)
    }
}

fn outputs((at, node): (usize, &NodeProto)) -> Vec<(String, usize)> {
    node.output.iter().map(|name| (name.clone(), at)).collect()
}

/// The name of the initialiser that takes a weight: its own if nobody else reads that.
fn place_for(weight: &Weight, proto: &GraphProto) -> String {
    let reads = proto.node.iter().flat_map(|node| &node.input);
    let reads = reads.filter(|name| **name == weight.source).count();
    let is_named = |tensor: &TensorProto, name: &str| tensor.name.as_deref() == Some(name);
    let is_initializer = proto.initializer.iter().any(|tensor| is_named(tensor, &weight.source));
    if is_initializer && reads == weight.places.len() {
        return weight.source.clone();
    }
    let mut name = weight.name.clone();
    let is_taken = |name: &str| {
        proto.initializer.iter().any(|tensor| is_named(tensor, name))
            || proto.node.iter().flat_map(|node| &node.output).any(|output| output == name)
    };
    while is_taken(&name) {
        name += ".trained";
    }
    name
}

/// Puts values in the place of an initialiser, or behind the last.
fn put(proto: &mut GraphProto, weight: &Weight, name: &str, values: &[f32]) {
    let dims = weight.shape.iter().map(|length| i64::try_from(*length).unwrap_or(i64::MAX));
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let tensor = TensorProto {
        dims: dims.collect(),
        data_type: Some(element::FLOAT),
        name: Some(name.to_owned()),
        raw_data: Some(Bytes::from(bytes)),
        ..TensorProto::default()
    };
    let same = proto.initializer.iter_mut().find(|other| other.name == tensor.name);
    match same {
        Some(other) => *other = tensor,
        None => proto.initializer.push(tensor),
    }
}
