//! The steps of a fit: scale and fit, judge the settings, refit, make the model.

use std::sync::OnceLock;

use faer::Mat;
use rayon::ThreadPool;

use crate::data::features::TensorView;
use crate::data::samples::SampleIndex;
use crate::stage::{StageContext, StageError};
use crate::stages::pool::thread_pool;
use crate::stages::same_images::check_same_images;
use crate::zsl::candidates::{Candidate, Candidates};
use crate::zsl::decision::Decision;
use crate::zsl::head::Head;
use crate::zsl::jury::Jury;
use crate::zsl::linear::from_array;
use crate::zsl::model::{Model, Provenance};
use crate::zsl::rows::Rows;
use crate::zsl::scaling::Scaling;
use crate::zsl::selection::Judgement;

use super::exam::Exam;
use super::part::{Part, fit_scaling};
use super::{Baseline, Common, Family, FitInputs, FitOutputs};

/// A validation accuracy below this multiple of chance says that nothing was learnt which reaches
/// unseen classes.
const MORE_THAN_CHANCE: f64 = 1.1;

/// The widest features whose Gram matrix is worth decomposing.
const MAX_WIDTH: usize = 4096;

/// Fits `baseline` as the selection policy says.
pub(in crate::stages) fn fit<B: Baseline>(
    baseline: &B,
    common: &Common<'_>,
    inputs: &FitInputs,
    cx: &mut StageContext<'_>,
) -> Result<FitOutputs, StageError> {
    let pool = thread_pool(cx)?;
    // The whole fit runs inside the pool, so that no product waits for a thread to wake up.
    pool.install(|| fit_inside(baseline, common, inputs, &pool, cx))
}

fn fit_inside<B: Baseline>(
    baseline: &B,
    common: &Common<'_>,
    inputs: &FitInputs,
    pool: &ThreadPool,
    cx: &mut StageContext<'_>,
) -> Result<FitOutputs, StageError> {
    let exams = Exam::choose(common.select, inputs)?;
    let view = inputs
        .features
        .tensor(common.tensor)
        .map_err(|error| StageError::parameter("tensor", error.to_string()))?;
    check_inputs(inputs, &view)?;
    let trainer = Trainer { common, inputs, view: &view, pool };
    let settings = baseline.settings();
    let (mut folds, mut last) = (Vec::new(), None);
    for exam in &exams {
        let part = trainer.part(&exam.fit, exam.candidates.seen(), cx)?;
        let family = baseline.fit(&part, &settings, cx)?;
        folds.push(trainer.judge(family.as_ref(), &part.scaling, exam, settings.len(), cx)?);
        last = Some((family, part));
    }
    let mean = |at: usize| Judgement::mean(&folds.iter().map(|fold| fold[at]).collect::<Vec<_>>());
    let judgements: Vec<Judgement> = (0..settings.len()).map(mean).collect();
    let best = common.select.choose(&judgements);
    let tried: Vec<_> = settings.iter().map(|setting| baseline.describe(setting)).collect();
    let chosen = &tried[best];
    trainer.report(&judgements, best, chosen, cx);
    if let Some(warning) = no_better_than_chance(judgements[best].t1, &exams) {
        cx.warn(warning);
    }
    for note in at_edge(&tried, best) {
        cx.note(note);
    }
    let (head, scaling) = match last {
        Some((family, part)) if common.select.peeks() => (family.head(best, pool), part.scaling),
        last => {
            let mut part = trainer.part(&inputs.train.images, &inputs.train.seen, cx)?;
            part.before = last.as_ref().map(|(_, part)| part);
            let family = baseline.fit(&part, &settings[best..=best], cx)?;
            (family.head(0, pool), part.scaling)
        }
    };
    Ok(FitOutputs { model: trainer.model(head, scaling, chosen, judgements[best])? })
}

fn check_inputs(inputs: &FitInputs, view: &TensorView<'_>) -> Result<(), StageError> {
    check_same_images(&inputs.features, &inputs.samples)?;
    let check = inputs.train.identity.check_samples("training part", &inputs.samples);
    check.map_err(|error| StageError::data(error.to_string()))?;
    inputs.train.audit().map_err(|error| StageError::data(error.to_string()))?;
    if view.width() == 0 || view.width() > MAX_WIDTH {
        let message = format!(
            "the features have {} numbers an image (shape {:?}), expected 1 to {MAX_WIDTH}",
            view.width(),
            view.shape()
        );
        return Err(StageError::data_with_help(
            message,
            "take a pooled tensor, or set `pool = \"average\"` in the stage that makes the features",
        ));
    }
    Ok(())
}

/// Fits and judges models on the stage's inputs.
struct Trainer<'a> {
    common: &'a Common<'a>,
    inputs: &'a FitInputs,
    view: &'a TensorView<'a>,
    pool: &'a ThreadPool,
}

