//! Stage I (1.4): everything but the policy learns from random looks.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::nn::optimiser::{Optimiser as _, Sgd};
use crate::nn::tape::{Mode, Parameters, Recording, Tape, Var};
use crate::nn::{Real, Tensor, Workspace};
use crate::onnx::{Tail, TailCopy};

use super::losses::Objective;
use super::network::{Attributes, Kept, Locality, Looks, Network};

/// The backbone's tail with the weights of one copy. It embeds looks, and whole maps where the tail of
/// the global subnet is trained as well.
#[derive(Clone, Copy, Debug)]
pub struct BoundTail<'a> {
    /// The operations.
    pub tail: &'a Tail,
    /// The weights.
    pub copy: &'a TailCopy,
}

impl<T: Real> Locality<T> for BoundTail<'_> {
    fn embed(&self, tape: &mut Tape<'_, T>, looks: Var, mode: Mode) -> Var {
        let embedded = self.tail.run(tape, self.copy, looks, mode);
        match tape.value(embedded).shape().len() {
            4 => tape.global_average_pool(embedded),
            _ => embedded,
        }
    }
}

/// What learns.
#[derive(Clone, Copy, Debug)]
pub struct Subnets<'a> {
    /// The layers behind the backbone.
    pub network: Network,
    /// What embeds looks, `C_l`.
    pub local: BoundTail<'a>,
    /// What embeds whole maps, if that is trained too; else embeddings are those of the backbone.
    pub global: Option<BoundTail<'a>>,
}

/// Some training images.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// E, [N, H, W, C]; none where nothing is computed from it.
    pub maps: Option<Tensor>,
    /// g, [N, D]; none where the global subnet computes it from the maps.
    pub global: Option<Tensor>,
    /// The class of each, among those that are trained.
    pub labels: Vec<usize>,
}

/// What a step has measured.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Measured {
    /// `L_g`, `L_l`, `L_j` and `L_m`; none where the weight is 0.
    pub losses: [Option<f64>; 4],
    /// Their weighted sum.
    pub loss: f64,
    /// Images whose class is on top after all looks.
    pub right: usize,
}

/// Learns batch by batch.
pub struct Learner<'a> {
    subnets: Subnets<'a>,
    objective: Objective,
    /// Of the classes that are trained, [C, A].
    signatures: Tensor,
    /// Looks an image; 0 where no loss knows of looks.
    looks: usize,
    sgd: Sgd,
    /// The memory of a step, for the next one.
    workspace: Workspace,
}

impl<'a> Learner<'a> {
    /// A learner for classes with these `signatures`, [C, A], that looks so often at each image, if a
    /// loss knows of looks.
    #[must_use]
    pub fn new(
        subnets: Subnets<'a>,
        objective: Objective,
        signatures: Tensor,
        looks: usize,
        sgd: Sgd,
    ) -> Self {
        let workspace = Workspace::default();
        let looks = if objective.needs_looks() { looks } else { 0 };
        Self { subnets, objective, signatures, looks, sgd, workspace }
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
    /// If shapes do not fit, or nothing gives the global embeddings.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        batch: Batch,
        rate: f64,
        rng: &mut ChaCha8Rng,
    ) -> Measured {
        let Subnets { network, local, global } = &self.subnets;
        let images = batch.labels.len();
        let draw = |_| network.cells.draw(self.looks, rng);
        let cells: Vec<usize> = (0..images).flat_map(draw).collect();
        let masks = Masks::draw(network, parameters, [images, self.looks], rng);
        let mut tape = Tape::within(&self.workspace, parameters, Recording::On);
        let maps = batch.maps.map(|maps| tape.constant(maps));
        let global = match global {
            Some(tail) => {
                let maps = maps.expect("what embeds maps has them");
                tail.embed(&mut tape, maps, Mode::Training)
            }
            None => tape.constant(batch.global.expect("the backbone's embeddings are given")),
        };
        let looks = Looks { maps, global, cells: &cells };
        let attributes = network.pass(&mut tape, local, looks, masks.kept(), Mode::Training);
        let signatures = tape.constant(self.signatures.clone());
        let losses = self.objective.losses(&mut tape, &attributes, signatures, &batch.labels);
        let number = |loss| tape.value(loss).values()[0].wide();
        let (parts, loss) = (losses.parts.map(|part| part.map(number)), number(losses.total));
        let right = right(&mut tape, &attributes, signatures, &batch.labels);
        let measured = Measured { losses: parts, loss, right };
        let pass = tape.end();
        self.sgd.descend(parameters, pass, losses.total, rate);
        measured
    }
}

/// How many images have their class on top after the last look, or by the global attributes alone
/// where nobody looks.
fn right(tape: &mut Tape<'_>, attributes: &Attributes, signatures: Var, labels: &[usize]) -> usize {
    let [images, steps, width] = tape
        .value(attributes.joint)
        .shape()
        .try_into()
        .expect("joint attributes are [N, T + 1, A]");
    let mut judged = tape.detach(attributes.global);
    if steps > 1 {
        let joint = tape.detach(attributes.joint);
        let flat = tape.reshape(joint, vec![images, steps * width]);
        let last = tape.columns(flat, (steps - 1) * width, width);
        judged = tape.add(last, judged);
    }
    let scores = tape.rows_times(judged, signatures);
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
