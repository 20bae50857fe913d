//! `train-backbone`: a network learns to tell classes of pictures apart, and stays an ONNX file.
//!
//! The network is trained from its pictures to a tensor, the embedding. On that stands a linear
//! classifier, which is thrown away in the end: what stays is the network with the weights and the
//! running statistics that it has learnt in the places of the old ones.
//!
//! Where the attributes of the classes are known, the classifier predicts them, and the logit of a
//! class is the product of what was predicted with what the class has. So the embedding has to say
//! each attribute by itself, in whatever company: what it is asked for by classes that nobody saw.

mod epoch;
mod learner;
mod params;
mod pictures;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

use crate::artifact::{Blob, Cell, Presentation, Table, TableColumn, Values};
use crate::data::attributes::Attributes;
use crate::data::images::Images;
use crate::data::samples::Samples;
use crate::onnx::{Graph, OnnxModel, Tail};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::extract::{check_pictures, named_error, network_error};
use super::pool::thread_pool;
use super::saved_training::SavedTraining;
use super::signatures::signatures;
use epoch::Epoch;
use learner::{Learner, Targets};
pub use params::TrainBackboneParams;
use pictures::{Parts, Pictures};

inputs! {
    /// What is learnt from.
    pub struct TrainBackboneInputs {
        /// Encoded pictures.
        images: Images,
        /// Whose classes they are.
        samples: Samples,
        /// The attributes of the classes, to be predicted in place of the classes themselves.
        attributes: Option<Attributes>,
        /// The network with its first weights.
        model: OnnxModel,
    }
}

outputs! {
    /// What was learnt.
    pub struct TrainBackboneOutputs {
        /// The network with its last weights.
        model: OnnxModel,
        /// Loss and accuracies, one row an epoch.
        curves: Table,
    }
}

/// The stage.
pub struct TrainBackbone;

impl Stage for TrainBackbone {
    const KIND: &'static str = "train-backbone";
    const SUMMARY: &'static str = "trains a network to tell classes of pictures apart";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = TrainBackboneParams;
    type Inputs = TrainBackboneInputs;
    type Outputs = TrainBackboneOutputs;

    fn check(params: &TrainBackboneParams) -> Result<(), StageError> {
        params::check(params)
    }

    fn needs(_params: &TrainBackboneParams) -> Needs {
        Needs::all_threads(1024)
    }

