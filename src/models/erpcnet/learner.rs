//! Stage I (1.4): everything but the policy learns from random looks.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::nn::optimiser::{Optimiser as _, Sgd};
use crate::nn::tape::{Mode, Parameters, Recording, Tape, Var};
use crate::nn::{Real, Tensor, Workspace};
use crate::onnx::{Tail, TailCopy};

use super::losses::Objective;
use super::network::{Kept, Locality, Looks, Network};

/// A copy of the backbone's tail, which embeds looks.
#[derive(Clone, Copy, Debug)]
pub struct LocalTail<'a> {
    /// The operations.
    pub tail: &'a Tail,
    /// The weights.
    pub copy: &'a TailCopy,
}

impl<T: Real> Locality<T> for LocalTail<'_> {
    fn embed(&self, tape: &mut Tape<'_, T>, looks: Var, mode: Mode) -> Var {
        let embedded = self.tail.run(tape, self.copy, looks, mode);
        match tape.value(embedded).shape().len() {
            4 => tape.global_average_pool(embedded),
            _ => embedded,
        }
    }
}

/// Some training images.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// E, [N, H, W, C].
    pub maps: Tensor,
    /// g, [N, D].
    pub global: Tensor,
    /// The class of each, among those that are trained.
    pub labels: Vec<usize>,
}

/// What a step has measured.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Measured {
    /// `L_g`, `L_l`, `L_j`, `L_m` and their weighted sum.
    pub losses: [f64; 5],
    /// Images whose class the joint and global attributes of all looks name.
    pub right: usize,
}

/// Learns batch by batch.
pub struct Learner<'a> {
    network: Network,
    locality: LocalTail<'a>,
    objective: Objective,
    /// Of the classes that are trained, [C, A].
    signatures: Tensor,
    looks: usize,
    sgd: Sgd,
    /// The memory of a step, for the next one.
    workspace: Workspace,
}

impl<'a> Learner<'a> {
    /// A learner for classes with these `signatures`, [C, A], that looks so often at each image.
    #[must_use]
    pub fn new(
        network: Network,
        locality: LocalTail<'a>,
        objective: Objective,
        signatures: Tensor,
        looks: usize,
        sgd: Sgd,
    ) -> Self {
        let workspace = Workspace::default();
        Self { network, locality, objective, signatures, looks, sgd, workspace }
    }

    /// What the optimiser remembers.
    #[must_use]
    pub fn sgd(&self) -> &Sgd {
        &self.sgd
    }

    /// The same, to be restored.
    pub fn sgd_mut(&mut self) -> &mut Sgd {
        &mut self.sgd
    }

    /// One step on a batch, with cells and dropout drawn from `rng`.
    ///
    /// # Panics
    /// If shapes do not fit.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        batch: &Batch,
        rate: f64,
        rng: &mut ChaCha8Rng,
    ) -> Measured {
        let images = batch.labels.len();
        let draw = |_| self.network.cells.draw(self.looks, rng);
        let cells: Vec<usize> = (0..images).flat_map(draw).collect();
        let masks = Masks::draw(&self.network, parameters, [images, self.looks], rng);
        let mut tape = Tape::within(&self.workspace, parameters, Recording::On);
        let looks = Looks {
            maps: tape.constant(batch.maps.clone()),
            global: tape.constant(batch.global.clone()),
            cells: &cells,
        };
        let attributes =
            self.network.pass(&mut tape, &self.locality, looks, masks.kept(), Mode::Training);
        let signatures = tape.constant(self.signatures.clone());
        let losses = self.objective.losses(&mut tape, &attributes, signatures, &batch.labels);
        let all = [losses.global, losses.local, losses.joint, losses.largest, losses.total];
        let measured = Measured {
            losses: all.map(|loss| tape.value(loss).values()[0].wide()),
            right: right(&mut tape, attributes.joint, attributes.global, signatures, &batch.labels),
        };
        let pass = tape.end();
        self.sgd.descend(parameters, pass, losses.total, rate);
        measured
    }
}

/// How many images have their class on top after the last look.
fn right(tape: &mut Tape<'_>, joint: Var, global: Var, signatures: Var, labels: &[usize]) -> usize {
    let [images, steps, width] =
        tape.value(joint).shape().try_into().expect("joint attributes are [N, T + 1, A]");
    let joint = tape.detach(joint);
    let global = tape.detach(global);
    let flat = tape.reshape(joint, vec![images, steps * width]);
    let last = tape.columns(flat, (steps - 1) * width, width);
    let both = tape.add(last, global);
    let scores = tape.rows_times(both, signatures);
    let scores = tape.value(scores);
    let classes = scores.shape()[1];
    let rows = scores.values().chunks_exact(classes).zip(labels);
    rows.filter(|(row, label)| row.iter().all(|score| *score <= row[**label])).count()
}

/// What dropout keeps in a step.
struct Masks([Option<Vec<bool>>; 4]);

impl Masks {
    fn draw(
        network: &Network,
        parameters: &Parameters,
        [images, looks]: [usize; 2],
        rng: &mut ChaCha8Rng,
    ) -> Self {
        if network.dropout <= 0.0 {
            return Self([None, None, None, None]);
        }
        let attributes = parameters.get(network.global.weight).value().shape()[0];
        let fused = parameters.get(network.fuse.bias).value().shape()[0];
        let counts = [
            images * attributes,
            images * looks * attributes,
            images * (looks + 1) * fused,
            images * (looks + 1) * attributes,
        ];
        let keep = 1.0 - network.dropout;
        Self(counts.map(|count| Some((0..count).map(|_| rng.random_bool(keep)).collect())))
    }

    fn kept(&self) -> Kept<'_> {
        let [global, local, fused, joint] = self.0.each_ref().map(Option::as_deref);
        Kept { global, local, fused, joint }
    }
}
