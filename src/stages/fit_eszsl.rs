//! `fit-eszsl`: the closed-form baseline, its regularisers and calibration chosen by a policy.
//!
//! 1. Fit on the validation protocol's own training images and judge every (gamma, lambda) on the
//!    validation images at every delta; 2. choose; 3. refit on all training images. A policy that
//!    peeks fits on all training images at once and judges on the test images.

use faer::Mat;
use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::data::features::{Features, TensorView};
use crate::data::samples::{SampleIndex, Samples};
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::stage::{
    Determinism, Needs, Stage, StageContext, StageError, inputs, outputs,
};
use crate::zsl::candidates::{Candidate, Candidates};
use crate::zsl::eszsl::{Eszsl, Targets};
use crate::zsl::grid::{Grid, Regularisers};
use crate::zsl::linear::to_row_major;
use crate::zsl::model::{Compatibility, Provenance};
use crate::zsl::moments::Moments;
use crate::zsl::rows::Rows;
use crate::zsl::scaling::{FeatureNorm, Scaling, Standardizer};
use crate::zsl::selection::{Judgement, PeekPorts, SelectOn};

use super::pool::thread_pool;

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
        let fit = match exam.peeked {
            true => fit,
            false => trainer.fit(&inputs.train.images, &inputs.train.seen, cx)?,
        };
        let weights = fit.solver.weights(chosen.gamma, chosen.lambda, &trainer.pool);
        Ok(FitEszslOutputs { model: trainer.model(&weights, fit.scaling, chosen, selection)? })
    }
}

/// What candidates are fitted on and judged on.
struct Exam {
    peeked: bool,
    fit: Vec<SampleIndex>,
    seen: Vec<SampleIndex>,
    unseen: Vec<SampleIndex>,
    candidates: Candidates,
}

impl Exam {
    fn choose(select: SelectOn, inputs: &FitEszslInputs) -> Result<Self, StageError> {
        let ports = match (&inputs.peek_seen, &inputs.peek_unseen) {
            (None, None) => PeekPorts::None,
            (Some(_), Some(_)) => PeekPorts::Both,
            _ => PeekPorts::One,
        };
        select
            .check_ports(ports)
            .map_err(|error| StageError::parameter("select.on", error.to_string()))?;
        let train = &inputs.train;
        let candidates = |seen, unseen| {
            Candidates::new(seen, unseen).map_err(|error| StageError::data(error.to_string()))
        };
        let (Some(seen), Some(unseen)) = (&inputs.peek_seen, &inputs.peek_unseen) else {
            let validation = &train.validation;
            return Ok(Self {
                peeked: false,
                fit: validation.fit.clone(),
                seen: validation.validation_seen.clone(),
                unseen: validation.validation_unseen.clone(),
                candidates: candidates(train.fit_classes(), validation.unseen_classes.clone())?,
            });
        };
        for identity in [&seen.identity, &unseen.identity] {
            train
                .identity
                .check_same("training part", "test part at a peek port", identity)
                .map_err(|error| StageError::data(error.to_string()))?;
        }
        Ok(Self {
            peeked: true,
            fit: train.images.clone(),
            seen: seen.images.clone(),
            unseen: unseen.images.clone(),
            candidates: candidates(train.seen.clone(), train.unseen.clone())?,
        })
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

struct Trainer<'a> {
    params: &'a FitEszslParams,
    inputs: &'a FitEszslInputs,
    view: &'a TensorView<'a>,
    pool: ThreadPool,
}

/// Training data, scaled and decomposed.
struct Fit {
    scaling: Scaling,
    solver: Eszsl,
}

impl Trainer<'_> {
    fn fit(
        &self,
        images: &[SampleIndex],
        classes: &[String],
        cx: &mut StageContext<'_>,
    ) -> Result<Fit, StageError> {
        let rows = Rows::new(self.view, images);
        let scaling = fit_scaling(self.params.feature_norm, rows, cx)?;
        let mut moments = Moments::new(rows.width(), classes.len());
        for (samples, values) in rows.chunks(&scaling) {
            cx.check_cancelled()?;
            let labels: Result<Vec<usize>, _> =
                samples.iter().map(|&sample| self.position(sample, classes.iter())).collect();
            moments.add(&values, &labels?, &self.pool);
        }
        cx.check_cancelled()?;
        let signatures = self.signatures(classes.iter())?;
        let solver = Eszsl::new(&moments, signatures.as_ref(), self.params.targets, &self.pool)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(Fit { scaling, solver })
    }