    fn run(
        params: &TrainBackboneParams,
        inputs: TrainBackboneInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<TrainBackboneOutputs, StageError> {
        let pool = thread_pool(cx)?;
        // The whole training runs inside the pool, whose threads the kernels take.
        pool.install(|| train(params, &inputs, cx))
    }
}

fn train(
    params: &TrainBackboneParams,
    inputs: &TrainBackboneInputs,
    cx: &mut StageContext<'_>,
) -> Result<TrainBackboneOutputs, StageError> {
    let parts = Parts::of(params, inputs, &mut cx.rng("held-out"))?;
    let graph = inputs.model.graph().map_err(network_error)?;
    let tail = whole(params, &graph)?;
    let known = inputs.attributes.as_ref();
    let targets = Targets {
        classes: parts.classes.len(),
        signatures: known.map(|known| signatures(known, &parts.classes)).transpose()?,
    };
    let mut learner = Learner::new(&tail, params, targets, &mut cx.rng("classifier"))?;
    let pictures = Pictures { images: &inputs.images, preprocess: &params.preprocess };
    let epochs = learn(params, &pictures, &parts, &mut learner, cx)?;
    let file = learner.export(&graph).map_err(network_error)?.encode();
    let model = OnnxModel::new(Blob::from_bytes(&file)).map_err(network_error)?;
    let curves = curves(&epochs)
        .map_err(|source| StageError::Encode { port: "curves".to_owned(), source })?;
    Ok(TrainBackboneOutputs { model, curves })
}

/// Everything from the pictures to the embedding.
fn whole(params: &TrainBackboneParams, graph: &Graph) -> Result<Tail, StageError> {
    check_pictures(&params.preprocess, graph)?;
    let input = &graph.image_input().map_err(network_error)?.name;
    Tail::between(graph, input, &params.embedding).map_err(|error| named_error("embedding", error))
}

fn learn(
    params: &TrainBackboneParams,
    pictures: &Pictures<'_>,
    parts: &Parts,
    learner: &mut Learner<'_>,
    cx: &mut StageContext<'_>,
) -> Result<Vec<Epoch>, StageError> {
    let mut saved = SavedTraining::new(cx.checkpoints());
    let mut epochs: Vec<Epoch> = learner.restore(&saved);
    if !epochs.is_empty() {
        cx.note(format!("goes on after {} of {} epochs", epochs.len(), params.epochs));
    }
    let steps = parts.learnt.len().div_ceil(params.batch);
    let total = (params.epochs * steps) as u64;
    for epoch in epochs.len()..params.epochs {
        // Each epoch has a stream of its own, so that a training that goes on draws the same.
        let order = parts.shuffled(&mut cx.rng(&format!("epoch-{epoch}")));
        let rate = params.schedule().at(epoch);
        let mut one = Epoch::at(rate);
        for (step, batch) in order.chunks(params.batch).enumerate() {
            cx.check_cancelled()?;
            let view = params.view(epoch);
            let measured = learner.step(pictures.read(batch, view)?, labels(batch), rate);
            let done = (epoch * steps + step) as u64;
            if !measured.loss.is_finite() {
                let what = format!("the loss of the classifier (epoch {})", epoch + 1);
                return Err(StageError::Diverged { what, step: done, value: measured.loss });
            }
            one.add(batch.len(), measured);
            cx.progress(done + 1, total, "steps");
        }
        learner.check_finite(epoch)?;
        for batch in parts.held_out.chunks(params.batch) {
            cx.check_cancelled()?;
            one.add_held_out(batch.len(), learner.right(pictures.read(batch, 0)?, &labels(batch)));
        }
        cx.metric("train/loss", epoch as u64, one.loss());
        cx.metric("train/accuracy", epoch as u64, one.accuracy());
        epochs.push(one);
        learner.end_epoch(&mut saved, &epochs)?;
    }
    if let Some(last) = epochs.last() {
        cx.note(summary(parts, epochs.len(), last));
    }
    Ok(epochs)
}

fn labels(batch: &[pictures::Labelled]) -> Vec<usize> {
    batch.iter().map(|one| one.class).collect()
}

fn summary(parts: &Parts, epochs: usize, last: &Epoch) -> String {
    let held_out = last.held_out_accuracy().map_or("none held out".to_owned(), |accuracy| {
        format!("{accuracy:.4} on {} pictures held out", parts.held_out.len())
    });
    format!(
        "{} pictures of {} classes, {epochs} epochs: loss {:.4}, accuracy {:.4}, {held_out}",
        parts.learnt.len(),
        parts.classes.len(),
        last.loss(),
        last.accuracy()
    )
}

fn curves(epochs: &[Epoch]) -> io::Result<Table> {
    let numbers = |of: fn(&Epoch) -> Option<f64>| Values::Number(epochs.iter().map(of).collect());
    let columns = [
        ("learning_rate", numbers(|epoch| Some(epoch.rate))),
        ("loss", numbers(|epoch| Some(epoch.loss()))),
        ("accuracy", numbers(|epoch| Some(epoch.accuracy()))),
        ("held_out_accuracy", numbers(Epoch::held_out_accuracy)),
    ];
    let printed = columns.iter().map(|(name, _)| TableColumn {
        heading: name.replace('_', " "),
        cell: Cell::Number { column: (*name).to_owned(), digits: 4 },
    });
    let counted = Cell::Value { column: "epoch".to_owned(), labels: BTreeMap::new() };
    let counted = TableColumn { heading: "epoch".to_owned(), cell: counted };
    let presentation = Presentation {
        caption: "The training of the backbone, epoch by epoch".to_owned(),
        columns: std::iter::once(counted).chain(printed).collect(),
        ..Presentation::default()
    };
    let mut named = vec![("epoch".to_owned(), Values::Count((1..=epochs.len()).collect()))];
    named.extend(columns.into_iter().map(|(name, values)| (name.to_owned(), values)));
    Table::new(named, presentation)
}
