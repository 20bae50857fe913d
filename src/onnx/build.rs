//! Writes networks: for a backbone of random filters, and for tests.

use prost::bytes::Bytes;

use super::proto::{
    AttributeProto, Dimension, DimensionProto, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
    attribute, element,
};
use super::{Graph, OnnxError};

/// The format version and operator set of what is written here.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 13;

/// Puts a network together, node by node.
pub struct ModelBuilder {
    graph: GraphProto,
}

/// The attributes of the node added last.
pub struct NodeBuilder<'a>(&'a mut NodeProto);

impl ModelBuilder {
    /// A network with one input of any number of items of this shape.
    #[must_use]
    pub fn new(input: &str, item: &[usize]) -> Self {
        let graph = GraphProto {
            name: Some("backbone".to_owned()),
            input: vec![value_info(input, Some(item))],
            ..GraphProto::default()
        };
        Self { graph }
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
    pub fn finish(mut self, outputs: &[&str]) -> Result<Graph, OnnxError> {
        self.graph.output = outputs.iter().map(|name| value_info(name, None)).collect();
        let opset = OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) };
        Graph::from_model(ModelProto {
            ir_version: Some(IR_VERSION),
            producer_name: Some("erpc-pipe".to_owned()),
            graph: Some(self.graph),
            opset_import: vec![opset],
            ..ModelProto::default()
        })
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

fn value_info(name: &str, item: Option<&[usize]>) -> ValueInfoProto {
    let fixed = |length: &usize| Dimension::Value(as_i64(*length));
    let shape = item.map(|item| {
        let axes = std::iter::once(Dimension::Name("N".to_owned())).chain(item.iter().map(fixed));
        TensorShapeProto { dim: axes.map(|axis| DimensionProto { value: Some(axis) }).collect() }
    });
    let tensor_type = Some(TensorTypeProto { elem_type: Some(element::FLOAT), shape });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}

fn as_i64(length: usize) -> i64 {
    i64::try_from(length).expect("a length in memory fits")
}
