//! `fit-ale`, `fit-sje` and `fit-devise`: bilinear models that learn to rank, one image at a time.
//!
//! They differ in the loss alone, which [`Objective`] describes with its sources. The order of the
//! images in each epoch is drawn from the stream `order` and is the same for all settings.

use std::marker::PhantomData;

use rayon::ThreadPool;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Determinism, Needs, Stage, StageContext, StageError};
use crate::zsl::compact::Compact;
use crate::zsl::head::Head;
use crate::zsl::linear::to_row_major;
use crate::zsl::ranking::{Objective, Ranking};
use crate::zsl::scaling::FeatureNorm;

use super::fit::{
    Baseline, Bias, Common, Family, FitInputs, FitOutputs, Part, Select, check_counts,
    check_positive, fit,
};

/// The lengths of training to try and how to choose.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FitRankingParams {
    /// Learning rates, each above 0, as multiples of one over the mean squared length of the
    /// training rows: with 1, a step on an image moves its own scores by about as much as their
    /// slopes. Default 0.01, 0.1 and 1. The papers choose the rate on validation as well, without
    /// saying among which.
    pub learning_rates: Vec<f64>,
    /// After how many passes over the training images to stop. Default 1, 2, 5 and 10; the papers
    /// stop early on validation.
    pub epochs: Vec<usize>,
    /// By how much the right class must lead. Default 1, as ALE and SJE have it. The 0.1 of `DeViSE`
    /// would change nothing: from a start at 0, margin m and rate m r give m times the weights of
    /// margin 1 and rate r, so only the rate is searched.
    #[schemars(range(min = 0.0))]
    pub margin: f64,
    /// The feature tensor to use; must hold one vector an image. Default: the only one.
    pub tensor: Option<String>,
    /// How features are scaled first, fitted on training images. Default `standardize`: steps along
    /// one image at a time hardly get off the common mean of raw features.
    pub feature_norm: FeatureNorm,
    /// How hyper-parameters and delta are chosen.
    pub select: Select,
}

impl Default for FitRankingParams {
    fn default() -> Self {
        Self {
            learning_rates: vec![0.01, 0.1, 1.0],
            epochs: vec![1, 2, 5, 10],
            margin: 1.0,
            tensor: None,
            feature_norm: FeatureNorm::Standardize,
            select: Select::default(),
        }
    }
}

/// A loss as a stage kind.
pub trait RankingKind: Send + Sync + 'static {
    /// The word in `kind = "…"`.
    const KIND: &'static str;
    /// One sentence for lists.
    const SUMMARY: &'static str;
    /// The loss.
    const OBJECTIVE: Objective;
}

/// The loss of `fit-ale`.
pub struct Ale;

/// The loss of `fit-sje`.
pub struct Sje;

/// The loss of `fit-devise`.
pub struct Devise;

impl RankingKind for Ale {
    const KIND: &'static str = "fit-ale";
    const SUMMARY: &'static str = "fits attribute label embedding ALE by ranking";
    const OBJECTIVE: Objective = Objective::Ale;
}

impl RankingKind for Sje {
    const KIND: &'static str = "fit-sje";
    const SUMMARY: &'static str = "fits the structured joint embedding SJE by ranking";
    const OBJECTIVE: Objective = Objective::Sje;
}

impl RankingKind for Devise {
    const KIND: &'static str = "fit-devise";
    const SUMMARY: &'static str = "fits the visual-semantic embedding DeViSE by ranking";
    const OBJECTIVE: Objective = Objective::Devise;
}

/// The stage of a loss.
pub struct FitRanking<K>(PhantomData<K>);

impl<K: RankingKind> Stage for FitRanking<K> {
    const KIND: &'static str = K::KIND;
    const SUMMARY: &'static str = K::SUMMARY;
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = FitRankingParams;
    type Inputs = FitInputs;
    type Outputs = FitOutputs;

