//! `train-erpcnet`: stage I of ERPCNet on features, looks at random cells and a trainable tail.

mod epoch;
mod images;
mod params;

use crate::artifact::Curves;
use crate::data::attributes::Attributes;
use crate::data::features::Features;
use crate::data::samples::Samples;
use crate::data::split::TrainSamples;
use crate::models::erpcnet::build::Design;
use crate::models::erpcnet::learner::{BoundTail, Learner, Subnets};
use crate::models::erpcnet::trained::{Card, Trained};
use crate::nn::optimiser::Sgd;
use crate::nn::tape::Parameters;
use crate::onnx::{OnnxError, OnnxModel, Tail};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::extract::{named_error, network_error};
use super::pool::thread_pool;
use super::same_images::check_same_images;
use super::saved_training::SavedTraining;
use super::signatures::signatures;
use super::training_set::TrainingSet;
use epoch::Epoch;
use images::{TrainingImages, View};
pub use params::{LossWeights, TrainErpcnetParams, Trainable};

/// The name of the local tail among the parameters.
pub(super) const LOCAL_TAIL: &str = "cl";
/// That of the tail of the global subnet, if it is trained.
pub(super) const GLOBAL_TAIL: &str = "cg";

inputs! {
    /// What is learnt from.
    pub struct TrainErpcnetInputs {
        /// Maps and embeddings.
        features: Features,
        /// Whose classes they are.
        samples: Samples,
        /// The attributes of the classes.
        attributes: Attributes,
        /// The training part of the split.
        train: TrainSamples,
        /// The network that holds the tail.
        model: OnnxModel,
    }
}
outputs! {
    /// What was learnt.
    pub struct TrainErpcnetOutputs {
        /// With all its weights.
        network: Trained,
        /// Losses and training accuracy, one row an epoch.
        curves: Curves,
    }
}

/// The stage.
pub struct TrainErpcnet;

impl Stage for TrainErpcnet {
    const KIND: &'static str = "train-erpcnet";
    const SUMMARY: &'static str = "trains ERPCNet on random looks: stage I";
    const VERSION: u32 = 3;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = TrainErpcnetParams;
    type Inputs = TrainErpcnetInputs;
    type Outputs = TrainErpcnetOutputs;

    fn check(params: &TrainErpcnetParams) -> Result<(), StageError> {
        params::check(params)
    }

    fn needs(_params: &TrainErpcnetParams) -> Needs {
        Needs::all_threads(2048)
    }

