//! `embed-images`: the global embedding of every image, by a network whose global subnet was trained.
//!
//! Where the backbone stays as it is, its own embeddings serve. A network that was trained with
//! `trainable = "tail"` has embeddings of its own, under a name of their own, so that nothing else
//! passes for them: connect this stage where other networks get the backbone's `features`.

use crate::data::features::Features;
use crate::models::erpcnet::network::Locality as _;
use crate::models::erpcnet::trained::Trained;
use crate::nn::tape::Mode;
use crate::onnx::OnnxModel;
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::seer::{EmbedParams, Seer};

inputs! {
    /// What is embedded, and by what.
    pub struct EmbedImagesInputs {
        /// The network, trained with `trainable = "tail"`.
        network: Trained,
        /// The maps that it was trained on the like of.
        features: Features,
        /// The backbone that holds the tail.
        model: OnnxModel,
    }
}
outputs! {
    /// What the network makes of whole images.
    pub struct EmbedImagesOutputs {
        /// One tensor, `[D]` an image; its name is the one the network asks for.
        embeddings: Features,
    }
}

/// The stage.
pub struct EmbedImages;

impl Stage for EmbedImages {
    const KIND: &'static str = "embed-images";
    const SUMMARY: &'static str = "embeds every map with the trained tail of an ERPCNet";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = EmbedParams;
    type Inputs = EmbedImagesInputs;
    type Outputs = EmbedImagesOutputs;

    fn check(params: &EmbedParams) -> Result<(), StageError> {
        params.check()
    }

    fn needs(_params: &EmbedParams) -> Needs {
        Needs::all_threads(1024)
    }

    fn run(
        params: &EmbedParams,
        inputs: EmbedImagesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<EmbedImagesOutputs, StageError> {
        let seer = Seer::new(&inputs.network, &inputs.model)?;
        let card = &inputs.network.card;
        let Some(tail) = seer.subnets().global else {
            let message = format!(
                "the network has no embeddings of its own: it reads the backbone's, `{}`",
                card.embedding
            );
            let help = "train it with `trainable = \"tail\"`, or connect the backbone's features";
            return Err(StageError::data_with_help(message, help));
        };
        let output = ("embeddings", card.embedding.as_str(), vec![card.design.embedding]);
        let embeddings = seer.write(&inputs.features, output, None, params, cx, |tape, maps| {
            tail.embed(tape, maps, Mode::Evaluation)
        })?;
        Ok(EmbedImagesOutputs { embeddings })
    }
}

#[cfg(test)]
mod tests;
