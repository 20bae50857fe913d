//! What all fits have in common, so that a baseline is one solver and a small stage file.
//!
//! 1. Fit on the selection policy's own part of the training images and judge every setting on its
//!    validation images at every delta; over folds, each fold in turn; 2. choose; 3. refit on all
//!    training images with the chosen setting. A policy that peeks fits on all training images at
//!    once and judges on the test images.
//!
//! A baseline says which [settings](Baseline::settings) there are and [fits](Baseline::fit) models
//! with them on a [`Part`] of the images; [`fit`] does the rest. The outcome is a model that
//! `score` can use, whatever its [`Head`].

mod exam;
mod part;
mod smooth;
mod trainer;

use faer::MatRef;
use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::data::features::Features;
use crate::data::samples::Samples;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::stage::{StageContext, StageError, inputs, outputs};
use crate::zsl::candidates::Candidates;
use crate::zsl::head::Head;
use crate::zsl::jury::{Jury, Panel};
use crate::zsl::model::Model;
use crate::zsl::scaling::FeatureNorm;
use crate::zsl::selection::SelectOn;

pub(super) use part::{Bias, Part};
pub(super) use smooth::{Outputs, minimise};
pub(super) use trainer::fit;

/// The selection policy.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Select {
    /// What is looked at. Default `val-gzsl`. The policies that look at test images need both peek
    /// ports and stamp the result.
    pub on: SelectOn,
}

inputs! {
    /// What is learnt from.
    pub struct FitInputs {
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
    pub struct FitOutputs {
        /// With its calibration and where it comes from.
        model: Model,
    }
}

/// The parameters that every baseline has.
pub(super) struct Common<'a> {
    /// The feature tensor; none for the only one.
    pub(super) tensor: Option<&'a str>,
    /// How features are scaled first.
    pub(super) feature_norm: FeatureNorm,
    /// How hyper-parameters and delta are chosen.
    pub(super) select: SelectOn,
}

/// A method of the field.
pub(super) trait Baseline: Sync {
    /// One choice of its hyper-parameters.
    type Setting: Clone;

    /// The choices to try, at least one; the first wins a tie.
    fn settings(&self) -> Vec<Self::Setting>;

    /// A setting as results show it.
    fn describe(&self, setting: &Self::Setting) -> Vec<(&'static str, f64)>;

    /// Fits one model a setting.
    ///
    /// # Errors
    /// Whatever stops it.
    fn fit(
        &self,
        part: &Part<'_>,
        settings: &[Self::Setting],
        cx: &mut StageContext<'_>,
    ) -> Result<Box<dyn Family>, StageError>;
}

/// Models fitted on the same images, one a setting.
pub(super) trait Family {
    /// Prepares to judge images by `candidates` with the attributes `signatures`, [C, A].
    fn jury<'a>(
        &'a self,
        candidates: &'a Candidates,
        signatures: MatRef<'_, f64>,
        pool: &ThreadPool,
    ) -> Box<dyn Jury + 'a>;

    /// The model of the setting at a position.
    fn head(&self, setting: usize, pool: &ThreadPool) -> Head;
}

impl Family for Vec<Head> {
    fn jury<'a>(
        &'a self,
        candidates: &'a Candidates,
        signatures: MatRef<'_, f64>,
        pool: &ThreadPool,
    ) -> Box<dyn Jury + 'a> {
        Box::new(Panel::new(self, candidates, signatures, pool))
    }

    fn head(&self, setting: usize, _pool: &ThreadPool) -> Head {
        self[setting].clone()
    }
}

/// Checks a list of hyper-parameters to try: at least one, each finite and above 0.
pub(super) fn check_positive(name: &str, values: &[f64]) -> Result<(), StageError> {
    if values.is_empty() {
        return Err(StageError::parameter(name, "expected at least one value"));
    }
    match values.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
        Some(value) => {
            let message = format!("expected finite values above 0, got {value}");
            Err(StageError::parameter(name, message))
        }
        None => Ok(()),
    }
}

/// Checks a list of counts to try: at least one, each above 0.
pub(super) fn check_counts(name: &str, values: &[usize]) -> Result<(), StageError> {
    match values {
        [] => Err(StageError::parameter(name, "expected at least one value")),
        values if values.contains(&0) => {
            Err(StageError::parameter(name, "expected whole numbers above 0, got 0"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
