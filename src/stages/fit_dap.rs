//! `fit-dap`: direct attribute prediction (Lampert, Nickisch and Harmeling, TPAMI 2014).
//!
//! One logistic regression an attribute, then the attributes' posteriors over their priors, as
//! [`AttributeBits`] says. The paper takes support vector machines with Platt scaling, which also end
//! in a logistic function.

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Determinism, Needs, Stage, StageContext, StageError};
use crate::zsl::dap::{AttributeBits, Threshold};
use crate::zsl::head::{Affine, Head};
use crate::zsl::likelihood::Target;
use crate::zsl::scaling::FeatureNorm;

use super::fit::{
    Baseline, Bias, Common, Family, FitInputs, FitOutputs, Outputs, Part, Select, check_counts,
    check_positive, fit, minimise,
};

/// The classifiers to try and how to choose.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitDapParams {
    /// Regularisers of the weights, each above 0. Default: the powers of ten from 1 to
    /// 1000, between learning the training images by heart and hardly learning.
    pub lambdas: Vec<f64>,
    /// Where a continuous attribute becomes a bit. Default `attribute-mean`.
    pub threshold: Threshold,
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

impl Default for FitDapParams {
    fn default() -> Self {
        Self {
            lambdas: vec![1.0, 1e1, 1e2, 1e3],
            threshold: Threshold::default(),
            steps: 10,
            tensor: None,
            feature_norm: FeatureNorm::Standardize,
            select: Select::default(),
        }
    }
}

/// The stage.
pub struct FitDap;

impl Stage for FitDap {
    const KIND: &'static str = "fit-dap";
    const SUMMARY: &'static str = "fits DAP: a probabilistic classifier for each attribute";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitDapParams;
    type Inputs = FitInputs;
    type Outputs = FitOutputs;

    fn check(params: &FitDapParams) -> Result<(), StageError> {
        check_positive("lambdas", &params.lambdas)?;
        check_counts("steps", &[params.steps])
    }

    fn needs(_params: &FitDapParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &FitDapParams,
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

impl Baseline for FitDapParams {
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
        let signatures = part.signatures.as_ref();
        let bits = AttributeBits::of(signatures, self.threshold);
        let outputs = Outputs {
            logits: Mat::identity(signatures.ncols(), signatures.ncols()),
            target: Target::Bits(bits.bits(signatures)),
            bias: Bias::With,
        };
        let head = |weights: &Mat<f64>| Head::Bits {
            logits: Affine::with_last_row_as_bias(weights.as_ref()),
            bits: bits.clone(),
        };
        let classifiers = minimise(part, outputs, lambdas, self.steps, cx)?;
        Ok(Box::new(classifiers.iter().map(head).collect::<Vec<_>>()))
    }
}
