//! `audit-beta`: does the entropy weight point to the cells that help?
//!
//! Entropy guides a search well if it is high where a look adds to the probability of the truth, and
//! misleads it otherwise. Which of the two depends on the data and on the definition: clutter that is
//! stronger than the object turns the sign. The training images tell, without an answer key and
//! before any agent is trained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Measures;
use crate::data::attributes::Attributes;
use crate::data::features::Features;
use crate::data::glyphs::PaintedCells;
use crate::data::samples::Samples;
use crate::data::split::TrainSamples;
use crate::models::erpcnet::gains::Gains;
use crate::models::erpcnet::trained::Trained;
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::answer_key::AnswerKey;
use super::estimate::Estimate;
use super::look_rows::{LookRows, judge};
use super::pool::thread_pool;
use super::same_images::check_same_images;
use super::training_set::TrainingSet;

/// How the weights are audited.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditBetaParams {
    /// Images at once. Default 32.
    #[schemars(range(min = 1, max = 4096))]
    pub batch: usize,
}

impl Default for AuditBetaParams {
    fn default() -> Self {
        Self { batch: 32 }
    }
}

inputs! {
    /// What is audited.
    pub struct AuditBetaInputs {
        /// The network of stage I.
        network: Trained,
        /// The global embeddings.
        features: Features,
        /// The local embedding of every cell, by this network.
        looks: Features,
        /// The weight of every cell.
        weights: Features,
        /// Whose classes the images are.
        samples: Samples,
        /// The attributes of the classes.
        attributes: Attributes,
        /// The training part of the split.
        train: TrainSamples,
        /// Where the parts of the objects are, if somebody knows.
        cells: Option<PaintedCells>,
    }
}
outputs! {
    /// What was found.
    pub struct AuditBetaOutputs {
        /// Correlations within images, with their intervals over images: `gain` of weight and gain over
        /// all looks, `gain_1` to `gain_T` of each, `parts` of weight and holding a part; and the
        /// `mean` weight, `mean_of_parts` and `mean_of_others`.
        measures: Measures,
    }
}

/// The stage.
pub struct AuditBeta;

impl Stage for AuditBeta {
    const KIND: &'static str = "audit-beta";
    const SUMMARY: &'static str = "tells whether entropy weights point to the cells that help";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = AuditBetaParams;
    type Inputs = AuditBetaInputs;
    type Outputs = AuditBetaOutputs;

    fn check(params: &AuditBetaParams) -> Result<(), StageError> {
        match params.batch {
            0 => Err(StageError::parameter("batch", "expected at least 1, got 0")),
            _ => Ok(()),
        }
    }

    fn needs(_params: &AuditBetaParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &AuditBetaParams,
        inputs: AuditBetaInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<AuditBetaOutputs, StageError> {
        let pool = thread_pool(cx)?;
        let found = pool.install(|| audit(params, &inputs, cx))?;
        let all = &found.gains[found.gains.len() - 1];
        if let Some((correlation, (low, high))) =
            Estimate::of(all).and_then(|estimate| Some((estimate.mean, estimate.ci95?)))
        {
            let text = format!(
                "the weight of a cell and what a look at it adds correlate by {correlation:+.3} \
                 within images (95 % interval {low:+.3} to {high:+.3})"
            );
            match high < 0.0 {
                true => cx.warn(format!(
                    "{text}: these weights lead a search away from the cells that help; choose \
                     another `definition` in `weigh-cells`"
                )),
                false => cx.note(text),
            }
        }
        Ok(AuditBetaOutputs { measures: measures(&found) })
    }
}

/// Correlations within images; the last list of `gains` is over all steps together.
struct Found {
    /// Of weight and gain, a list of images for each step and one for all.
    gains: Vec<Vec<f64>>,
    /// Of weight and holding a part, a number an image.
    parts: Vec<f64>,
    /// The mean weights of cells that hold a part and of others.
    of_parts: [Mean; 2],
    weight: Mean,
}

#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn push(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn get(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

fn audit(
    params: &AuditBetaParams,
    inputs: &AuditBetaInputs,
    cx: &mut StageContext<'_>,
) -> Result<Found, StageError> {
    let card = &inputs.network.card;
    check_same_images(&inputs.features, &inputs.samples)?;
    let set = TrainingSet::of(card.part, &inputs.train, &inputs.samples)?;
    let (looks, weights) = (Some(&inputs.looks), Some(&inputs.weights));
    let rows = LookRows::new(&inputs.network, &inputs.features, looks, weights, &set.places())?;
    let judge = judge(&inputs.network, &inputs.attributes, &card.classes)?;
    let key = inputs.cells.as_ref().map(|key| AnswerKey::new(key, &inputs.samples)).transpose()?;
    let cells = card.design.cells().ok_or_else(|| StageError::data("no window fits the map"))?;
    let (steps, mut rng) = (card.design.looks, cx.rng("orders"));
    let mut found = Found {
        gains: vec![Vec::new(); steps + 1],
        parts: Vec::new(),
        of_parts: [Mean::default(); 2],
        weight: Mean::default(),
    };
    let places: Vec<usize> = (0..set.images.len()).collect();
    for batch in places.chunks(params.batch) {
        cx.check_cancelled()?;
        let images: Vec<usize> = batch.iter().map(|at| set.images[*at].get()).collect();
        let labels: Vec<usize> = batch.iter().map(|at| set.labels[*at]).collect();
        let orders: Vec<Vec<usize>> = batch.iter().map(|_| cells.draw(steps, &mut rng)).collect();
        let seen = rows.read(&images);
        let gains = Gains::along(&judge, &seen, &labels, &orders);
        for (at, image) in images.iter().enumerate() {
            let weights = &seen.weights[at * cells.count()..][..cells.count()];
            weights.iter().for_each(|weight| found.weight.push(*weight));
            found.push_gains(weights, steps, |step| gains.of(at, step));
            if let Some(key) = &key {
                found.push_parts(weights, |cell| key.is_hit(*image, cell));
            }
        }
        cx.progress(batch[batch.len() - 1] as u64 + 1, places.len() as u64, "images");
    }
    Ok(found)
}

impl Found {
    fn push_gains<'a>(
        &mut self,
        weights: &[f64],
        steps: usize,
        gains: impl Fn(usize) -> &'a [Option<f64>],
    ) {
        let mut all = Vec::new();
        for step in 0..steps {
            let pairs = weights.iter().zip(gains(step));
            let pairs = pairs.filter_map(|(weight, gain)| Some((*weight, (*gain)?)));
            // Gains shrink from step to step, whatever the weights: each step is centred for itself.
            let pairs = centred(&pairs.collect::<Vec<_>>());
            self.gains[step].extend(correlation(&pairs));
            all.extend(pairs);
        }
        self.gains[steps].extend(correlation(&all));
    }

