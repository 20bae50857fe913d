//! `import-onnx`: takes a trained network into the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::onnx::OnnxModel;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

use super::extract::network_error;

/// Which network.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportOnnxParams {
    /// The ONNX file, with its weights inside.
    pub file: FileRef,
}

inputs! {
    /// `import-onnx` reads a file only.
    pub struct ImportOnnxInputs {}
}

outputs! {
    /// What `import-onnx` makes.
    pub struct ImportOnnxOutputs {
        /// The network.
        model: OnnxModel,
    }
}

/// The stage `import-onnx`.
pub struct ImportOnnx;

impl Stage for ImportOnnx {
    const KIND: &'static str = "import-onnx";
    const SUMMARY: &'static str = "takes a trained network from an ONNX file";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportOnnxParams;
    type Inputs = ImportOnnxInputs;
    type Outputs = ImportOnnxOutputs;

    fn run(
        params: &ImportOnnxParams,
        _: ImportOnnxInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportOnnxOutputs, StageError> {
        let name = cx.display(&params.file);
        let model = OnnxModel::new(cx.map(&params.file)?).map_err(|error| StageError::Data {
            message: format!("`{name}`: {error}"),
            help: error.help(),
        })?;
        let graph = model.graph().map_err(network_error)?;
        let (nodes, tensors) = (graph.nodes().len(), graph.tensors().len());
        let outputs = graph.outputs().join(", ");
        cx.note(format!("{nodes} nodes offer {tensors} tensors; outputs: {outputs}"));
        Ok(ImportOnnxOutputs { model })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Signal;
    use crate::onnx::ModelBuilder;
    use crate::stage::testing::Bench;

    #[test]
    fn a_network_is_taken_byte_for_byte() {
        let mut builder = ModelBuilder::new("input", &[3, 2, 2]);
        builder.node("Relu", &["input"], "map");
        let bytes = builder.finish(&["map"]).unwrap().encode();
        let mut bench = Bench::new();
        let file = bench.file("net.onnx", &bytes);
        let outcome = bench.run::<ImportOnnx>(&ImportOnnxParams { file }).unwrap();
        let model: OnnxModel = outcome.output("model");
        assert_eq!(model.graph().unwrap().encode(), bytes);
        let text = "1 nodes offer 1 tensors; outputs: map".to_owned();
        assert_eq!(outcome.signals, [Signal::Note { text }]);
    }

    #[test]
    fn a_file_that_is_no_network_is_named() {
        let mut bench = Bench::new();
        let file = bench.file("net.onnx", b"<html>not found</html>");
        let error = bench.run::<ImportOnnx>(&ImportOnnxParams { file }).err().unwrap();
        let text = error.to_string();
        assert!(text.contains("net.onnx`: not an ONNX file: "), "{text}");
    }
}
