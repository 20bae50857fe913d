//! `export-onnx`: a network as a file beside the tables and figures of an experiment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::onnx::{OnnxFile, OnnxModel};
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};

/// Nothing: the stage's name is that of the file.
#[derive(Clone, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExportOnnxParams {}

inputs! {
    /// What `export-onnx` reads.
    pub struct ExportOnnxInputs {
        /// The network.
        model: OnnxModel,
    }
}

outputs! {
    /// What `export-onnx` makes.
    pub struct ExportOnnxOutputs {
        /// The same bytes, published as `STAGE.onnx`.
        file: OnnxFile,
    }
}

/// The stage `export-onnx`.
pub struct ExportOnnx;

impl Stage for ExportOnnx {
    const KIND: &'static str = "export-onnx";
    const SUMMARY: &'static str = "publishes a network as an ONNX file beside tables and figures";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ExportOnnxParams;
    type Inputs = ExportOnnxInputs;
    type Outputs = ExportOnnxOutputs;

    fn run(
        _: &ExportOnnxParams,
        inputs: ExportOnnxInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ExportOnnxOutputs, StageError> {
        cx.note(format!("{} bytes", inputs.model.bytes()));
        Ok(ExportOnnxOutputs { file: OnnxFile(inputs.model) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Artifact as _, Blob};
    use crate::onnx::ModelBuilder;
    use crate::stage::testing::Bench;

    #[test]
    fn a_network_is_handed_on_byte_for_byte() {
        let mut builder = ModelBuilder::new("input", &[3, 2, 2]);
        builder.node("Relu", &["input"], "map");
        let bytes = builder.finish(&["map"]).unwrap().encode();
        let model = OnnxModel::new(Blob::from_bytes(&bytes)).unwrap();
        let bench = Bench::new().input("model", &model);
        let outcome = bench.run::<ExportOnnx>(&ExportOnnxParams {}).unwrap();
        let file: OnnxFile = outcome.output("file");
        assert_eq!(**file.sealed().unwrap(), *bytes);
    }
}
