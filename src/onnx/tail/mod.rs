//! A part of a network that learns: the graph between two tensors as operations of a tape.
//!
//! [`Tail::between`] takes the nodes between two named tensors, say the third block of a ResNet and
//! its pooled vector. [`Tail::copy`] puts their weights among the [`Parameters`] of a model, as often
//! as there shall be independent tails, and [`Tail::run`] runs a copy on maps. What was learnt goes
//! back into ONNX by [`Tail::export`] (the part alone) and [`Tail::export_into`] (the whole network).
//!
//! # Shapes
//!
//! A tensor that is [N, C, H, W] in the file is [N, H, W, C] here, and one that is [N, C] stays so.
//! Hence `Concat` on axis 1 joins the last axis, and `Flatten` and `Reshape` are taken where a map is
//! one pixel only, as behind a pooling: elsewhere they would mix places and channels in another
//! order than the file's. [`Tail::output`] finds every shape without running anything.
//!
//! # Maps of one pixel
//!
//! A tail made for maps of 14x14 may be run on one of 1x1, too. Along an axis of one pixel a pooling
//! window that does not fit on the padded map shrinks to that pixel: the 2x2 mean between the blocks
//! of a `DenseNet` is the identity there. A window that fits does what it says (a padded 3x3
//! convolution multiplies its centre tap, a stride changes nothing), and a convolution that does not
//! fit is an error.
//!
//! # What is learnt
//!
//! Filters, matrices, biases, scale and shift of normalisations, and constants that are added or
//! multiplied a channel. Running means and variances are buffers, which [`Mode::Training`] moves. A
//! constant of a single number belongs to the formula and stays. Names are those that nodes read. What
//! two nodes read under one name, for the same purpose, is one parameter; what an `Identity` hands on,
//! or what serves another purpose, is a parameter of its own, for exporters merge weights that merely
//! happen to be equal.

mod compile;
mod export;
mod extent;
mod layer;
mod run;
#[cfg(test)]
mod tests;
mod weight;
mod weights;

use crate::nn::Real;
use crate::nn::tape::{Mode, ParameterId, Parameters, Tape, Var};

use super::attributes::floats;
use super::{Graph, OnnxError};
use layer::Step;
use weight::Weight;

pub use extent::Extent;

/// The part of a network between two tensors. It is never changed; weights are in its copies.
#[derive(Clone, Debug)]
pub struct Tail {
    from: String,
    /// The part as a network of its own, with the weights as they were.
    graph: Graph,
    /// Step n reads values up to n and makes value n + 1; value 0 goes in.
    steps: Vec<Step>,
    /// The value that comes out.
    output: usize,
    weights: Vec<Weight>,
}

/// The parameters of one copy of a tail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TailCopy {
    ids: Vec<ParameterId>,
}

impl TailCopy {
    /// The parameters, in the order in which nodes read them.
    #[must_use]
    pub fn ids(&self) -> &[ParameterId] {
        &self.ids
    }
}

impl Tail {
    /// The part of `graph` that computes `to` from maps `from`.
    ///
    /// # Errors
    /// [`OnnxError`]: an unknown tensor, [`PartError`](super::PartError) for a part that is none or an
    /// operator that cannot be trained, [`OnnxError::Node`] for what a node says.
    pub fn between(graph: &Graph, from: &str, to: &str) -> Result<Self, OnnxError> {
        let part = graph.part(from, to)?;
        compile::compile(from, to, part)
    }

    /// Adds the weights of the network to `parameters`, each as `prefix.NAME`.
    ///
    /// # Panics
    /// If there are parameters of that prefix already.
    pub fn copy<T: Real>(&self, prefix: &str, parameters: &mut Parameters<T>) -> TailCopy {
        let constants = self.graph.constants();
        let mut add = |weight: &Weight| {
            let values = floats(constants[weight.source.as_str()]).expect("it was read before");
            let name = format!("{prefix}.{}", weight.name);
            parameters.add(name, weight.kind(), weight.parameter(&values))
        };
        TailCopy { ids: self.weights.iter().map(&mut add).collect() }
    }

    /// The copy that [`copy`](Self::copy) added under `prefix`, as in parameters that were read from a
    /// file; none if one is missing or has another shape.
    #[must_use]
    pub fn find<T: Real>(&self, prefix: &str, parameters: &Parameters<T>) -> Option<TailCopy> {
        let same = |weight: &Weight| {
            let found = parameters.find(&format!("{prefix}.{}", weight.name))?;
            let is_alike = parameters.get(found).value().shape() == weight.parameter_shape();
            is_alike.then_some(found)
        };
        Some(TailCopy { ids: self.weights.iter().map(same).collect::<Option<_>>()? })
    }

    /// Runs a copy on maps [N, H, W, C]. Gives maps [N, H', W', C'] or rows [N, D], as
    /// [`Tail::output`] says. Along an axis of one pixel, a pooling window that does not fit is that
    /// pixel.
    ///
    /// # Panics
    /// If [`Tail::output`] refuses maps of this shape.
    pub fn run<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        copy: &TailCopy,
        maps: Var,
        mode: Mode,
    ) -> Var {
        let mut values = Vec::with_capacity(self.steps.len() + 1);
        values.push(maps);
        let ends = self.ends();
        for (at, step) in self.steps.iter().enumerate() {
            let reads: Vec<Var> = step.reads.iter().map(|at| values[*at]).collect();
            values.push(step.layer.run(tape, &copy.ids, &reads, mode));
            for var in reads {
                // Steps that change nothing hand on what they read, under another number.
                let mut same = (0..values.len()).filter(|value| values[*value] == var);
                if same.all(|value| ends[value] <= at) {
                    tape.release(var);
                }
            }
        }
        values[self.output]
    }

    /// The step after which each value is not needed any more; none ends those of the caller.
    fn ends(&self) -> Vec<usize> {
        let mut ends = vec![0; self.steps.len() + 1];
        for (at, step) in self.steps.iter().enumerate() {
            step.reads.iter().for_each(|value| ends[*value] = at);
        }
        ends[0] = usize::MAX;
        ends[self.output] = usize::MAX;
        ends
    }

    /// How many numbers it learns, buffers left out.
    #[must_use]
    pub fn learnt(&self) -> usize {
        let learnt = self.weights.iter().filter(|weight| weight.kind().is_trained());
        learnt.map(|weight| weight.shape.iter().product::<usize>()).sum()
    }
}
