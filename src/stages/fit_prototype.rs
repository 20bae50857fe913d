//! `fit-prototype`: a softmax over the products with class prototypes, its signatures.
//!
//! A linear map takes features to the attributes, where the classes' signatures stand as fixed
//! prototypes; it is trained by softmax cross-entropy over the training classes, `x^T W phi_c` being
//! the logits. That is the head on which attribute networks such as APN (Xu et al., 2020)
//! train end to end, here on features that stay as they are.

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Determinism, Needs, Stage, StageContext, StageError};
use crate::zsl::compact::Compact;
use crate::zsl::head::Head;
use crate::zsl::likelihood::Target;
use crate::zsl::linear::to_row_major;
use crate::zsl::scaling::FeatureNorm;

use super::fit::{
    Baseline, Bias, Common, Family, FitInputs, FitOutputs, Outputs, Part, Select, check_counts,
    check_positive, fit, minimise,
};

/// The regularisers to try and how to choose.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitPrototypeParams {
    /// Regularisers of the weights, each above 0. Default: the powers of ten from 1 to
    /// 1000, between learning the training images by heart and hardly learning.
    pub lambdas: Vec<f64>,
    /// How many passes over the training images to make; each raises the likelihood, and stopping
    /// before the end regularises too. Default 10, not from the paper: on features of photos 20
    /// moved H on validation by less than 0.01.
    #[schemars(range(min = 1))]
    pub steps: usize,
    /// The feature tensor to use; must hold one vector an image. Default: the only one.
    pub tensor: Option<String>,
    /// How features are scaled first, fitted on training images. Default `standardize`, so that one
    /// regulariser suits all features.
    pub feature_norm: FeatureNorm,
    /// How hyper-parameters and delta are chosen.
    pub select: Select,
}

impl Default for FitPrototypeParams {
    fn default() -> Self {
        Self {
            lambdas: vec![1.0, 1e1, 1e2, 1e3],
            steps: 10,
            tensor: None,
            feature_norm: FeatureNorm::Standardize,
            select: Select::default(),
        }
    }
}

/// The stage.
pub struct FitPrototype;

impl Stage for FitPrototype {
    const KIND: &'static str = "fit-prototype";
    const SUMMARY: &'static str =
        "fits a map into attribute space by softmax over class prototypes";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitPrototypeParams;
    type Inputs = FitInputs;
    type Outputs = FitOutputs;

    fn check(params: &FitPrototypeParams) -> Result<(), StageError> {
        check_positive("lambdas", &params.lambdas)?;
        check_counts("steps", &[params.steps])
    }

    fn needs(_params: &FitPrototypeParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &FitPrototypeParams,
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

impl Baseline for FitPrototypeParams {
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
        let compact = Compact::new(part.signatures.as_ref());
        let outputs = Outputs {
            logits: compact.coordinates.clone(),
            target: Target::Class,
            bias: Bias::Without,
        };
        let head = |weights: Mat<f64>| {
            Head::Bilinear(to_row_major(compact.expand(weights, part.pool).as_ref()))
        };
        let models = minimise(part, outputs, lambdas, self.steps, cx)?;
        Ok(Box::new(models.into_iter().map(head).collect::<Vec<_>>()))
    }
}
