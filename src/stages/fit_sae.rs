//! `fit-sae`: the semantic autoencoder of Kodirov, Xiang and Gong (CVPR 2017).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Determinism, Needs, Stage, StageContext, StageError};
use crate::zsl::head::Head;
use crate::zsl::linear::to_row_major;
use crate::zsl::sae::Sae;
use crate::zsl::scaling::FeatureNorm;

use super::fit::{
    Baseline, Bias, Common, Family, FitInputs, FitOutputs, Part, Select, check_positive, fit,
};

/// The weights to try and how to choose.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitSaeParams {
    /// How much mapping to the attributes counts against mapping back, each above 0. Default: the
    /// powers of ten from 10^-3 to 10^6; the paper takes 500,000 for Animals with Attributes, and
    /// the best value goes with the scale of the features.
    pub lambdas: Vec<f64>,
    /// The feature tensor to use; must hold one vector an image. Default: the only one.
    pub tensor: Option<String>,
    /// How features are scaled first, fitted on training images. Default `none`.
    pub feature_norm: FeatureNorm,
    /// How hyper-parameters and delta are chosen.
    pub select: Select,
}

impl Default for FitSaeParams {
    fn default() -> Self {
        Self {
            lambdas: [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6].to_vec(),
            tensor: None,
            feature_norm: FeatureNorm::None,
            select: Select::default(),
        }
    }
}

/// The stage.
pub struct FitSae;

impl Stage for FitSae {
    const KIND: &'static str = "fit-sae";
    const SUMMARY: &'static str = "fits the semantic autoencoder SAE in closed form";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitSaeParams;
    type Inputs = FitInputs;
    type Outputs = FitOutputs;

    fn check(params: &FitSaeParams) -> Result<(), StageError> {
        check_positive("lambdas", &params.lambdas)
    }

    fn needs(_params: &FitSaeParams) -> Needs {
        Needs::all_threads(768)
    }

    fn run(
        params: &FitSaeParams,
        inputs: FitInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<FitOutputs, StageError> {
        let common = Common {
            tensor: params.tensor.as_deref(),
            feature_norm: params.feature_norm,
            select: params.select.on,
        };
        fit(params, &common, &inputs, cx)
    }
}

impl Baseline for FitSaeParams {
    /// lambda.
    type Setting = f64;

    fn settings(&self) -> Vec<f64> {
        self.lambdas.clone()
    }

    fn describe(&self, lambda: &f64) -> Vec<(&'static str, f64)> {
        vec![("lambda", *lambda)]
    }

    fn fit(
        &self,
        part: &Part<'_>,
        lambdas: &[f64],
        cx: &mut StageContext<'_>,
    ) -> Result<Box<dyn Family>, StageError> {
        let moments = part.moments(Bias::Without, cx)?;
        cx.check_cancelled()?;
        let solver = Sae::new(moments, part.signatures.as_ref(), part.pool)
            .map_err(|error| StageError::data(error.to_string()))?;
        let weights = |&lambda: &f64| solver.weights(lambda, part.pool);
        let head = |lambda| Head::Bilinear(to_row_major(weights(lambda).as_ref()));
        Ok(Box::new(lambdas.iter().map(head).collect::<Vec<_>>()))
    }
}
