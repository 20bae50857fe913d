//! `fit-conse`: convex combination of semantic embeddings (Norouzi et al., ICLR 2014).
//!
//! A softmax classifier of the training classes, then [`ConvexCombination`]. The paper takes the
//! classifier of a network; on features it is a regularised linear one.
//!
//! [`ConvexCombination`]: crate::zsl::conse::ConvexCombination

use faer::Mat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Determinism, Needs, Stage, StageContext, StageError};
use crate::zsl::head::{Affine, Head};
use crate::zsl::likelihood::Target;
use crate::zsl::scaling::FeatureNorm;

use super::fit::{
    Baseline, Bias, Common, Family, FitInputs, FitOutputs, Outputs, Part, Select, check_counts,
    check_positive, fit, minimise,
};

/// The classifiers and combinations to try and how to choose.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitConseParams {
    /// Regularisers of the weights, each above 0. Default: the powers of ten from 1 to
    /// 1000, between learning the training images by heart and hardly learning.
    pub lambdas: Vec<f64>,
    /// How many of the most likely classes to combine; all where there are fewer. Default 1, 2, 5 and
    /// 10; the paper tries 1, 10 and 1000 of 1000 classes.
    pub tops: Vec<usize>,
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

impl Default for FitConseParams {
    fn default() -> Self {
        Self {
            lambdas: vec![1.0, 1e1, 1e2, 1e3],
            tops: vec![1, 2, 5, 10],
            steps: 10,
            tensor: None,
            feature_norm: FeatureNorm::Standardize,
            select: Select::default(),
        }
    }
}

/// The stage.
pub struct FitConse;

impl Stage for FitConse {
    const KIND: &'static str = "fit-conse";
    const SUMMARY: &'static str =
        "fits ConSE: a softmax classifier whose likely classes are combined";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitConseParams;
    type Inputs = FitInputs;
    type Outputs = FitOutputs;

    fn check(params: &FitConseParams) -> Result<(), StageError> {
        check_positive("lambdas", &params.lambdas)?;
        check_counts("tops", &params.tops)?;
        check_counts("steps", &[params.steps])
    }

    fn needs(_params: &FitConseParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &FitConseParams,
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

/// A classifier, and how many classes to combine.
#[derive(Clone, Copy)]
pub(super) struct Combination {
    lambda: f64,
    top: usize,
}

impl Baseline for FitConseParams {
    type Setting = Combination;

    fn settings(&self) -> Vec<Combination> {
        let row = |&lambda: &f64| self.tops.iter().map(move |&top| Combination { lambda, top });
        self.lambdas.iter().flat_map(row).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
    fn describe(&self, setting: &Combination) -> Vec<(&'static str, f64)> {
        vec![("lambda", setting.lambda), ("top", setting.top as f64)]
    }

    fn fit(
        &self,
        part: &Part<'_>,
        settings: &[Combination],
        cx: &mut StageContext<'_>,
    ) -> Result<Box<dyn Family>, StageError> {
        let classes = part.signatures.nrows();
        let outputs = Outputs {
            logits: Mat::identity(classes, classes),
            target: Target::Class,
            bias: Bias::With,
        };
        // Settings of one regulariser stand together and share its classifier.
        let groups: Vec<&[Combination]> =
            settings.chunk_by(|one, next| one.lambda == next.lambda).collect();
        let lambdas: Vec<f64> = groups.iter().map(|group| group[0].lambda).collect();
        let classifiers = minimise(part, outputs, &lambdas, self.steps, cx)?;
        let mut heads = Vec::with_capacity(settings.len());
        for (group, weights) in groups.into_iter().zip(&classifiers) {
            let logits = Affine::with_last_row_as_bias(weights.as_ref());
            let head =
                |setting: &Combination| Head::Convex { logits: logits.clone(), top: setting.top };
            heads.extend(group.iter().map(head));
        }
        Ok(Box::new(heads))
    }
}