    fn select(
        &self,
        fit: &Fit,
        exam: &Exam,
        cx: &mut StageContext<'_>,
    ) -> Result<(Regularisers, Judgement), StageError> {
        let signatures = self.signatures(exam.candidates.names())?;
        let (gammas, lambdas) = (&self.params.gammas, &self.params.lambdas);
        let (candidates, pool) = (&exam.candidates, &self.pool);
        let grid = Grid::new(&fit.solver, gammas, lambdas, candidates, &signatures, pool);
        let mut decide = |images: &[SampleIndex]| -> Result<Vec<_>, StageError> {
            let mut decisions = vec![Vec::with_capacity(images.len()); grid.points().len()];
            for (samples, values) in Rows::new(self.view, images).chunks(&fit.scaling) {
                cx.check_cancelled()?;
                let label = |&sample| self.position(sample, candidates.names()).map(to_candidate);
                let labels = samples.iter().map(label).collect::<Result<Vec<_>, _>>()?;
                grid.decide(&values, &labels, &mut decisions, pool)
                    .map_err(|error| StageError::data(error.to_string()))?;
            }
            Ok(decisions)
        };
        let (seen, unseen) = (decide(&exam.seen)?, decide(&exam.unseen)?);
        let judgements = seen.iter().zip(&unseen).map(|(seen, unseen)| {
            Judgement::of(seen, unseen, candidates)
                .map_err(|error| StageError::data(error.to_string()))
        });
        let judgements = judgements.collect::<Result<Vec<_>, _>>()?;
        let best = self.params.select.on.choose(&judgements);
        report(self.params.select.on, grid.points(), &judgements, best, cx);
        Ok((grid.points()[best], judgements[best]))
    }

    fn model(
        &self,
        weights: &Mat<f64>,
        scaling: Scaling,
        chosen: Regularisers,
        selection: Judgement,
    ) -> Result<Compatibility, StageError> {
        let (select, train) = (self.params.select.on, &self.inputs.train);
        let candidates = Candidates::new(train.seen.clone(), train.unseen.clone())
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok(Compatibility {
            weights: to_row_major(weights.as_ref()),
            tensor: self.params.tensor.clone(),
            scaling,
            attributes: self.inputs.attributes.names().to_vec(),
            attribute_norm: self.inputs.attributes.norm(),
            candidates,
            selection,
            provenance: Provenance {
                selected_on: select.name().to_owned(),
                peeked: select.peeks(),
                split: train.identity,
                train_images: train.images.len(),
                hyperparameters: vec![
                    ("gamma".to_owned(), chosen.gamma),
                    ("lambda".to_owned(), chosen.lambda),
                ],
                delta: selection.delta,
            },
        })
    }

    /// The position of a sample's class in `classes`.
    fn position<'c>(
        &self,
        sample: SampleIndex,
        mut classes: impl Iterator<Item = &'c String>,
    ) -> Result<usize, StageError> {
        let class = self.inputs.samples.class_name(sample);
        classes.position(|name| name == class).ok_or_else(|| {
            let name = self.inputs.samples.name(sample);
            StageError::data(format!("`{name}` is of class `{class}`, which is no candidate"))
        })
    }

    /// The attributes of `classes`, [C, A].
    fn signatures<'c>(
        &self,
        classes: impl Iterator<Item = &'c String>,
    ) -> Result<Mat<f64>, StageError> {
        let rows = self.inputs.attributes.matrix(classes);
        let rows = rows.map_err(|error| StageError::data(error.to_string()))?;
        Ok(Mat::from_fn(rows.nrows(), rows.ncols(), |row, column| rows[(row, column)]))
    }
}

fn fit_scaling(
    norm: FeatureNorm,
    rows: Rows<'_>,
    cx: &StageContext<'_>,
) -> Result<Scaling, StageError> {
    if norm != FeatureNorm::Standardize {
        return Ok(Scaling::fixed(norm));
    }
    let mut fit = Standardizer::new(rows.width());
    for (_, values) in rows.chunks(&Scaling::fixed(FeatureNorm::None)) {
        cx.check_cancelled()?;
        values.chunks_exact(rows.width()).for_each(|row| fit.push(row));
    }
    Ok(fit.finish())
}

fn to_candidate(position: usize) -> Candidate {
    Candidate(u16::try_from(position).expect("candidates are limited to 65535"))
}

fn report(
    select: SelectOn,
    points: &[Regularisers],
    judgements: &[Judgement],
    best: usize,
    cx: &mut StageContext<'_>,
) {
    for (step, judgement) in (0_u64..).zip(judgements) {
        cx.metric("selection/harmonic", step, judgement.harmonic);
        cx.metric("selection/t1", step, judgement.t1);
    }
    let (point, judgement) = (points[best], judgements[best]);
    cx.note(format!(
        "`{}` chose gamma {}, lambda {}, delta {:.6}: T1 {:.4}, U {:.4}, S {:.4}, H {:.4}",
        select.name(),
        point.gamma,
        point.lambda,
        judgement.delta,
        judgement.t1,
        judgement.unseen,
        judgement.seen,
        judgement.harmonic
    ));
    if select.peeks() {
        cx.warn("hyper-parameters and delta are chosen on test images; the result is stamped");
    }
}

#[cfg(test)]
#[path = "fit_eszsl/tests.rs"]
mod tests;
