//! The steps of the stage: scale and decompose, judge the grid, make the model.

use faer::Mat;
use rayon::ThreadPool;

use crate::data::features::TensorView;
use crate::data::samples::SampleIndex;
use crate::stage::{StageContext, StageError};
use crate::zsl::candidates::{Candidate, Candidates};
use crate::zsl::eszsl::Eszsl;
use crate::zsl::grid::{Grid, Regularisers};
use crate::zsl::linear::to_row_major;
use crate::zsl::model::{Compatibility, Provenance};
use crate::zsl::moments::Moments;
use crate::zsl::rows::Rows;
use crate::zsl::scaling::{FeatureNorm, Scaling, Standardizer};
use crate::zsl::selection::{Judgement, SelectOn};

use super::exam::Exam;
use super::{FitEszslInputs, FitEszslParams};

/// Fits and judges models on the stage's inputs.
pub(super) struct Trainer<'a> {
    pub(super) params: &'a FitEszslParams,
    pub(super) inputs: &'a FitEszslInputs,
    pub(super) view: &'a TensorView<'a>,
    pub(super) pool: ThreadPool,
}

/// Training data, scaled and decomposed.
pub(super) struct Fit {
    pub(super) scaling: Scaling,
    pub(super) solver: Eszsl,
}

impl Trainer<'_> {
    pub(super) fn fit(
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

    pub(super) fn select(
        &self,
        fit: &Fit,
        exam: &Exam,
        cx: &mut StageContext<'_>,
    ) -> Result<(Regularisers, Judgement), StageError> {
        let signatures = self.signatures(exam.candidates.names())?;
        let (gammas, lambdas) = (&self.params.gammas, &self.params.lambdas);
        let (candidates, pool) = (&exam.candidates, &self.pool);
        let grid = Grid::new(&fit.solver, gammas, lambdas, candidates, &signatures, pool);
        let decide = |images: &[SampleIndex]| -> Result<Vec<_>, StageError> {
            let mut decisions = vec![Vec::with_capacity(images.len()); grid.points().len()];
            for (samples, values) in Rows::new(self.view, images).chunks(&fit.scaling) {
                cx.check_cancelled()?;
                let label = |&sample: &SampleIndex| {
                    self.position(sample, candidates.names()).map(to_candidate)
                };
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

    pub(super) fn model(
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
