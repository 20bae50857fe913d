//! `audit-beta`: does the entropy weight point to the cells that help?
//!
//! Entropy guides a search well if it is high where a look adds to the probability of the truth, and
//! misleads it otherwise. Which of the two depends on the data and on the definition: clutter that is
//! stronger than the object turns the sign. The training images tell, without an answer key and
//! before any agent is trained.

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Cell, Presentation, Table, TableColumn, Values};
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
    /// What the table shows, in a sentence. Default: "Entropy weights against what a look adds".
    pub caption: String,
}

impl Default for AuditBetaParams {
    fn default() -> Self {
        Self { batch: 32, caption: "Entropy weights against what a look adds".to_owned() }
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
        /// Correlations within images, one row a step and one for all.
        table: Table,
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
        let table = table(params, &found)
            .map_err(|source| StageError::Encode { port: "table".to_owned(), source })?;
        Ok(AuditBetaOutputs { table })
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
    let rows = LookRows::new(&inputs.network, &inputs.features, looks, weights)?;
    let judge = judge(&inputs.network, &inputs.attributes, card.classes.iter())?;
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

fn table(params: &AuditBetaParams, found: &Found) -> io::Result<Table> {
    let steps = found.gains.len() - 1;
    let mut rows: Vec<(String, &Vec<f64>)> =
        (1..=steps).map(|step| (format!("look {step}"), &found.gains[step - 1])).collect();
    rows.push(("all looks".to_owned(), &found.gains[steps]));
    if !found.parts.is_empty() {
        rows.push(("holding a part".to_owned(), &found.parts));
    }
    let estimates: Vec<Option<Estimate>> =
        rows.iter().map(|(_, values)| Estimate::of(values)).collect();
    let number = |of: fn(&Estimate) -> Option<f64>| {
        Values::Number(estimates.iter().map(|one| one.as_ref().and_then(of)).collect())
    };
    let columns = vec![
        ("with".to_owned(), Values::Text(rows.iter().map(|(name, _)| name.clone()).collect())),
        ("correlation".to_owned(), number(|estimate| Some(estimate.mean))),
        ("ci95_low".to_owned(), number(|estimate| Some(estimate.ci95?.0))),
        ("ci95_high".to_owned(), number(|estimate| Some(estimate.ci95?.1))),
        ("images".to_owned(), Values::Count(rows.iter().map(|(_, values)| values.len()).collect())),
    ];
    let printed = |heading: &str, column: &str| TableColumn {
        heading: heading.to_owned(),
        cell: Cell::Number { column: column.to_owned(), digits: 3 },
    };
    let mut notes = vec!["Correlations within images; the interval is over images.".to_owned()];
    notes.extend(found.weight.get().map(|mean| format!("Mean weight {mean:.3}.")));
    if let [Some(parts), Some(others)] = found.of_parts.map(Mean::get) {
        notes.push(format!("Mean weight of cells with a part {parts:.3}, of others {others:.3}."));
    }
    let presentation = Presentation {
        caption: params.caption.clone(),
        rows: vec!["with".to_owned()],
        columns: vec![
            TableColumn {
                heading: "weight and gain at".to_owned(),
                cell: Cell::Value { column: "with".to_owned(), labels: BTreeMap::new() },
            },
            printed("correlation", "correlation"),
            printed("95 % from", "ci95_low"),
            printed("to", "ci95_high"),
            TableColumn {
                heading: "images".to_owned(),
                cell: Cell::Value { column: "images".to_owned(), labels: BTreeMap::new() },
            },
        ],
        notes,
        ..Presentation::default()
    };
    Table::new(columns, presentation)
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
        let table: Table = outcome.output("table");
        let names = ["look 1", "look 2", "look 3", "all looks", "holding a part"];
        assert_eq!(table.texts("with").unwrap(), names);
        let images = table.numbers("images").unwrap();
        let expected = seen.network.card.images as f64;
        assert!(images.iter().all(|images| *images == Some(expected)), "{images:?}");
        let of = |column| table.numbers(column).unwrap();
        let bounds = of("ci95_low").into_iter().zip(of("ci95_high")).zip(of("correlation"));
        for ((low, high), mean) in bounds {
            assert!(low < mean && mean < high && (-1.0..1.0).contains(&mean.unwrap()));
        }
        let is_said = |signal: &Signal| match signal {
            Signal::Note { text } | Signal::Warning { text } => text.contains("within images"),
            _ => false,
        };
        assert!(outcome.signals.iter().any(is_said));
    }
}
