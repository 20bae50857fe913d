//! One step of learning, and what is kept of all of them.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use crate::nn::optimiser::{Optimiser as _, Sgd};
use crate::nn::tape::{Dense, Mode, ParameterKind, Parameters, Recording, Tape, Var};
use crate::nn::{Real as _, Tensor};
use crate::onnx::{Graph, OnnxError, Tail, TailCopy};
use crate::stage::StageError;
use crate::stages::extract::network_error;
use crate::stages::saved_training::SavedTraining;

use super::TrainBackboneParams;
use super::epoch::Epoch;

/// What a step has measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Measured {
    /// The mean cross entropy.
    pub(super) loss: f64,
    /// Pictures whose class was on top.
    pub(super) right: usize,
}

/// What the classifier tells apart.
pub(super) struct Targets {
    /// How many classes there are.
    pub(super) classes: usize,
    /// Their attributes, [C, A], if those are predicted.
    pub(super) signatures: Option<Tensor>,
}

/// The network, the classifier on it, and how both learn.
pub(super) struct Learner<'a> {
    network: &'a Tail,
    copy: TailCopy,
    /// Predicts attributes if there are signatures, else classes.
    classifier: Dense,
    signatures: Option<Tensor>,
    parameters: Parameters,
    sgd: Sgd,
}

impl<'a> Learner<'a> {
    /// Begins with the weights of the network's file, and a classifier drawn from `rng`.
    pub(super) fn new(
        network: &'a Tail,
        params: &TrainBackboneParams,
        targets: Targets,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, StageError> {
        let side = usize::try_from(params.preprocess.side()).expect("a picture's side fits");
        let width = network.output([side, side, 3]).map_err(network_error)?.width();
        let mut parameters = Parameters::default();
        let copy = network.copy("network", &mut parameters);
        let Targets { classes, signatures } = targets;
        let outputs = signatures.as_ref().map_or(classes, |known| known.shape()[1]);
        let weight = Tensor::new(vec![outputs, width], draw(outputs, width, rng));
        let zeros = Tensor::zeros(vec![outputs]);
        let classifier = Dense {
            weight: parameters.add("classifier.weight", ParameterKind::Weight, weight),
            bias: Some(parameters.add("classifier.bias", ParameterKind::Weight, zeros)),
        };
        let sgd = Sgd::new(params.momentum, params.weight_decay);
        Ok(Self { network, copy, classifier, signatures, parameters, sgd })
    }

    /// Takes up where a checkpoint ended; gives the epochs that are done.
    pub(super) fn restore(&mut self, saved: &SavedTraining<'_, Epoch>) -> Vec<Epoch> {
        saved.restore(&mut self.parameters, &mut self.sgd)
    }

    /// Saves, if it is time to.
    pub(super) fn end_epoch(
        &self,
        saved: &mut SavedTraining<'_, Epoch>,
        epochs: &[Epoch],
    ) -> Result<(), StageError> {
        saved.end_epoch(&self.parameters, &self.sgd, epochs)
    }

    /// Learns from a batch of pictures, [N, H, W, 3].
    pub(super) fn step(&mut self, pictures: Tensor, labels: Vec<usize>, rate: f64) -> Measured {
        let mut tape = Tape::new(&self.parameters, Recording::On);
        let logits = self.logits(&mut tape, pictures, Mode::Training);
        let right = right(tape.value(logits), &labels);
        let loss = tape.cross_entropy(logits, labels);
        let measured = Measured { loss: tape.value(loss).values()[0].wide(), right };
        let mut outcome = tape.backward(loss);
        let buffers = std::mem::take(&mut outcome.buffers);
        self.sgd.step(&mut self.parameters, &outcome, rate);
        self.parameters.update_buffers(buffers);
        measured
    }

    /// How many pictures of a batch, [N, H, W, 3], have their class on top.
    pub(super) fn right(&self, pictures: Tensor, labels: &[usize]) -> usize {
        let mut tape = Tape::new(&self.parameters, Recording::Off);
        let logits = self.logits(&mut tape, pictures, Mode::Evaluation);
        right(tape.value(logits), labels)
    }

    fn logits(&self, tape: &mut Tape<'_>, pictures: Tensor, mode: Mode) -> Var {
        let pictures = tape.constant(pictures);
        let mut embedding = self.network.run(tape, &self.copy, pictures, mode);
        if tape.value(embedding).shape().len() == 4 {
            embedding = tape.global_average_pool(embedding);
        }
        let predicted = tape.dense(self.classifier, embedding);
        match &self.signatures {
            Some(known) => {
                let known = tape.constant(known.clone());
                tape.rows_times(predicted, known)
            }
            None => predicted,
        }
    }

    /// Fails if a weight is no number any more, which the loss before the last step cannot tell.
    pub(super) fn check_finite(&self, epoch: usize) -> Result<(), StageError> {
        for (_, parameter) in self.parameters.iter() {
            if let Some(value) = parameter.value().values().iter().find(|one| !one.is_finite()) {
                let what = format!("a number of `{}` after epoch {}", parameter.name, epoch + 1);
                let (step, value) = (epoch as u64, f64::from(*value));
                return Err(StageError::Diverged { what, step, value });
            }
        }
        Ok(())
    }

    /// The network that was begun with, with what it has learnt.
    pub(super) fn export(&self, graph: &Graph) -> Result<Graph, OnnxError> {
        self.network.export_into(graph, &self.copy, &self.parameters)
    }
}

/// Weights of variance 1 over the number of inputs.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "weights are f32, and inputs are few"
)]
fn draw(outputs: usize, width: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    // A uniform number on [-1, 1) has variance 1/3.
    let scale = (3.0 / width as f64).sqrt();
    let mut uniform = || f64::from(rng.next_u32()) / 2_147_483_648.0 - 1.0;
    (0..outputs * width).map(|_| (uniform() * scale) as f32).collect()
}

/// How many rows of logits are largest at their label.
fn right(logits: &Tensor, labels: &[usize]) -> usize {
    let rows = logits.values().chunks_exact(logits.shape()[1]).zip(labels);
    rows.filter(|(row, label)| row.iter().all(|logit| *logit <= row[**label])).count()
}
