//! A network as data: what it is made of, what it offers, and how to cut it.
//!
//! A file is *cut* at the tensors that are asked for before anything runs it: the outputs become
//! those tensors, and all nodes and weights that they do not need are gone. That is faster than
//! choosing some of a whole network's outputs, and it is what lets a tail be taken off.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost::bytes::Bytes;

use crate::artifact::Blob;
use crate::suggest::similar;

use super::OnnxError;
use super::parsed::Constants;
use super::proto::{
    Dimension, GraphProto, ModelProto, NodeProto, TensorProto, TensorTypeProto, TypeProto,
    ValueInfoProto, element,
};

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

    /// Another graph in the same operator sets.
    pub(super) fn with(&self, graph: GraphProto) -> Self {
        Self { model: ModelProto { graph: Some(graph), ..self.without_graph() } }
    }

    pub(super) fn proto(&self) -> &GraphProto {
        self.model.graph.as_ref().expect("a graph without its graph is never made")
    }

    fn without_graph(&self) -> ModelProto {
        let source = &self.model;
        ModelProto {
            ir_version: source.ir_version,
            producer_name: source.producer_name.clone(),
            producer_version: source.producer_version.clone(),
            domain: source.domain.clone(),
            model_version: source.model_version,
            graph: None,
            opset_import: source.opset_import.clone(),
            functions: source.functions.clone(),
        }
    }

    fn weight_names(&self) -> BTreeSet<&str> {
        self.initializers().iter().filter_map(|tensor| tensor.name.as_deref()).collect()
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

    pub(super) fn unknown(&self, name: &str) -> OnnxError {
        let offered: Vec<String> = self.tensors().into_iter().map(str::to_owned).collect();
        let nearest = similar(name, offered.iter().map(String::as_str)).into_iter();
        let nearest = nearest.take(SUGGESTIONS).map(str::to_owned).collect();
        OnnxError::UnknownTensor { name: name.to_owned(), nearest, offered }
    }

    /// Random bytes may well decode: these are what every real file has.
    fn check(&self) -> Result<(), OnnxError> {
        let not_onnx = |reason: &str| OnnxError::NotOnnx { reason: reason.to_owned() };
        if self.model.ir_version.is_none() || self.model.opset_import.is_empty() {
            return Err(not_onnx("it states neither a format version nor an operator set"));
        }
        let graph = self.model.graph.as_ref().ok_or_else(|| not_onnx("it holds no graph"))?;
        if graph.node.is_empty() {
            return Err(not_onnx("its graph has no nodes"));
        }
        let constants = graph.node.iter().flat_map(|node| &node.attribute);
        let constants = constants.filter_map(|attribute| attribute.t.as_deref());
        let outside =
            graph.initializer.iter().chain(constants).find(|t| t.data_location == Some(1));
        if let Some(tensor) = outside {
            let tensor = tensor.name.clone().unwrap_or_default();
            return Err(OnnxError::ExternalData { tensor });
        }
        self.check_order()
    }

    /// Every tensor is made before it is read, and once.
    fn check_order(&self) -> Result<(), OnnxError> {
        let graph = self.proto();
        let mut made: BTreeSet<&str> = self.weight_names();
        made.extend(graph.input.iter().map(|input| input.name.as_str()));
        let sparse = graph.sparse_initializer.iter().filter_map(|tensor| tensor.values.as_ref());
        made.extend(sparse.filter_map(|values| values.name.as_deref()));
        made.insert("");
        for node in &graph.node {
            if let Some(name) = node.input.iter().find(|name| !made.contains(name.as_str())) {
                let reason =
                    format!("`{}` reads `{name}`, which nothing before it makes", label(node));
                return Err(OnnxError::Damaged { reason });
            }
            made.extend(node.output.iter().map(String::as_str));
        }
        Ok(())
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

/// The nodes that `names` need, in order, and the names of all tensors those read.
pub(super) fn needed(nodes: &[NodeProto], names: &[&str]) -> (Vec<usize>, BTreeSet<String>) {
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

#[cfg(test)]
mod tests {
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
}
