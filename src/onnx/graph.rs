//! A network as data: what it is made of, what it offers, and how to cut it.
//!
//! A file is *cut* at the tensors that are asked for before anything runs it: the outputs become
//! those tensors, and all nodes and weights that they do not need are gone. That is faster than
//! choosing some of a whole network's outputs, and it is what lets a tail be taken off.

mod check;
mod cut;

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost::bytes::Bytes;

use crate::artifact::Blob;
use crate::suggest::similar;

use super::OnnxError;
use super::parsed::Constants;
use super::proto::{Dimension, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};

pub(super) use cut::needed;

/// How many similar names a message suggests.
const SUGGESTIONS: usize = 3;

/// A parsed network. It keeps the bytes it was read from, so cloning it is cheap in weights.
#[derive(Clone, Debug)]
pub struct Graph {
    model: ModelProto,
}

/// How many nodes read a tensor; an output counts as read by two.
pub(super) type Readers<'a> = BTreeMap<&'a str, usize>;

/// A blob as the owner of shared bytes.
struct Owner(Blob);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Graph {
    /// Reads an ONNX file. The weights are not copied.
    ///
    /// # Errors
    /// [`OnnxError::NotOnnx`], [`OnnxError::Damaged`] or [`OnnxError::ExternalData`].
    pub fn parse(file: &Blob) -> Result<Self, OnnxError> {
        let bytes = Bytes::from_owner(Owner(file.clone()));
        let model = ModelProto::decode(bytes)
            .map_err(|error| OnnxError::NotOnnx { reason: error.to_string() })?;
        let graph = Self { model };
        graph.check()?;
        Ok(graph)
    }

    pub(super) fn from_model(model: ModelProto) -> Result<Self, OnnxError> {
        let graph = Self { model };
        graph.check()?;
        Ok(graph)
    }

