//! `prefer-cells`: orders in which cells are looked at without an agent, as bounds and controls.
//!
//! Random cells are the paper's PCNet. The other orders need an answer key, so they exist for
//! synthetic data only: they say how much of a search's gain any policy could have had.

use std::io;

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo, TensorView};
use crate::data::glyphs::PaintedCells;
use crate::data::samples::Samples;
use crate::data::split::TrainSamples;
use crate::models::erpcnet::trained::TrainingPart;
use crate::nn::Tensor;
use crate::nn::optimiser::{Adam, Optimiser as _};
use crate::nn::tape::{Dense, ParameterKind, Parameters, Recording, Tape, Var};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::answer_key::AnswerKey;
use super::embed_looks::LOCAL;
use super::pool::thread_pool;
use super::same_images::check_same_images;
use super::training_set::TrainingSet;

/// The tensor of the preferences.
pub(super) const PREFERENCE: &str = "preference";

/// Who chooses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Chooser {
    /// Chance, for each image anew.
    #[default]
    Random,
    /// The cells that most often hold a part in training images, for all images alike.
    Static,
    /// A network that has learnt from the answer key of the training images to tell from the global
    /// embedding which cells hold a part: what a policy could know before the first look.
    FromGlobal,
    /// The answer key itself.
    Oracle,
}

/// Who chooses, and how the supervised network learns.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreferCellsParams {
    /// Who chooses. Default `random`.
    pub by: Chooser,
    /// The tensor that `from-global` reads. Default `embedding`.
    pub embedding: String,
    /// The width of its hidden layer. Default 128.
    #[schemars(range(min = 1))]
    pub hidden: usize,
    /// Its passes over the training images. Default 60.
    #[schemars(range(min = 1))]
    pub epochs: usize,
    /// Its images a step. Default 64.
    #[schemars(range(min = 1))]
    pub batch: usize,
    /// The learning rate of Adam. Default 0.001.
    pub learning_rate: f64,
}

impl Default for PreferCellsParams {
    fn default() -> Self {
        Self {
            by: Chooser::Random,
            embedding: "embedding".to_owned(),
            hidden: 128,
            epochs: 60,
            batch: 64,
            learning_rate: 1e-3,
        }
    }
}

inputs! {
    /// What is chosen from, and what is known.
    pub struct PreferCellsInputs {
        /// The embeddings of all cells; only their number counts.
        looks: Features,
        /// Whose classes the images are.
        samples: Samples,
        /// The answer key; for all choosers but `random`.
        cells: Option<PaintedCells>,
        /// The training part of the split; for `static` and `from-global`.
        train: Option<TrainSamples>,
        /// The global embeddings; for `from-global`.
        features: Option<Features>,
    }
}
outputs! {
    /// What was chosen.
    pub struct PreferCellsOutputs {
        /// The tensor `preference`, one number a cell: the largest is looked at first.
        preferences: Features,
    }
}

/// The stage.
pub struct PreferCells;

impl Stage for PreferCells {
    const KIND: &'static str = "prefer-cells";
    const SUMMARY: &'static str =
        "orders cells by chance or by an answer key, to compare with a search";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = PreferCellsParams;
    type Inputs = PreferCellsInputs;
    type Outputs = PreferCellsOutputs;

    fn check(params: &PreferCellsParams) -> Result<(), StageError> {
        let counts =
            [("hidden", params.hidden), ("epochs", params.epochs), ("batch", params.batch)];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(StageError::parameter(name, "expected at least 1, got 0"));
        }
        match params.learning_rate {
            rate if rate.is_finite() && rate > 0.0 => Ok(()),
            rate => {
                let message = format!("expected a number above 0, got {rate}");
                Err(StageError::parameter("learning_rate", message))
            }
        }
    }

    fn needs(_params: &PreferCellsParams) -> Needs {
        Needs::all_threads(256)
    }

    fn run(
        params: &PreferCellsParams,
        inputs: PreferCellsInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<PreferCellsOutputs, StageError> {
        check_same_images(&inputs.looks, &inputs.samples)?;
        let looks = inputs.looks.partial_tensor(Some(LOCAL));
        let count = looks.map_err(|error| StageError::data(error.to_string()))?.shape()[0];
        let total = inputs.looks.len();
        let rows: Vec<Vec<f32>> = match params.by {
            Chooser::Random => random(total, count, &mut cx.rng("cells")),
            Chooser::Oracle => {
                let key = key(&inputs)?;
                let truth =
                    |image| truth(&key, image, count).map(|is_part| f32::from(u8::from(is_part)));
                (0..total).map(|image| truth(image).collect()).collect()
            }
            Chooser::Static => vec![marginals(&key(&inputs)?, &set(&inputs)?, count); total],
            Chooser::FromGlobal => {
                let pool = thread_pool(cx)?;
                pool.install(|| supervised(params, &inputs, count, cx))?
            }
        };
        let tensor = TensorInfo::new(PREFERENCE, vec![count], Storage::F32);
        let mut writer = FeaturesWriter::new(cx.writer("preferences")?, vec![tensor], total)
            .map_err(encode_error)?;
        for row in &rows {
            writer.push(&[row]).map_err(encode_error)?;
        }
        Ok(PreferCellsOutputs { preferences: writer.finish().map_err(encode_error)? })
    }
}

fn missing(port: &str) -> StageError {
    StageError::parameter("by", format!("this chooser needs the input `{port}`"))
}

fn key(inputs: &PreferCellsInputs) -> Result<AnswerKey<'_>, StageError> {
    AnswerKey::new(inputs.cells.as_ref().ok_or_else(|| missing("cells"))?, &inputs.samples)
}

