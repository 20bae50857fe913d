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
mod loss;
mod parameters;
mod pointwise;
mod pool;
mod recurrent;
mod shape;
#[cfg(test)]
pub(crate) mod testing;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::matmul::Sum;
use super::{Real, Tensor};

pub use batch_norm::{BatchNorm, Mode};
pub use conv::{ConvLayer, filters_from_file, filters_to_file};
pub use dense::Dense;
pub use parameters::{Parameter, ParameterId, ParameterKind, Parameters};
pub use recurrent::Gru;
pub use windows::Corner;

/// A value on a tape.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var(usize);

/// What a node hands back to those it was computed from, given the gradient of its value.
type Back<T> = Box<dyn FnOnce(Tensor<T>, &mut Gradients<T>)>;

struct Node<T> {
    value: Arc<Tensor<T>>,
    /// None where no parameter or input below wants a gradient.
    back: Option<Back<T>>,
    is_wanted: bool,
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
    nodes: Vec<Node<T>>,
    placed: BTreeMap<ParameterId, Var>,
    /// Running statistics as this pass leaves them.
    buffers: BTreeMap<ParameterId, Tensor<T>>,
}

/// Gradients by node.
pub struct Gradients<T> {
    of: Vec<Option<Tensor<T>>>,
    wanted: Vec<bool>,
}

/// What a pass leaves behind.
pub struct Outcome<T> {
    gradients: Gradients<T>,
    placed: BTreeMap<ParameterId, Var>,
    /// New values of running statistics.
    pub buffers: BTreeMap<ParameterId, Tensor<T>>,
}

impl<'p, T: Real> Tape<'p, T> {
    /// An empty tape over `parameters`.
    #[must_use]
    pub fn new(parameters: &'p Parameters<T>, recording: Recording) -> Self {
        let (nodes, placed, buffers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { parameters, recording, nodes, placed, buffers }
    }

    /// A constant.
    pub fn constant(&mut self, value: Tensor<T>) -> Var {
        self.place(Arc::new(value), false)
    }

    /// A value whose gradient is wanted.
    pub fn variable(&mut self, value: Tensor<T>) -> Var {
        self.place(Arc::new(value), true)
    }

    /// A parameter.
    pub fn parameter(&mut self, id: ParameterId) -> Var {
        if let Some(var) = self.placed.get(&id) {
            return *var;
        }
        let parameter = self.parameters.get(id);
        let var = self.place(parameter.shared(), parameter.kind.is_trained());
        self.placed.insert(id, var);
        var
    }

    /// A value that nothing flows back through.
    pub fn detach(&mut self, var: Var) -> Var {
        self.place(self.shared(var), false)
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
        let shape = self.value(loss).shape().to_vec();
        assert_eq!(shape.iter().product::<usize>(), 1, "a loss is one number");
        self.backward_from(vec![(loss, Tensor::new(shape, vec![T::ONE]))])
    }

    /// Walks back from the gradients of some values.
    #[must_use]
    pub fn backward_from(mut self, seeds: Vec<(Var, Tensor<T>)>) -> Outcome<T> {
        let wanted: Vec<bool> = self.nodes.iter().map(|node| node.is_wanted).collect();
        let mut gradients = Gradients { of: wanted.iter().map(|_| None).collect(), wanted };
        for (var, gradient) in seeds {
            gradients.add(var, gradient);
        }
        while let Some(node) = self.nodes.pop() {
            let Some(back) = node.back else { continue };
            // What lies above on the tape is done, so nothing is added to this gradient any more.
            if let Some(gradient) = gradients.of[self.nodes.len()].take() {
                back(gradient, &mut gradients);
            }
        }
        Outcome { gradients, placed: self.placed, buffers: self.buffers }
    }

    /// Ends a pass that nobody wants gradients of.
    #[must_use]
    pub fn into_buffers(self) -> BTreeMap<ParameterId, Tensor<T>> {
        self.buffers
    }

    fn place(&mut self, value: Arc<Tensor<T>>, is_wanted: bool) -> Var {
        let is_wanted = is_wanted && self.recording == Recording::On;
        self.nodes.push(Node { value, back: None, is_wanted });
        Var(self.nodes.len() - 1)
    }

    fn shared(&self, var: Var) -> Arc<Tensor<T>> {
        Arc::clone(&self.nodes[var.0].value)
    }

    fn wants(&self, var: Var) -> bool {
        self.nodes[var.0].is_wanted
    }

    /// Records an operation on `inputs`.
    fn push(
        &mut self,
        value: impl Into<Arc<Tensor<T>>>,
        inputs: &[Var],
        back: impl FnOnce(Tensor<T>, &mut Gradients<T>) + 'static,
    ) -> Var {
        let is_wanted = inputs.iter().any(|input| self.wants(*input));
        let back: Option<Back<T>> = if is_wanted { Some(Box::new(back)) } else { None };
        self.nodes.push(Node { value: value.into(), back, is_wanted });
        Var(self.nodes.len() - 1)
    }
}

impl<T: Real> Gradients<T> {
    /// Whether anybody needs the gradient of a value.
    fn wants(&self, var: Var) -> bool {
        self.wanted[var.0]
    }

    /// Adds to the gradient of a value.
    fn add(&mut self, var: Var, gradient: Tensor<T>) {
        if !self.wants(var) {
            return;
        }
        match &mut self.of[var.0] {
            Some(sum) => add_into(sum.values_mut(), gradient.values()),
            empty => *empty = Some(gradient),
        }
    }

    /// The gradient of a value, to be added to; zeros at first.
    fn slot(&mut self, var: Var, shape: &[usize]) -> &mut [T] {
        self.product_slot(var, shape).0
    }

    /// The same for a product, with what becomes of the values that stand there: zeros that nobody
    /// has touched need not be read, and memory that is read before it is written costs the system
    /// twice.
    fn product_slot(&mut self, var: Var, shape: &[usize]) -> (&mut [T], Sum) {
        let sum = if self.of[var.0].is_none() { Sum::Fresh } else { Sum::Onto };
        let slot = self.of[var.0].get_or_insert_with(|| Tensor::zeros(shape.to_vec()));
        (slot.values_mut(), sum)
    }
}

impl<T: Real> Outcome<T> {
    /// The gradient of a value made by [`Tape::variable`]; none if nothing depends on it.
    #[must_use]
    pub fn of(&self, var: Var) -> Option<&Tensor<T>> {
        self.gradients.of[var.0].as_ref()
    }

    /// The gradient of a parameter; none if nothing depends on it.
    #[must_use]
    pub fn of_parameter(&self, id: ParameterId) -> Option<&Tensor<T>> {
        self.placed.get(&id).and_then(|var| self.of(*var))
    }
}

/// `sum += values`, by all threads.
fn add_into<T: Real>(sum: &mut [T], values: &[T]) {
    pointwise::zip(sum, values, |sum, value| *sum += value);
}