    /// The bytes of an ONNX file with this graph.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.model.encode_to_vec()
    }

    /// The nodes, in an order in which they can run.
    #[must_use]
    pub fn nodes(&self) -> &[NodeProto] {
        &self.proto().node
    }

    /// The weights.
    #[must_use]
    pub fn initializers(&self) -> &[TensorProto] {
        &self.proto().initializer
    }

    /// What has to be put in: the declared inputs without those that are weights.
    #[must_use]
    pub fn inputs(&self) -> Vec<&ValueInfoProto> {
        let weights = self.weight_names();
        self.proto().input.iter().filter(|input| !weights.contains(input.name.as_str())).collect()
    }

    /// The names of the outputs.
    #[must_use]
    pub fn outputs(&self) -> Vec<&str> {
        self.proto().output.iter().map(|output| output.name.as_str()).collect()
    }

    /// The operator set of the standard operators.
    #[must_use]
    pub fn opset(&self) -> Option<i64> {
        let is_standard = |domain: &Option<String>| {
            domain.as_deref().is_none_or(|domain| domain.is_empty() || domain == "ai.onnx")
        };
        let sets = &self.model.opset_import;
        sets.iter().find(|set| is_standard(&set.domain)).and_then(|set| set.version)
    }

    /// What the file remarks under a key.
    #[must_use]
    pub fn remark(&self, key: &str) -> Option<&str> {
        let remarks = &self.model.metadata_props;
        let found = remarks.iter().find(|entry| entry.key.as_deref() == Some(key))?;
        found.value.as_deref()
    }

    /// Weights by name, and what `Constant` nodes make. Exporters keep weights that are equal once
    /// and let `Identity` nodes hand them on; those are constants, too.
    pub(super) fn constants(&self) -> Constants<'_> {
        let weights = self.initializers().iter();
        let weights = weights.map(|tensor| (tensor.name.as_deref().unwrap_or_default(), tensor));
        let mut constants: Constants<'_> = weights.collect();
        for node in self.nodes() {
            let value = match (node.op_type.as_str(), node.input.first()) {
                ("Constant", _) => {
                    node.attribute.iter().find_map(|attribute| attribute.t.as_deref())
                }
                ("Identity", Some(input)) => constants.get(input.as_str()).copied(),
                _ => None,
            };
            constants.extend(node.output.first().map(String::as_str).zip(value));
        }
        constants
    }

    pub(super) fn readers(&self) -> Readers<'_> {
        let mut readers = Readers::new();
        for name in self.nodes().iter().flat_map(|node| &node.input) {
            *readers.entry(name).or_default() += 1;
        }
        for name in self.outputs() {
            *readers.entry(name).or_default() += 2;
        }
        readers
    }

    /// What is declared about tensors: outputs, then those in between.
    pub(super) fn declarations(&self) -> impl Iterator<Item = &ValueInfoProto> {
        self.proto().value_info.iter().chain(&self.proto().output)
    }

    /// The name of every tensor that a node makes, in the order in which they are made.
    #[must_use]
    pub fn tensors(&self) -> Vec<&str> {
        let outputs = self.nodes().iter().flat_map(|node| &node.output);
        outputs.map(String::as_str).filter(|name| !name.is_empty()).collect()
    }

    /// The only input, for networks that take images.
    ///
    /// # Errors
    /// [`OnnxError::Inputs`] if there is none or more than one.
    pub fn image_input(&self) -> Result<&ValueInfoProto, OnnxError> {
        match self.inputs().as_slice() {
            [input] => Ok(*input),
            inputs => {
                let names = inputs.iter().map(|input| input.name.clone()).collect();
                Err(OnnxError::Inputs { names })
            }
        }
    }

    /// The arithmetic that the network does on the images themselves, before any layer: a
    /// normalisation of its own.
    #[must_use]
    pub fn first_arithmetic(&self) -> Option<&NodeProto> {
        let input = &self.image_input().ok()?.name;
        let first = self.nodes().iter().find(|node| node.input.contains(input))?;
        let is_arithmetic = ["Sub", "Add", "Mul", "Div", "BatchNormalization"];
        is_arithmetic.contains(&first.op_type.as_str()).then_some(first)
    }

    /// Another graph in the same operator sets.
    pub(super) fn with(&self, graph: GraphProto) -> Self {
        Self { model: ModelProto { graph: Some(graph), ..self.without_graph() } }
    }

    pub(super) fn proto(&self) -> &GraphProto {
        self.model.graph.as_ref().expect("a graph without its graph is never made")
    }

    /// What the file says besides its graph.
    pub(super) fn without_graph(&self) -> ModelProto {
        let source = &self.model;
        ModelProto {
            ir_version: source.ir_version,
            producer_name: source.producer_name.clone(),
            producer_version: source.producer_version.clone(),
            domain: source.domain.clone(),
            model_version: source.model_version,
            graph: None,
            opset_import: source.opset_import.clone(),
            metadata_props: source.metadata_props.clone(),
            functions: source.functions.clone(),
        }
    }

    fn weight_names(&self) -> BTreeSet<&str> {
        self.initializers().iter().filter_map(|tensor| tensor.name.as_deref()).collect()
    }

    pub(super) fn unknown(&self, name: &str) -> OnnxError {
        let offered: Vec<String> = self.tensors().into_iter().map(str::to_owned).collect();
        let nearest = similar(name, offered.iter().map(String::as_str)).into_iter();
        let nearest = nearest.take(SUGGESTIONS).map(str::to_owned).collect();
        OnnxError::UnknownTensor { name: name.to_owned(), nearest, offered }
    }
}

/// Whether what a node makes is among the constants.
pub(super) fn is_constant(node: &NodeProto, constants: &Constants<'_>) -> bool {
    let is_there = |name: &String| constants.contains_key(name.as_str());
    matches!(node.op_type.as_str(), "Constant" | "Identity")
        && node.output.first().is_some_and(is_there)
}

/// What a node is called in messages: its name, or that of what it makes.
pub(super) fn label(node: &NodeProto) -> &str {
    let name = node.name.as_deref().filter(|name| !name.is_empty());
    name.or_else(|| node.output.first().map(String::as_str)).unwrap_or("without a name")
}

/// The length of each axis of a declared tensor; `None` where it is open.
#[must_use]
pub fn declared_shape(info: &ValueInfoProto) -> Option<Vec<Option<usize>>> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let axis = |dimension: &Option<Dimension>| match dimension {
        Some(Dimension::Value(length)) => {
            usize::try_from(*length).ok().filter(|length| *length > 0)
        }
        _ => None,
    };
    Some(shape.dim.iter().map(|dimension| axis(&dimension.value)).collect())
}

#[cfg(test)]
mod tests;