    fn push_parts(&mut self, weights: &[f64], is_part: impl Fn(usize) -> bool) {
        let flag = |cell| if is_part(cell) { 1.0 } else { 0.0 };
        let pairs: Vec<(f64, f64)> =
            weights.iter().enumerate().map(|(cell, weight)| (*weight, flag(cell))).collect();
        for (weight, flag) in &pairs {
            self.of_parts[usize::from(*flag == 0.0)].push(*weight);
        }
        self.parts.extend(correlation(&centred(&pairs)));
    }
}

/// Pairs without their means.
#[expect(clippy::cast_precision_loss, reason = "counts of cells are below 2^53")]
fn centred(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let count = pairs.len().max(1) as f64;
    let (left, right) = pairs.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    pairs.iter().map(|one| (one.0 - left / count, one.1 - right / count)).collect()
}

/// Pearson's correlation of pairs without means; none where one side never changes.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let sum = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
    let (left, right) = (sum(|one| one.0 * one.0), sum(|one| one.1 * one.1));
    let scale = (left * right).sqrt();
    (scale > 0.0).then(|| sum(|one| one.0 * one.1) / scale)
}

fn measures(found: &Found) -> Measures {
    let steps = found.gains.len() - 1;
    let mut measures = Measures::default();
    let mut push = |name: &str, values: &[f64]| {
        let estimate = Estimate::of(values);
        let interval = estimate.as_ref().and_then(|estimate| estimate.ci95);
        measures.push(name, estimate.as_ref().map(|estimate| estimate.mean));
        measures.push(format!("{name}_low"), interval.map(|(low, _)| low));
        measures.push(format!("{name}_high"), interval.map(|(_, high)| high));
    };
    push("gain", &found.gains[steps]);
    for step in 0..steps {
        push(&format!("gain_{}", step + 1), &found.gains[step]);
    }
    push("parts", &found.parts);
    measures.push("mean", found.weight.get());
    let [parts, others] = found.of_parts.map(Mean::get);
    measures.push("mean_of_parts", parts);
    measures.push("mean_of_others", others);
    measures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Signal;
    use crate::models::erpcnet::trained::TrainingPart;
    use crate::stages::planted_world::World;

    #[test]
    fn correlations_within_images_do_not_see_what_differs_between_them() {
        let shifted = |by: f64| centred(&[(1.0 + by, 2.0), (2.0 + by, 4.0), (3.0 + by, 6.0 + by)]);
        assert!((correlation(&shifted(0.0)).unwrap() - 1.0).abs() < 1e-12);
        // Centred pairs (-1, -3), (0, -1), (1, 4): 7 / sqrt(2 * 26).
        let found = correlation(&centred(&[(1.0, 1.0), (2.0, 3.0), (3.0, 8.0)])).unwrap();
        assert!((found - 7.0 / 52.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(correlation(&centred(&[(1.0, 1.0), (1.0, 3.0)])), None);
    }

    #[test]
    fn every_training_image_has_its_say() {
        let world = World::small();
        let seen = world.seen(TrainingPart::Train);
        let outcome = world.school(&seen).run::<AuditBeta>(&AuditBetaParams::default()).unwrap();
        let measures: Measures = outcome.output("measures");
        let of = |name: &str| measures.get(name).unwrap();
        for name in ["gain", "gain_1", "gain_2", "gain_3", "parts"] {
            let (low, high) = (of(&format!("{name}_low")), of(&format!("{name}_high")));
            assert!(low < of(name) && of(name) < high && high < 1.0 && low > -1.0, "{name}");
        }
        assert!((of("mean_of_parts") - of("mean_of_others")).signum() == of("parts").signum());
        let is_said = |signal: &Signal| match signal {
            Signal::Note { text } | Signal::Warning { text } => text.contains("within images"),
            _ => false,
        };
        assert!(outcome.signals.iter().any(is_said));
    }
}
