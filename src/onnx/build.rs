//! Writes networks: backbones of random filters, what a model has learnt, and tests.

use prost::bytes::Bytes;

use super::attributes::Attributes;
use super::proto::{
    AttributeProto, Dimension, DimensionProto, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto, attribute, element,
};
use super::{Graph, OnnxError};

/// The format version and operator set of what is written here.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 13;

/// Puts a network together, node by node.
pub struct ModelBuilder {
    /// All but its graph.
    model: ModelProto,
    graph: GraphProto,
}

/// The attributes of the node added last.
pub struct NodeBuilder<'a>(pub(super) &'a mut NodeProto);

impl ModelBuilder {
    /// A network with one input of any number of items of this shape.
    #[must_use]
    pub fn new(input: &str, item: &[usize]) -> Self {
        let graph = GraphProto {
            name: Some("backbone".to_owned()),
            input: vec![value_info(input, element::FLOAT, Some(item))],
            ..GraphProto::default()
        };
        let opset = OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) };
        let model = ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("erpc-pipe".to_owned()),
            opset_import: vec![opset],
            ..ModelProto::default()
        };
        Self { model, graph }
    }

    /// Names the network; without this it is a `backbone`.
    pub fn name(&mut self, name: &str) {
        self.graph.name = Some(name.to_owned());
    }

    /// Adds another input of floats, of as many items.
    pub fn input(&mut self, name: &str, item: &[usize]) {
        self.graph.input.push(value_info(name, element::FLOAT, Some(item)));
    }

    /// Adds an input of integers, of as many items.
    pub fn integer_input(&mut self, name: &str, item: &[usize]) {
        self.graph.input.push(value_info(name, element::INT64, Some(item)));
    }

    /// Writes something about the network into its file, as a key and a value.
    pub fn remark(&mut self, key: &str, value: impl Into<String>) {
        let entry = StringStringEntryProto { key: Some(key.to_owned()), value: Some(value.into()) };
        self.model.metadata_props.push(entry);
    }

    /// Adds a network whose only input is `input` of this one; all its other names get `prefix` in
    /// front. Gives the names of its outputs. The whole is then in the operator sets of what was
    /// added.
    ///
    /// # Errors
    /// [`OnnxError::Inputs`] if it has another number of inputs, [`OnnxError::Node`] for a node that
    /// holds a graph of its own.
    pub fn append(
        &mut self,
        part: &Graph,
        prefix: &str,
        input: &str,
    ) -> Result<Vec<String>, OnnxError> {
        let own = &part.image_input()?.name;
        let renamed = |name: &str| match name {
            "" => String::new(),
            name if name == own => input.to_owned(),
            name => format!("{prefix}{name}"),
        };
        for node in part.nodes() {
            if node.attribute.iter().any(|one| one.g.is_some() || !one.graphs.is_empty()) {
                return Err(Attributes(node).error("it holds a graph of its own"));
            }
            self.graph.node.push(NodeProto {
                input: node.input.iter().map(|name| renamed(name)).collect(),
                output: node.output.iter().map(|name| renamed(name)).collect(),
                name: node.name.as_deref().map(renamed),
                ..node.clone()
            });
        }
        for tensor in part.initializers() {
            let name = tensor.name.as_deref().map(renamed);
            self.graph.initializer.push(TensorProto { name, ..tensor.clone() });
        }
        let theirs = part.without_graph();
        self.model.ir_version = self.model.ir_version.max(theirs.ir_version);
        self.model.opset_import = theirs.opset_import;
        self.model.functions.extend(theirs.functions);
        Ok(part.outputs().into_iter().map(renamed).collect())
    }

    /// Adds weights.
    ///
    /// # Panics
    /// If the values do not fill the shape.
    pub fn weight(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "`{name}` fills its shape");
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.graph.initializer.push(TensorProto {
            dims: shape.iter().map(|&length| as_i64(length)).collect(),
            data_type: Some(element::FLOAT),
            name: Some(name.to_owned()),
            raw_data: Some(Bytes::from(bytes)),
            ..TensorProto::default()
        });
    }

    /// Adds a constant list of integers, such as the target of a `Reshape`.
    pub fn integers(&mut self, name: &str, values: &[i64]) {
        self.graph.initializer.push(TensorProto {
            dims: vec![as_i64(values.len())],
            data_type: Some(element::INT64),
            name: Some(name.to_owned()),
            int64_data: values.to_vec(),
            ..TensorProto::default()
        });
    }

    /// Adds a node that reads `inputs` and makes `output`.
    pub fn node(&mut self, operator: &str, inputs: &[&str], output: &str) -> NodeBuilder<'_> {
        let position = self.graph.node.len();
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: Some(output.to_owned()),
            op_type: operator.to_owned(),
            ..NodeProto::default()
        });
        NodeBuilder(&mut self.graph.node[position])
    }

    /// The network that gives `outputs`.
    ///
    /// # Errors
    /// [`OnnxError`] if the nodes do not fit together.
    pub fn finish(self, outputs: &[&str]) -> Result<Graph, OnnxError> {
        let outputs = outputs.iter().map(|name| value_info(name, element::FLOAT, None)).collect();
        self.finish_as(outputs)
    }

    /// The network that gives `outputs`, each of as many items of its shape as go in.
    ///
    /// # Errors
    /// [`OnnxError`] if the nodes do not fit together.
    pub fn finish_with(self, outputs: &[(&str, &[usize])]) -> Result<Graph, OnnxError> {
        let info = |(name, item): &(&str, &[usize])| value_info(name, element::FLOAT, Some(item));
        self.finish_as(outputs.iter().map(info).collect())
    }

    fn finish_as(mut self, outputs: Vec<ValueInfoProto>) -> Result<Graph, OnnxError> {
        self.graph.output = outputs;
        Graph::from_model(ModelProto { graph: Some(self.graph), ..self.model })
    }
}