    fn run(
        params: &TrainErpcnetParams,
        inputs: TrainErpcnetInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<TrainErpcnetOutputs, StageError> {
        let pool = thread_pool(cx)?;
        // The whole training runs inside the pool, whose threads the kernels take.
        pool.install(|| train(params, &inputs, cx))
    }
}

fn train(
    params: &TrainErpcnetParams,
    inputs: &TrainErpcnetInputs,
    cx: &mut StageContext<'_>,
) -> Result<TrainErpcnetOutputs, StageError> {
    let set = TrainingSet::of(params.part, &inputs.train, &inputs.samples)?;
    let classes = set.classes.clone();
    check_same_images(&inputs.features, &inputs.samples)?;
    let images = TrainingImages::new(params, &inputs.features, set)?;
    let [from, to] = params.tail();
    let graph = inputs.model.graph().map_err(network_error)?;
    let tail = Tail::between(&graph, &from, &to).map_err(|error| tail_error(error, &from))?;
    let design = design(params, &images, inputs.attributes.names().len(), &tail)?;
    let mut parameters = Parameters::default();
    let network = design.build(&mut parameters, &mut cx.rng("weights"));
    let copy = tail.copy(LOCAL_TAIL, &mut parameters);
    let own = match params.trainable {
        Trainable::None => None,
        Trainable::Tail => Some(tail.copy(GLOBAL_TAIL, &mut parameters)),
    };
    let card = Card {
        design,
        map: params.map.clone(),
        embedding: params.global_embedding(),
        tail: [from, to],
        attributes: inputs.attributes.names().to_vec(),
        classes,
        split: inputs.train.identity.split.to_string(),
        part: params.part,
        logit_scale: params.logit_scale,
        images: images.samples.len(),
        epochs: params.epochs,
    };
    let bound = |copy| BoundTail { tail: &tail, copy };
    let mut learner = Learner::new(
        Subnets { network, local: bound(&copy), global: own.as_ref().map(bound) },
        params.objective(),
        signatures(&inputs.attributes, &card.classes)?,
        params.looks,
        Sgd::new(params.momentum, params.weight_decay),
    );
    let epochs = learn(params, &images, &mut learner, &mut parameters, &card, cx)?;
    Ok(TrainErpcnetOutputs { network: Trained { card, parameters }, curves: curves(&epochs) })
}

fn learn(
    params: &TrainErpcnetParams,
    images: &TrainingImages<'_>,
    learner: &mut Learner<'_>,
    parameters: &mut Parameters,
    card: &Card,
    cx: &mut StageContext<'_>,
) -> Result<Vec<Epoch>, StageError> {
    let mut saved = SavedTraining::new(cx.checkpoints());
    let mut epochs = saved.restore(parameters, learner.sgd_mut());
    if !epochs.is_empty() {
        cx.note(format!("goes on after {} of {} epochs", epochs.len(), params.epochs));
    }
    let steps = images.samples.len().div_ceil(params.batch);
    let total = (params.epochs * steps) as u64;
    for epoch in epochs.len()..params.epochs {
        // Each epoch has a stream of its own, so that a training that goes on draws the same.
        let mut rng = cx.rng(&format!("epoch-{epoch}"));
        let rate = params.schedule().at(epoch);
        let mut measured = Vec::with_capacity(steps);
        for (step, places) in images.batches(params.batch, &mut rng).iter().enumerate() {
            cx.check_cancelled()?;
            let batch = images.read(places, &mut rng);
            let one = learner.step(parameters, batch, rate, &mut rng);
            let done = epoch * steps + step;
            if !one.loss.is_finite() {
                let what = format!("the loss of stage I (epoch {})", epoch + 1);
                return Err(StageError::Diverged { what, step: done as u64, value: one.loss });
            }
            measured.push((places.len(), one));
            cx.progress(done as u64 + 1, total, "steps");
        }
        let done = Epoch::of(rate, &measured);
        cx.metric("train/loss", epoch as u64, done.loss);
        cx.metric("train/accuracy", epoch as u64, done.accuracy);
        epochs.push(done);
        saved.end_epoch(parameters, learner.sgd(), &epochs)?;
    }
    if let Some(last) = epochs.last() {
        let names = ["global", "local", "joint", "largest"];
        let parts = names.iter().zip(last.losses);
        let parts: Vec<String> =
            parts.filter_map(|(name, loss)| Some(format!("{name} {:.4}", loss?))).collect();
        cx.note(format!(
            "{} images of {} classes, {} epochs: loss {:.4} ({}), training accuracy {:.4}",
            card.images,
            card.classes.len(),
            epochs.len(),
            last.loss,
            parts.join(", "),
            last.accuracy
        ));
    }
    Ok(epochs)
}

/// The sizes of the network, and whether data and tail fit.
fn design(
    params: &TrainErpcnetParams,
    images: &TrainingImages<'_>,
    attributes: usize,
    tail: &Tail,
) -> Result<Design, StageError> {
    let View { maps, embeddings } = images.plain();
    let channels = maps.channels();
    let embedding = match embeddings {
        Some(embeddings) => embeddings.width(),
        None => tail.output(maps.shape()).map_err(network_error)?.width(),
    };
    let design = Design {
        channels,
        map: maps.size(),
        window: params.window,
        stride: params.stride,
        embedding,
        fused: params.fused.unwrap_or(embedding),
        attributes,
        looks: params.looks,
        relu: params.fusion_relu,
        batching: params.local_batching,
        dropout: params.dropout,
    };
    let cells = maps.cells(params.window, params.stride)?;
    if params.looks > cells.count() {
        let message = format!("{} looks, but the map has {} cells", params.looks, cells.count());
        return Err(StageError::parameter("looks", message));
    }
    let extent = tail.output([1, 1, channels]).map_err(network_error)?;
    if extent.width() != embedding {
        let [from, to] = params.tail();
        let message = format!(
            "the tail from `{from}` to `{to}` gives {} numbers, the embedding `{}` has {embedding}",
            extent.width(),
            params.embedding
        );
        return Err(StageError::parameter("tail_to", message));
    }
    Ok(design)
}

/// What is wrong with the tail, by the parameter that says it.
fn tail_error(error: OnnxError, from: &str) -> StageError {
    let is_from = matches!(&error, OnnxError::UnknownTensor { name, .. } if name == from);
    named_error(if is_from { "tail_from" } else { "tail_to" }, error)
}

fn curves(epochs: &[Epoch]) -> Curves {
    let mut curves = Curves::new(&[
        "learning_rate",
        "loss_global",
        "loss_local",
        "loss_joint",
        "loss_largest",
        "loss",
        "accuracy",
    ]);
    for Epoch { rate, losses, loss, accuracy } in epochs {
        let rest = [Some(*loss), Some(*accuracy)];
        curves.push([&[Some(*rate)], losses.as_slice(), &rest].concat());
    }
    curves
}

#[cfg(test)]
mod tests;
