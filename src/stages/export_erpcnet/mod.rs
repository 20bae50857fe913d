//! `export-erpcnet`: a trained network as ONNX, and its weights as safetensors, for other programs.
//!
//! The network takes the feature map and the embedding of the backbone (unless it computes one of its
//! own) and the cells to be looked at, and gives embeddings and attributes;
//! [`exported`](crate::models::erpcnet::exported) names and describes every input and output.
//! `export-onnx` publishes it.
//!
//! The weights have the names of the network's initialisers; filters are [O, C, kh, kw], and matrices
//! [O, I].

use std::io::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::models::erpcnet::exported::{Exported, SINCE};
use crate::models::erpcnet::trained::Trained;
use crate::onnx::OnnxModel;
use crate::stage::{Needs, Stage, StageContext, StageError, Threads, inputs, outputs};

use super::extract::network_error;
use super::parameters_file::{ParametersFile, write_parameters};
use super::seer::Seer;
use super::train_erpcnet::{GLOBAL_TAIL, LOCAL_TAIL};

#[cfg(test)]
mod tests;

/// Nothing: the network says all.
#[derive(Clone, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExportErpcnetParams {}

inputs! {
    /// What is exported.
    pub struct ExportErpcnetInputs {
        /// The trained network.
        network: Trained,
        /// The backbone that holds the tail.
        model: OnnxModel,
    }
}

outputs! {
    /// What others can use.
    pub struct ExportErpcnetOutputs {
        /// The network from map, embedding and cells to attributes.
        model: OnnxModel,
        /// All weights, published as `STAGE.weights.safetensors`.
        weights: ParametersFile,
    }
}

/// The stage.
pub struct ExportErpcnet;

impl Stage for ExportErpcnet {
    const KIND: &'static str = "export-erpcnet";
    const SUMMARY: &'static str =
        "writes a trained ERPCNet as ONNX, and its weights as safetensors";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ExportErpcnetParams;
    type Inputs = ExportErpcnetInputs;
    type Outputs = ExportErpcnetOutputs;

    fn needs(_params: &ExportErpcnetParams) -> Needs {
        Needs { threads: Threads::Count(1), memory_mib: 1536 }
    }

    fn run(
        _: &ExportErpcnetParams,
        inputs: ExportErpcnetInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ExportErpcnetOutputs, StageError> {
        let trained = &inputs.network;
        let opset = inputs.model.graph().map_err(network_error)?.opset().unwrap_or_default();
        if opset < SINCE {
            let message = format!(
                "the backbone is written in operator set {opset}; the network that is exported \
                 needs {SINCE} or later"
            );
            let help = "export the backbone again, in a later operator set, and train with that";
            return Err(StageError::data_with_help(message, help));
        }
        let seer = Seer::new(trained, &inputs.model)?;
        let exported = Exported {
            card: &trained.card,
            subnets: seer.subnets(),
            prefixes: [&format!("{LOCAL_TAIL}."), &format!("{GLOBAL_TAIL}.")],
            parameters: &trained.parameters,
        };
        let file = exported.write().map_err(network_error)?.encode();
        let encode_error =
            |port: &'static str| move |source| StageError::Encode { port: port.to_owned(), source };
        let mut writer = cx.writer("model")?;
        writer.write_all(&file).map_err(encode_error("model"))?;
        let model = OnnxModel::new(writer.finish()?).map_err(network_error)?;
        let weights = write_parameters(cx.writer("weights")?, &trained.parameters);
        let weights = weights.map_err(encode_error("weights"))?.finish()?;
        let count = trained.parameters.iter().count();
        cx.note(format!("{} bytes, operator set {opset}; {count} weights", file.len()));
        Ok(ExportErpcnetOutputs { model, weights: ParametersFile::new(weights) })
    }
}
