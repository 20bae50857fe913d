//! `embed-looks`: the local embedding of every cell of every image, by a trained network.
//!
//! In stage II of ERPCNet nothing but the policy learns, so what a look shows is fixed. It is
//! computed once, for all policies, thresholds and evaluations: no epoch of stage II runs a
//! convolution. Where parts of a split are connected, images that nobody will ask for are left out.

use std::collections::BTreeSet;

use crate::data::features::Features;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::models::erpcnet::trained::Trained;
use crate::nn::tape::Mode;
use crate::onnx::OnnxModel;
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::same_network::check_same_split;
use super::seer::{EmbedParams, Seer};

/// The tensor of the embeddings.
pub(super) const LOCAL: &str = "local";

inputs! {
    /// What is looked at, and by what.
    pub struct EmbedLooksInputs {
        /// The trained network.
        network: Trained,
        /// The maps that it was trained on the like of.
        features: Features,
        /// The backbone that holds the tail.
        model: OnnxModel,
        /// The training part of the split. Where a part is connected, only the images of those that
        /// are get embedded; else all.
        train: Option<TrainSamples>,
        /// Its test images of seen classes.
        test_seen: Option<TestSeenSamples>,
        /// Its test images of unseen classes.
        test_unseen: Option<TestUnseenSamples>,
    }
}
outputs! {
    /// What all looks show.
    pub struct EmbedLooksOutputs {
        /// The tensor `local`, [cells, D] an image.
        looks: Features,
    }
}

/// The stage.
pub struct EmbedLooks;

impl Stage for EmbedLooks {
    const KIND: &'static str = "embed-looks";
    const SUMMARY: &'static str = "embeds every cell of every map with a trained ERPCNet";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = EmbedParams;
    type Inputs = EmbedLooksInputs;
    type Outputs = EmbedLooksOutputs;

    fn check(params: &EmbedParams) -> Result<(), StageError> {
        params.check()
    }

    fn needs(_params: &EmbedParams) -> Needs {
        Needs::all_threads(1024)
    }

    fn run(
        params: &EmbedParams,
        inputs: EmbedLooksInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<EmbedLooksOutputs, StageError> {
        let seer = Seer::new(&inputs.network, &inputs.model)?;
        let subnets = seer.subnets();
        let count = subnets.network.cells.count();
        let shape = vec![count, inputs.network.card.design.embedding];
        let (asked, output) = (asked(&inputs)?, ("looks", LOCAL, shape));
        let looks = seer.write(&inputs.features, output, asked, params, cx, |tape, maps| {
            let images = tape.value(maps).shape()[0];
            let cells: Vec<usize> = (0..images).flat_map(|_| 0..count).collect();
            subnets.network.embed(tape, &subnets.local, maps, &cells, Mode::Evaluation)
        })?;
        Ok(EmbedLooksOutputs { looks })
    }
}

/// The images of the parts that are connected, in rising order; none where no part is.
fn asked(inputs: &EmbedLooksInputs) -> Result<Option<Vec<usize>>, StageError> {
    let parts = [
        inputs.train.as_ref().map(|part| (part.identity, &part.images)),
        inputs.test_seen.as_ref().map(|part| (part.identity, &part.images)),
        inputs.test_unseen.as_ref().map(|part| (part.identity, &part.images)),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let mut identities = parts.iter().map(|(identity, _)| identity);
    identities.try_for_each(|identity| check_same_split(&inputs.network.card, identity))?;
    let images = || parts.iter().flat_map(|(_, images)| images.iter().map(|image| image.get()));
    let total = inputs.features.len();
    if let Some(image) = images().find(|image| *image >= total) {
        let message = format!("the split names image {image}; the features are of {total} images");
        return Err(StageError::data(message));
    }
    let sorted: BTreeSet<usize> = images().collect();
    Ok((!parts.is_empty()).then(|| sorted.into_iter().collect()))
}

#[cfg(test)]
mod tests;