fn set(inputs: &PreferCellsInputs) -> Result<TrainingSet, StageError> {
    let train = inputs.train.as_ref().ok_or_else(|| missing("train"))?;
    TrainingSet::of(TrainingPart::Train, train, &inputs.samples)
}

/// Whether each cell of an image holds a part.
fn truth(key: &AnswerKey<'_>, image: usize, cells: usize) -> impl Iterator<Item = bool> {
    (0..cells).map(move |cell| key.is_hit(image, cell))
}

#[expect(clippy::cast_precision_loss, reason = "ranks of cells are small")]
fn random(images: usize, cells: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f32>> {
    let mut ranks: Vec<f32> = (0..cells).map(|rank| rank as f32).collect();
    let mut draw = || {
        ranks.shuffle(rng);
        ranks.clone()
    };
    (0..images).map(|_| draw()).collect()
}

/// How often each cell holds a part in training images.
fn marginals(key: &AnswerKey<'_>, set: &TrainingSet, cells: usize) -> Vec<f32> {
    let mut counts = vec![0.0; cells];
    for image in &set.images {
        for (count, is_part) in counts.iter_mut().zip(truth(key, image.get(), cells)) {
            *count += f32::from(u8::from(is_part));
        }
    }
    counts
}

/// Two layers from a global embedding to two logits a cell.
struct Reader {
    hidden: Dense,
    output: Dense,
}

impl Reader {
    fn new(parameters: &mut Parameters, widths: [usize; 3], rng: &mut ChaCha8Rng) -> Self {
        let mut dense = |name: &str, inputs: usize, outputs: usize| {
            let mut add = |part: &str, shape: Vec<usize>| {
                let value = Tensor::uniform(shape, inputs, rng);
                parameters.add(format!("{name}.{part}"), ParameterKind::Weight, value)
            };
            let weight = add("weight", vec![outputs, inputs]);
            Dense { weight, bias: Some(add("bias", vec![outputs])) }
        };
        let [inputs, hidden, cells] = widths;
        Self { hidden: dense("hidden", inputs, hidden), output: dense("output", hidden, 2 * cells) }
    }

    /// [N, D] -> [N cells, 2]: the logits of holding no part, and of holding one.
    fn read(&self, tape: &mut Tape<'_, f32>, embeddings: Tensor) -> Var {
        let embeddings = tape.constant(embeddings);
        let hidden = tape.dense(self.hidden, embeddings);
        let hidden = tape.relu(hidden);
        let logits = tape.dense(self.output, hidden);
        let pairs = tape.value(logits).values().len() / 2;
        tape.reshape(logits, vec![pairs, 2])
    }
}

fn supervised(
    params: &PreferCellsParams,
    inputs: &PreferCellsInputs,
    cells: usize,
    cx: &mut StageContext<'_>,
) -> Result<Vec<Vec<f32>>, StageError> {
    let features = inputs.features.as_ref().ok_or_else(|| missing("features"))?;
    check_same_images(features, &inputs.samples)?;
    let view = features.tensor(Some(&params.embedding));
    let view = view.map_err(|error| StageError::parameter("embedding", error.to_string()))?;
    let (key, set) = (key(inputs)?, set(inputs)?);
    let read = |images: &[usize]| {
        let mut values = vec![0.0; images.len() * view.width()];
        let rows = values.chunks_exact_mut(view.width());
        rows.zip(images).for_each(|(row, image)| view.read_row(*image, row));
        Tensor::new(vec![images.len(), view.width()], values)
    };
    let mut rng = cx.rng("supervised");
    let mut parameters = Parameters::default();
    let reader = Reader::new(&mut parameters, [view.width(), params.hidden, cells], &mut rng);
    let mut adam = Adam::new(0.0);
    let mut order: Vec<usize> = set.images.iter().map(|image| image.get()).collect();
    for epoch in 0..params.epochs {
        cx.check_cancelled()?;
        order.shuffle(&mut rng);
        for images in order.chunks(params.batch) {
            let truth = images.iter().flat_map(|image| truth(&key, *image, cells));
            let labels: Vec<usize> = truth.map(usize::from).collect();
            let mut tape = Tape::new(&parameters, Recording::On);
            let logits = reader.read(&mut tape, read(images));
            let loss = tape.cross_entropy(logits, labels);
            let outcome = tape.backward(loss);
            adam.step(&mut parameters, &outcome, params.learning_rate);
        }
        cx.progress(epoch as u64 + 1, params.epochs as u64, "epochs");
    }
    let all: Vec<usize> = (0..features.len()).collect();
    let mut rows = Vec::with_capacity(all.len());
    for images in all.chunks(params.batch) {
        let mut tape = Tape::new(&parameters, Recording::Off);
        let logits = reader.read(&mut tape, read(images));
        let leads = tape.value(logits).values().as_chunks().0.iter().map(|[no, yes]| yes - no);
        let leads: Vec<f32> = leads.collect();
        rows.extend(leads.chunks_exact(cells).map(<[f32]>::to_vec));
    }
    Ok(rows)
}

/// The cells of an image, the most preferred first; the first of equals.
pub(super) fn order(preferences: &TensorView<'_>, image: usize) -> Vec<usize> {
    let mut row = vec![0.0; preferences.width()];
    preferences.read_row(image, &mut row);
    let mut cells: Vec<usize> = (0..row.len()).collect();
    cells.sort_by(|left, right| row[*right].total_cmp(&row[*left]));
    cells
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "preferences".to_owned(), source }
}

#[cfg(test)]
mod tests;
