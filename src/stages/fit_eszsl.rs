//! `fit-eszsl`: the closed-form baseline, its regularisers and calibration chosen by a policy.
//!
//! 1. Fit on the validation protocol's own training images and judge every (gamma, lambda) on the
//!    validation images at every delta; 2. choose; 3. refit on all training images. A policy that
//!    peeks fits on all training images at once and judges on the test images.

mod exam;
mod trainer;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::data::features::{Features, TensorView};
use crate::data::samples::Samples;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::eszsl::Targets;
use crate::zsl::model::Compatibility;
use crate::zsl::scaling::FeatureNorm;
use crate::zsl::selection::SelectOn;

use super::pool::thread_pool;
use exam::Exam;
use trainer::Trainer;

/// The widest features whose Gram matrix is worth decomposing.
const MAX_WIDTH: usize = 4096;

/// The regularisers to try and how to choose.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitEszslParams {
    /// Regularisers on the side of the features, each above 0. Default: the powers of ten from
    /// 10^-3 to 10^3, as in the paper.
    pub gammas: Vec<f64>,
    /// Regularisers on the side of the attributes, each above 0. Default: the same.
    pub lambdas: Vec<f64>,
    /// The feature tensor to use; must hold one vector an image. Default: the only one.
    pub tensor: Option<String>,
    /// What an image should score on classes that are not its own. Default `minus-one`, as in the
    /// paper.
    pub targets: Targets,
    /// How features are scaled first, fitted on training images. Default `none`.
    pub feature_norm: FeatureNorm,
    /// How hyper-parameters and delta are chosen.
    pub select: Select,
}

/// The selection policy.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Select {
    /// What is looked at. Default `val-gzsl`. The policies that look at test images need both peek
    /// ports and stamp the result.
    pub on: SelectOn,
}

impl Default for FitEszslParams {
    fn default() -> Self {
        let powers = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3].to_vec();
        Self {
            gammas: powers.clone(),
            lambdas: powers,
            tensor: None,
            targets: Targets::MinusOne,
            feature_norm: FeatureNorm::None,
            select: Select::default(),
        }
    }
}

inputs! {
    /// What is learnt from.
    pub struct FitEszslInputs {
        /// One vector a sample.
        features: Features,
        /// Whose classes they are.
        samples: Samples,
        /// The attributes of the classes.
        attributes: Attributes,
        /// The training part of the split.
        train: TrainSamples,
        /// Seen test images, for policies that look at them.
        peek_seen: Option<TestSeenSamples>,
        /// Unseen test images, for policies that look at them.
        peek_unseen: Option<TestUnseenSamples>,
    }
}
outputs! {
    /// The trained model.
    pub struct FitEszslOutputs {
        /// With its calibration and where it comes from.
        model: Compatibility,
    }
}

/// The stage.
pub struct FitEszsl;

impl Stage for FitEszsl {
    const KIND: &'static str = "fit-eszsl";
    const SUMMARY: &'static str = "fits the closed-form compatibility of ESZSL";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitEszslParams;
    type Inputs = FitEszslInputs;
    type Outputs = FitEszslOutputs;

    fn check(params: &FitEszslParams) -> Result<(), StageError> {
        for (name, values) in [("gammas", &params.gammas), ("lambdas", &params.lambdas)] {
            if values.is_empty() {
                return Err(StageError::parameter(name, "expected at least one value"));
            }
            if let Some(value) = values.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
                let message = format!("expected finite values above 0, got {value}");
                return Err(StageError::parameter(name, message));
            }
        }
        Ok(())
    }

    fn needs(_params: &FitEszslParams) -> Needs {
        Needs::all_threads(768)
    }

    fn run(
        params: &FitEszslParams,
        inputs: FitEszslInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<FitEszslOutputs, StageError> {
        let exam = Exam::choose(params.select.on, &inputs)?;
        let view = inputs
            .features
            .tensor(params.tensor.as_deref())
            .map_err(|error| StageError::parameter("tensor", error.to_string()))?;
        check_inputs(&inputs, &view)?;
        let trainer = Trainer { params, inputs: &inputs, view: &view, pool: thread_pool(cx)? };
        let fit = trainer.fit(&exam.fit, exam.candidates.seen(), cx)?;
        let (chosen, selection) = trainer.select(&fit, &exam, cx)?;
        let fit = if exam.peeked {
            fit
        } else {
            trainer.fit(&inputs.train.images, &inputs.train.seen, cx)?
        };
        let weights = fit.solver.weights(chosen.gamma, chosen.lambda, &trainer.pool);
        Ok(FitEszslOutputs { model: trainer.model(&weights, fit.scaling, chosen, selection)? })
    }
}

fn check_inputs(inputs: &FitEszslInputs, view: &TensorView<'_>) -> Result<(), StageError> {
    let (features, samples) = (inputs.features.len(), inputs.samples.len());
    if features != samples {
        let message = format!("{features} rows of features for {samples} samples");
        let help = "connect `features` and `samples` of the same images";
        return Err(StageError::data_with_help(message, help));
    }
    let check = inputs.train.identity.check_samples("training part", &inputs.samples);
    check.map_err(|error| StageError::data(error.to_string()))?;
    inputs.train.audit().map_err(|error| StageError::data(error.to_string()))?;
    if view.width() == 0 || view.width() > MAX_WIDTH {
        let message = format!(
            "the features have {} numbers an image (shape {:?}), expected 1 to {MAX_WIDTH}",
            view.width(),
            view.shape()
        );
        return Err(StageError::data_with_help(message, "take a pooled tensor, not a map"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
