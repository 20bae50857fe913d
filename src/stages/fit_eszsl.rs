//! `fit-eszsl`: the closed form with two regularisers of Romera-Paredes and Torr (ICML 2015).

use faer::MatRef;
use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Determinism, Needs, Stage, StageContext, StageError};
use crate::zsl::candidates::Candidates;
use crate::zsl::eszsl::{Eszsl, Targets, solve};
use crate::zsl::grid::{Grid, Regularisers};
use crate::zsl::head::Head;
use crate::zsl::jury::Jury;
use crate::zsl::linear::to_row_major;
use crate::zsl::scaling::FeatureNorm;

use super::fit::{
    Baseline, Bias, Common, Family, FitInputs, FitOutputs, Part, Select, check_positive, fit,
};

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

/// The stage.
pub struct FitEszsl;

impl Stage for FitEszsl {
    const KIND: &'static str = "fit-eszsl";
    const SUMMARY: &'static str = "fits the closed-form compatibility of ESZSL";
    const VERSION: u32 = 4;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitEszslParams;
    type Inputs = FitInputs;
    type Outputs = FitOutputs;

    fn check(params: &FitEszslParams) -> Result<(), StageError> {
        check_positive("gammas", &params.gammas)?;
        check_positive("lambdas", &params.lambdas)
    }

    fn needs(_params: &FitEszslParams) -> Needs {
        Needs::all_threads(768)
    }

    fn run(
        params: &FitEszslParams,
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

impl Baseline for FitEszslParams {
    type Setting = Regularisers;

    fn settings(&self) -> Vec<Regularisers> {
        let row =
            |&gamma: &f64| self.lambdas.iter().map(move |&lambda| Regularisers { gamma, lambda });
        self.gammas.iter().flat_map(row).collect()
    }

    fn describe(&self, setting: &Regularisers) -> Vec<(&'static str, f64)> {
        vec![("gamma", setting.gamma), ("lambda", setting.lambda)]
    }

    fn fit(
        &self,
        part: &Part<'_>,
        settings: &[Regularisers],
        cx: &mut StageContext<'_>,
    ) -> Result<Box<dyn Family>, StageError> {
        let moments = part.moments(Bias::Without, cx)?;
        cx.check_cancelled()?;
        let signatures = part.signatures.as_ref();
        if let [Regularisers { gamma, lambda }] = *settings
            && let Some(weights) =
                solve(moments, signatures, self.targets, (gamma, lambda), part.pool)
        {
            return Ok(Box::new(vec![Head::Bilinear(to_row_major(weights.as_ref()))]));
        }
        let solver = Eszsl::new(moments, signatures, self.targets, part.pool)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(Box::new(Solved { solver, settings: settings.to_vec() }))
    }
}

/// One decomposition and the settings that it is for.
struct Solved {
    solver: Eszsl,
    settings: Vec<Regularisers>,
}

impl Family for Solved {
    fn jury<'a>(
        &'a self,
        candidates: &'a Candidates,
        signatures: MatRef<'_, f64>,
        pool: &ThreadPool,
    ) -> Box<dyn Jury + 'a> {
        Box::new(Grid::new(&self.solver, &self.settings, candidates, signatures, pool))
    }

    fn head(&self, setting: usize, pool: &ThreadPool) -> Head {
        let Regularisers { gamma, lambda } = self.settings[setting];
        Head::Bilinear(to_row_major(self.solver.weights(gamma, lambda, pool).as_ref()))
    }
}
