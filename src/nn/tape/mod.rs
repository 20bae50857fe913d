//! Reverse-mode differentiation over the kernels of this module.
//!
//! A [`Tape`] records what is computed; [`Tape::backward`] walks it from the end and gives the
//! gradient of every parameter. One file holds one family of operations: its formula, its kernel
//! and the hand-written way back, checked by finite differences in `f64`.
//!
//! Maps are [N, H, W, C], so that pixels are the rows of a matrix: a 1x1 convolution *is* a matrix
//! product, a normalisation reduces rows, a window is copied in runs of C. Weights are [O, ...] with
//! the inputs in the same order as a row: [O, I], [O, kh, kw, C].
//!
//! Buffers come from a [`Workspace`] and go back to it as soon as nothing on the way back needs them,
//! a value after the operations that it went into, a gradient after the one that it is of. A
//! [`Pass`], which is a tape that is complete, can hand out each parameter's gradient the moment
//! that it is known, so that all gradients never exist at the same time.
//!
//! Operations take all threads of the pool that they are called in. Sums run over blocks that the
//! shape alone decides, so the bits do not depend on how many threads there are.
//!
//! Why no tensor library below: a stage is granted a number of threads and must give the same bytes
//! for any of them, buffers of hundreds of megabytes (a 5x5 kernel over 1,024 channels, a fusion
//! over seven slots) have to be added to in place, and half of the operations here are special
//! shapes that no library has. What is left to it would be the list below.

mod batch_norm;
mod conv;
mod dense;
mod fusion;
mod gradients;
mod loss;
mod parameters;
mod pass;
mod pointwise;
mod pool;
mod recurrent;
mod shape;
#[cfg(test)]
pub(crate) mod testing;
mod windows;

use std::collections::BTreeMap;

use super::{Real, Tensor, Workspace};

pub use batch_norm::{BatchNorm, Mode};
pub use conv::{ConvLayer, filters_from_file, filters_to_file};
pub use dense::Dense;
pub use gradients::Gradients;
pub use parameters::{Parameter, ParameterId, ParameterKind, Parameters};
pub use pass::{Outcome, Pass};
pub use recurrent::Gru;
pub use windows::Corner;

/// A value on a tape.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var(usize);

/// What a node hands back to those it was computed from, given the gradient of its value.
type Back<T> = Box<dyn FnOnce(Tensor<T>, &mut Gradients<T>)>;

struct Node<T: Real> {
    value: Tensor<T>,
    origin: Origin<T>,
    is_wanted: bool,
}

/// Where a value comes from.
enum Origin<T: Real> {
    /// From outside, or from something that wants no gradient.
    Given,
    Parameter(ParameterId),
    /// From others, to which its gradient goes on.
    Computed(Back<T>),
}

/// Whether a way back is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recording {
    /// For training.
    On,
    /// For evaluation.
    Off,
}

/// What was computed, in order.
pub struct Tape<'p, T: Real = f32> {
    parameters: &'p Parameters<T>,
    recording: Recording,
    workspace: Workspace<T>,
    nodes: Vec<Node<T>>,
    placed: BTreeMap<ParameterId, Var>,
    /// Running statistics as this pass leaves them.
    buffers: BTreeMap<ParameterId, Tensor<T>>,
}

impl<'p, T: Real> Tape<'p, T> {
    /// An empty tape over `parameters`.
    #[must_use]
    pub fn new(parameters: &'p Parameters<T>, recording: Recording) -> Self {
        Self::within(&Workspace::default(), parameters, recording)
    }

    /// An empty tape that takes its memory from a workspace, which outlives it: for steps that are
    /// repeated.
    #[must_use]
    pub fn within(
        workspace: &Workspace<T>,
        parameters: &'p Parameters<T>,
        recording: Recording,
    ) -> Self {
        let (nodes, placed, buffers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { parameters, recording, workspace: workspace.clone(), nodes, placed, buffers }
    }

    /// A constant.
    pub fn constant(&mut self, value: Tensor<T>) -> Var {
        self.place(value, Origin::Given, false)
    }

    /// A value whose gradient is wanted.
    pub fn variable(&mut self, value: Tensor<T>) -> Var {
        self.place(value, Origin::Given, true)
    }

    /// A parameter.
    pub fn parameter(&mut self, id: ParameterId) -> Var {
        if let Some(var) = self.placed.get(&id) {
            return *var;
        }
        let parameter = self.parameters.get(id);
        let (value, is_trained) = (parameter.value().clone(), parameter.kind.is_trained());
        let var = self.place(value, Origin::Parameter(id), is_trained);
        self.placed.insert(id, var);
        var
    }

    /// A value that nothing flows back through.
    pub fn detach(&mut self, var: Var) -> Var {
        self.place(self.shared(var), Origin::Given, false)
    }

    /// Lets go of a value that nobody reads any more, so that its memory serves what comes next. What
    /// the way back needs of it stays.
    pub fn release(&mut self, var: Var) {
        self.nodes[var.0].value = Tensor::default();
    }

    /// The value of a node.
    #[must_use]
    pub fn value(&self, var: Var) -> &Tensor<T> {
        &self.nodes[var.0].value
    }

    /// Walks back from a sum, `[]` or `[1]`.
    ///
    /// # Panics
    /// If it is not one number.
    #[must_use]
    pub fn backward(self, loss: Var) -> Outcome<T> {
        self.end().backward(loss)
    }

    /// Walks back from the gradients of some values.
    #[must_use]
    pub fn backward_from(self, seeds: Vec<(Var, Tensor<T>)>) -> Outcome<T> {
        self.end().backward_from(seeds)
    }

    /// Ends the tape. What is left no longer needs the parameters, so that they can be changed on
    /// the way back.
    #[must_use]
    pub fn end(self) -> Pass<T> {
        Pass { nodes: self.nodes, buffers: self.buffers, workspace: self.workspace }
    }

    /// Ends a pass that nobody wants gradients of.
    #[must_use]
    pub fn into_buffers(self) -> BTreeMap<ParameterId, Tensor<T>> {
        self.buffers
    }

    fn place(&mut self, value: Tensor<T>, origin: Origin<T>, is_wanted: bool) -> Var {
        let is_wanted = is_wanted && self.recording == Recording::On;
        self.nodes.push(Node { value, origin, is_wanted });
        Var(self.nodes.len() - 1)
    }

    /// A value that shares the memory of a node.
    fn shared(&self, var: Var) -> Tensor<T> {
        self.value(var).clone()
    }

    fn wants(&self, var: Var) -> bool {
        self.nodes[var.0].is_wanted
    }

    /// Records an operation on `inputs`.
    fn push(
        &mut self,
        value: Tensor<T>,
        inputs: &[Var],
        back: impl FnOnce(Tensor<T>, &mut Gradients<T>) + 'static,
    ) -> Var {
        let is_wanted = inputs.iter().any(|input| self.wants(*input));
        let origin = if is_wanted { Origin::Computed(Box::new(back)) } else { Origin::Given };
        self.nodes.push(Node { value, origin, is_wanted });
        Var(self.nodes.len() - 1)
    }
}