    fn check(params: &FitRankingParams) -> Result<(), StageError> {
        check_positive("learning_rates", &params.learning_rates)?;
        check_counts("epochs", &params.epochs)?;
        check_positive("margin", &[params.margin])
    }

    fn needs(_params: &FitRankingParams) -> Needs {
        Needs::all_threads(256)
    }

    fn run(
        params: &FitRankingParams,
        inputs: FitInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<FitOutputs, StageError> {
        let common = Common {
            tensor: params.tensor.as_deref(),
            feature_norm: params.feature_norm,
            select: params.select.on,
        };
        fit(&Learner { objective: K::OBJECTIVE, params }, &common, &inputs, cx)
    }
}

/// A loss and how to minimise it.
struct Learner<'a> {
    objective: Objective,
    params: &'a FitRankingParams,
}

/// How far and how long to go.
#[derive(Clone, Copy, PartialEq)]
struct Steps {
    learning_rate: f64,
    epochs: usize,
}

impl Baseline for Learner<'_> {
    type Setting = Steps;

    fn settings(&self) -> Vec<Steps> {
        let row = |&learning_rate: &f64| {
            self.params.epochs.iter().map(move |&epochs| Steps { learning_rate, epochs })
        };
        self.params.learning_rates.iter().flat_map(row).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "there are few epochs")]
    fn describe(&self, setting: &Steps) -> Vec<(&'static str, f64)> {
        vec![("learning_rate", setting.learning_rate), ("epochs", setting.epochs as f64)]
    }

    fn fit(
        &self,
        part: &Part<'_>,
        settings: &[Steps],
        cx: &mut StageContext<'_>,
    ) -> Result<Box<dyn Family>, StageError> {
        let compact = Compact::new(part.signatures.as_ref());
        let square = part.mean_square(cx)?;
        let begin = |&learning_rate: &f64| {
            let (signatures, rate) = (compact.coordinates.clone(), learning_rate / square);
            Ranking::new(self.objective, self.params.margin, rate, signatures, part.width())
        };
        let rates = distinct(settings.iter().map(|setting| setting.learning_rate));
        let mut models: Vec<Ranking> = rates.iter().map(begin).collect();
        let mut heads: Vec<Option<Head>> = vec![None; settings.len()];
        let last = settings.iter().map(|setting| setting.epochs).max().unwrap_or(0);
        let mut order = cx.rng("order");
        let mut part = part.clone();
        for epoch in 1..=last {
            part.shuffle(&mut order);
            part.each_chunk(Bias::Without, cx, |rows, labels| {
                let learn = |model: &mut Ranking| {
                    for (row, &label) in rows.chunks_exact(part.width()).zip(labels) {
                        model.step(row, label);
                    }
                };
                models.par_iter_mut().for_each(learn);
            })?;
            for (setting, head) in settings.iter().zip(&mut heads) {
                if setting.epochs == epoch {
                    let at = rates.iter().position(|rate| *rate == setting.learning_rate);
                    let model = &models[at.expect("every rate has a model")];
                    *head = Some(finish(model, &compact, epoch, part.pool)?);
                }
            }
            cx.progress(epoch as u64, last as u64, "epochs");
        }
        let heads: Option<Vec<Head>> = heads.into_iter().collect();
        Ok(Box::new(heads.expect("every number of epochs was reached")))
    }
}

/// The weights of a model on attributes.
fn finish(
    model: &Ranking,
    compact: &Compact,
    epoch: usize,
    pool: &ThreadPool,
) -> Result<Head, StageError> {
    let weights = compact.expand(model.weights(), pool);
    let value = weights.norm_l2();
    if !value.is_finite() {
        let what = "the length of the weights".to_owned();
        return Err(StageError::Diverged { what, step: epoch as u64, value });
    }
    Ok(Head::Bilinear(to_row_major(weights.as_ref())))
}

/// The values without repetition, in order of appearance.
fn distinct(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}