impl Trainer<'_> {
    fn part(
        &self,
        images: &[SampleIndex],
        classes: &[String],
        cx: &StageContext<'_>,
    ) -> Result<Part<'_>, StageError> {
        let rows = Rows::new(self.view, images);
        let scaling = fit_scaling(self.common.feature_norm, rows, cx)?;
        let label = |&sample: &SampleIndex| self.position(sample, classes.iter());
        Ok(Part {
            before: None,
            sums: OnceLock::new(),
            view: self.view,
            images: images.to_vec(),
            labels: images.iter().map(label).collect::<Result<_, _>>()?,
            scaling,
            signatures: self.signatures(classes.iter())?,
            pool: self.pool,
        })
    }

    /// What each of the `models` of a family is worth in an exam.
    fn judge(
        &self,
        family: &dyn Family,
        scaling: &Scaling,
        exam: &Exam,
        models: usize,
        cx: &StageContext<'_>,
    ) -> Result<Vec<Judgement>, StageError> {
        let candidates = &exam.candidates;
        let signatures = self.signatures(candidates.names())?;
        let jury = family.jury(candidates, signatures.as_ref(), self.pool);
        let decide = |images| self.decide(jury.as_ref(), scaling, candidates, images, models, cx);
        let (seen, unseen) = (decide(&exam.seen)?, decide(&exam.unseen)?);
        let judgements = seen.iter().zip(&unseen).map(|(seen, unseen)| {
            Judgement::of(seen, unseen, candidates)
                .map_err(|error| StageError::data(error.to_string()))
        });
        judgements.collect()
    }

    fn decide(
        &self,
        jury: &dyn Jury,
        scaling: &Scaling,
        candidates: &Candidates,
        images: &[SampleIndex],
        models: usize,
        cx: &StageContext<'_>,
    ) -> Result<Vec<Vec<Decision>>, StageError> {
        let mut decisions = vec![Vec::with_capacity(images.len()); models];
        for (samples, values) in Rows::new(self.view, images).chunks(scaling) {
            cx.check_cancelled()?;
            let label =
                |&sample: &SampleIndex| self.position(sample, candidates.names()).map(to_candidate);
            let labels = samples.iter().map(label).collect::<Result<Vec<_>, _>>()?;
            jury.decide(&values, &labels, &mut decisions, self.pool)
                .map_err(|error| StageError::data(error.to_string()))?;
        }
        Ok(decisions)
    }

    fn model(
        &self,
        head: Head,
        scaling: Scaling,
        chosen: &[(&str, f64)],
        selection: Judgement,
    ) -> Result<Model, StageError> {
        let (select, train) = (self.common.select, &self.inputs.train);
        let candidates = Candidates::new(train.seen.clone(), train.unseen.clone())
            .map_err(|error| StageError::data(error.to_string()))?;
        let hyperparameters = chosen.iter().map(|(name, value)| ((*name).to_owned(), *value));
        Ok(Model {
            head,
            tensor: self.common.tensor.map(str::to_owned),
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
                hyperparameters: hyperparameters.collect(),
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
        rows.map(|rows| from_array(&rows)).map_err(|error| StageError::data(error.to_string()))
    }

    fn report(
        &self,
        judgements: &[Judgement],
        best: usize,
        chosen: &[(&str, f64)],
        cx: &mut StageContext<'_>,
    ) {
        for (step, judgement) in (0_u64..).zip(judgements) {
            cx.metric("selection/harmonic", step, judgement.harmonic);
            cx.metric("selection/t1", step, judgement.t1);
        }
        let select = self.common.select;
        let chosen = chosen.iter().map(|(name, value)| format!("{name} {value}, "));
        let judgement = judgements[best];
        cx.note(format!(
            "`{}` chose {}delta {:.6}: T1 {:.4}, U {:.4}, S {:.4}, H {:.4}",
            select.name(),
            chosen.collect::<String>(),
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
}

/// What to say where the best setting guesses on the unseen validation classes: it was not chosen,
/// it was drawn.
fn no_better_than_chance(t1: f64, exams: &[Exam]) -> Option<String> {
    let classes = |exam: &Exam| exam.candidates.unseen().len();
    let count = |count: usize| f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX));
    let share = |exam: &Exam| 1.0 / count(classes(exam));
    let chance = exams.iter().map(share).sum::<f64>() / count(exams.len());
    let fewest = exams.iter().map(classes).min().unwrap_or(0);
    (t1 < MORE_THAN_CHANCE * chance).then(|| {
        format!(
            "on the unseen validation classes (as few as {fewest}) the best setting has T1 {t1:.4}, \
             where guessing has {chance:.4}: hyper-parameters and delta mean little; give more \
             validation classes, or set `select.on = \"class-cv5\"`"
        )
    })
}

/// What to say where the best setting lies at the end of what was tried.
fn at_edge(tried: &[Vec<(&str, f64)>], best: usize) -> Vec<String> {
    let note = |(at, &(name, value)): (usize, &(&str, f64))| {
        let values = || tried.iter().map(|setting| setting[at].1);
        let smaller = values().filter(|other| *other < value).count();
        let larger = values().filter(|other| *other > value).count();
        let end = match (smaller, larger) {
            (1.., 0) => "largest",
            (0, 1..) => "smallest",
            _ => return None,
        };
        Some(format!("{name} {value} is the {end} tried: the best may lie beyond"))
    };
    tried[best].iter().enumerate().filter_map(note).collect()
}

fn to_candidate(position: usize) -> Candidate {
    Candidate(u16::try_from(position).expect("candidates are limited to 65535"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_grid_are_told() {
        let tried: Vec<Vec<(&str, f64)>> = [(1.0, 5.0), (1.0, 6.0), (2.0, 5.0), (2.0, 6.0)]
            .map(|(gamma, lambda)| vec![("gamma", gamma), ("lambda", lambda), ("top", 3.0)])
            .to_vec();
        assert_eq!(
            at_edge(&tried, 2),
            [
                "gamma 2 is the largest tried: the best may lie beyond",
                "lambda 5 is the smallest tried: the best may lie beyond",
            ]
        );
        let middle: Vec<_> = [1.0, 2.0, 3.0].map(|lambda| vec![("lambda", lambda)]).to_vec();
        assert!(at_edge(&middle, 1).is_empty());
        assert!(at_edge(&middle[..1], 0).is_empty());
    }
}
