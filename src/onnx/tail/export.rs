//! What a tail has learnt, as ONNX again.

use std::collections::BTreeMap;

use prost::bytes::Bytes;

use crate::nn::tape::Parameters;
use crate::nn::{AveragePool, Real, Window};

use super::super::build::NodeBuilder;
use super::super::proto::{GraphProto, NodeProto, TensorProto, element};
use super::super::{Graph, OnnxError};
use super::extent::fitted;
use super::layer::Layer;
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

    /// The part alone for maps [H, W, C] of this size: as [`export`](Self::export), but a pooling
    /// window that shrinks to the only pixel of such a map stands there as it shrank, so that every
    /// runtime does as [`run`](Self::run).
    ///
    /// # Errors
    /// [`OnnxError`] if maps of this size do not fit.
    pub fn export_for<T: Real>(
        &self,
        maps: [usize; 3],
        copy: &TailCopy,
        parameters: &Parameters<T>,
    ) -> Result<Graph, OnnxError> {
        let extents = self.extents(maps)?;
        let graph = self.export(copy, parameters)?;
        let mut proto = graph.proto().clone();
        for step in &self.steps {
            let (Layer::MaxPool(window) | Layer::AveragePool(AveragePool { window, .. })) =
                &step.layer
            else {
                continue;
            };
            let shrunk = fitted(window, extents[step.reads[0]].size());
            let mut makers = proto.node.iter_mut();
            let maker = makers.find(|node| node.output.first() == Some(&step.makes));
            if let (Some(node), true) = (maker, shrunk != *window) {
                set_window(node, &shrunk);
            }
        }
        Ok(graph.with(proto))
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
        let makers: BTreeMap<String, usize> =
            proto.node.iter().enumerate().flat_map(made_by).collect();
        for (weight, id) in self.weights.iter().zip(&copy.ids) {
            let name = free_name(weight, &mut proto);
            for (output, input) in &weight.places {
                let node = makers.get(output).map(|at| &mut proto.node[*at].input);
                let read = node.and_then(|inputs| inputs.get_mut(*input));
                read.ok_or_else(|| graph.unknown(output))?.clone_from(&name);
            }
            put(&mut proto, weight, &name, &weight.in_file(parameters.get(*id).value()));
        }
        let outputs = graph.outputs();
        // What handed on the old weights is gone.
        graph.with(proto).cut(&outputs)
    }
}

/// Gives a pooling another kernel and padding.
fn set_window(node: &mut NodeProto, window: &Window) {
    let replaced = ["kernel_shape", "pads", "auto_pad"];
    node.attribute.retain(|attribute| !replaced.contains(&attribute.name.as_str()));
    let pads = [window.before, window.after];
    NodeBuilder(node).ints("kernel_shape", &window.kernel).ints("pads", pads.as_flattened());
}

fn made_by((at, node): (usize, &NodeProto)) -> Vec<(String, usize)> {
    node.output.iter().map(|name| (name.clone(), at)).collect()
}

/// The name of the initialiser that takes a weight: that which the nodes read if nobody else reads
/// it. A node that made it, to hand another weight on, then makes nothing any more.
fn free_name(weight: &Weight, proto: &mut GraphProto) -> String {
    let inputs = proto.node.iter().flat_map(|node| &node.input);
    let outputs = proto.output.iter().map(|info| &info.name);
    let reads = inputs.chain(outputs).filter(|name| **name == weight.source).count();
    if reads == weight.places.len() {
        let makes = |node: &&mut NodeProto| node.output.contains(&weight.source);
        if let Some(maker) = proto.node.iter_mut().find(makes) {
            maker.output.clear();
        }
        return weight.source.clone();
    }
    let mut name = weight.name.clone();
    let is_taken = |name: &str| {
        proto.initializer.iter().any(|tensor| tensor.name.as_deref() == Some(name))
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
