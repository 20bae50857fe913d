//! Cutting a network at tensors.

use std::collections::BTreeSet;

use super::super::OnnxError;
use super::super::proto::{
    GraphProto, NodeProto, TensorProto, TensorTypeProto, TypeProto, ValueInfoProto, element,
};
use super::Graph;

impl Graph {
    /// The graph that makes `names` and nothing else, in that order.
    ///
    /// # Errors
    /// [`OnnxError::UnknownTensor`].
    pub fn cut(&self, names: &[impl AsRef<str>]) -> Result<Self, OnnxError> {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let offered: BTreeSet<&str> = self.tensors().into_iter().collect();
        if let Some(name) = names.iter().find(|name| !offered.contains(**name)) {
            return Err(self.unknown(name));
        }
        let source = self.proto();
        let (kept, read) = needed(&source.node, &names);
        let graph = GraphProto {
            node: kept.iter().map(|&index| source.node[index].clone()).collect(),
            name: source.name.clone(),
            initializer: named(&source.initializer, &read),
            input: source.input.iter().filter(|info| read.contains(&info.name)).cloned().collect(),
            output: names.iter().map(|name| self.type_of(name)).collect(),
            // What is left out here is inferred again, and a stale entry cannot contradict.
            value_info: Vec::new(),
            sparse_initializer: source.sparse_initializer.clone(),
        };
        Ok(self.with(graph))
    }

    fn type_of(&self, name: &str) -> ValueInfoProto {
        let known = self.proto().output.iter().chain(&self.proto().value_info);
        let known = known.into_iter().find(|info| info.name == name && info.r#type.is_some());
        known.cloned().unwrap_or_else(|| ValueInfoProto {
            name: name.to_owned(),
            r#type: Some(TypeProto {
                tensor_type: Some(TensorTypeProto { elem_type: Some(element::FLOAT), shape: None }),
            }),
        })
    }
}

/// The nodes that `names` need, in order, and the names of all tensors those read.
pub(in crate::onnx) fn needed(
    nodes: &[NodeProto],
    names: &[&str],
) -> (Vec<usize>, BTreeSet<String>) {
    let mut wanted: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut kept = Vec::new();
    for (index, node) in nodes.iter().enumerate().rev() {
        if node.output.iter().any(|output| wanted.contains(output)) {
            read_by(node, &mut wanted);
            kept.push(index);
        }
    }
    kept.reverse();
    (kept, wanted)
}

/// Adds what a node reads, the outer tensors that its sub-graphs read included.
fn read_by(node: &NodeProto, names: &mut BTreeSet<String>) {
    names.extend(node.input.iter().cloned());
    let boxed = node.attribute.iter().filter_map(|attribute| attribute.g.as_deref());
    let listed = node.attribute.iter().flat_map(|attribute| &attribute.graphs);
    for inner in boxed.chain(listed).flat_map(|graph| &graph.node) {
        read_by(inner, names);
    }
}

fn named(tensors: &[TensorProto], names: &BTreeSet<String>) -> Vec<TensorProto> {
    let is_named = |t: &&TensorProto| t.name.as_ref().is_some_and(|name| names.contains(name));
    tensors.iter().filter(is_named).cloned().collect()
}
