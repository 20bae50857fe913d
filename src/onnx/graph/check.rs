//! What every real network has, and a file of random bytes has not.

use std::collections::BTreeSet;

use super::super::OnnxError;
use super::{Graph, label};

impl Graph {
    /// Random bytes may well decode: these are what every real file has.
    pub(super) fn check(&self) -> Result<(), OnnxError> {
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