impl NodeBuilder<'_> {
    /// Sets a list of integers.
    pub fn ints(&mut self, name: &str, values: &[usize]) -> &mut Self {
        let ints = values.iter().map(|&value| as_i64(value)).collect();
        self.push(AttributeProto { ints, ..empty(name, attribute::INTS) })
    }

    /// Sets an integer.
    pub fn int(&mut self, name: &str, value: i64) -> &mut Self {
        self.push(AttributeProto { i: Some(value), ..empty(name, attribute::INT) })
    }

    /// Sets a float.
    pub fn float(&mut self, name: &str, value: f32) -> &mut Self {
        self.push(AttributeProto { f: Some(value), ..empty(name, attribute::FLOAT) })
    }

    fn push(&mut self, attribute: AttributeProto) -> &mut Self {
        self.0.attribute.push(attribute);
        self
    }
}

fn empty(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: Some(kind), ..AttributeProto::default() }
}

fn value_info(name: &str, kind: i32, item: Option<&[usize]>) -> ValueInfoProto {
    let fixed = |length: &usize| Dimension::Value(as_i64(*length));
    let shape = item.map(|item| {
        let axes = std::iter::once(Dimension::Name("N".to_owned())).chain(item.iter().map(fixed));
        TensorShapeProto { dim: axes.map(|axis| DimensionProto { value: Some(axis) }).collect() }
    });
    let tensor_type = Some(TensorTypeProto { elem_type: Some(kind), shape });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}

fn as_i64(length: usize) -> i64 {
    i64::try_from(length).expect("a length in memory fits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> Graph {
        let mut builder = ModelBuilder::new("x", &[2]);
        builder.weight("w", &[3, 2], &[0.5; 6]);
        builder.node("Gemm", &["x", "w", ""], "y").int("transB", 1);
        builder.finish(&["y"]).unwrap()
    }

    #[test]
    fn a_network_in_another_one_has_names_of_its_own() {
        let mut builder = ModelBuilder::new("y", &[2]);
        builder.node("Relu", &["y"], "x");
        assert_eq!(builder.append(&part(), "part.", "x").unwrap(), ["part.y"]);
        let graph = builder.finish_with(&[("part.y", &[3])]).unwrap();
        let inputs: Vec<&[String]> = graph.nodes().iter().map(|node| &*node.input).collect();
        assert_eq!(inputs, [&["y"][..], &["x", "part.w", ""]]);
        assert_eq!(graph.tensors(), ["x", "part.y"]);
    }

    #[test]
    fn a_network_that_holds_graphs_or_reads_more_is_not_added() {
        let mut inner = part().proto().clone();
        let inside = Some(Box::new(GraphProto::default()));
        inner.node[0].attribute.push(AttributeProto { g: inside, ..empty("body", 5) });
        let inner = part().with(inner);
        let mut builder = ModelBuilder::new("x", &[2]);
        let error = builder.append(&inner, "part.", "x").unwrap_err().to_string();
        assert_eq!(error, "node `y` (Gemm): it holds a graph of its own");
        let mut two = ModelBuilder::new("a", &[2]);
        two.input("b", &[2]);
        two.node("Add", &["a", "b"], "c");
        let error = builder.append(&two.finish(&["c"]).unwrap(), "part.", "x").unwrap_err();
        assert!(matches!(error, OnnxError::Inputs { .. }), "{error}");
    }

    #[test]
    fn remarks_are_read_again_and_stay_when_a_network_is_cut() {
        let mut builder = ModelBuilder::new("x", &[2]);
        builder.remark("grid", "[4, 4]");
        builder.node("Relu", &["x"], "y");
        builder.node("Relu", &["y"], "z");
        let cut = builder.finish(&["z"]).unwrap().cut(&["y"]).unwrap();
        assert_eq!((cut.remark("grid"), cut.remark("other")), (Some("[4, 4]"), None));
    }
}
