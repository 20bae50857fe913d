//! Sums of what flows back.

use super::super::matmul::Sum;
use super::super::{Real, Tensor, Workspace};
use super::{Var, pointwise};

/// Gradients by node.
pub struct Gradients<T: Real = f32> {
    of: Vec<Option<Tensor<T>>>,
    wanted: Vec<bool>,
    pub(super) workspace: Workspace<T>,
}

/// How much of a gradient a product is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cover {
    /// All of it.
    Whole,
    /// Not all; the rest is zeros at first.
    Part,
}

impl<T: Real> Gradients<T> {
    pub(super) fn none(wanted: Vec<bool>, workspace: Workspace<T>) -> Self {
        Self { of: wanted.iter().map(|_| None).collect(), wanted, workspace }
    }

    /// The sum so far.
    pub(super) fn of(&self, var: Var) -> Option<&Tensor<T>> {
        self.of[var.0].as_ref()
    }

    /// The sum, which is complete.
    pub(super) fn take(&mut self, var: Var) -> Option<Tensor<T>> {
        self.of[var.0].take()
    }

    /// Whether anybody needs the gradient of a value.
    pub(super) fn wants(&self, var: Var) -> bool {
        self.wanted[var.0]
    }

    /// Adds to the gradient of a value.
    pub(super) fn add(&mut self, var: Var, mut gradient: Tensor<T>) {
        if !self.wants(var) {
            return;
        }
        let slot = &mut self.of[var.0];
        match slot {
            Some(sum) => {
                // The order of two does not matter; what nobody shares need not be copied.
                if sum.is_shared() {
                    std::mem::swap(sum, &mut gradient);
                }
                pointwise::zip(sum.values_mut(), gradient.values(), |sum, value| *sum += value);
            }
            empty => *empty = Some(gradient),
        }
    }

    /// The gradient of a value, to be added to; zeros at first.
    pub(super) fn slot(&mut self, var: Var, shape: &[usize]) -> &mut [T] {
        let workspace = &self.workspace;
        self.of[var.0].get_or_insert_with(|| workspace.zeros(shape.to_vec())).values_mut()
    }

    /// The gradient of a value, to which a product is written at first and added later, as it says.
    pub(super) fn product_slot(
        &mut self,
        var: Var,
        shape: &[usize],
        cover: Cover,
    ) -> (&mut [T], Sum) {
        let sum = if self.of[var.0].is_none() { Sum::Fresh } else { Sum::Onto };
        let workspace = &self.workspace;
        let first = || match cover {
            Cover::Whole => workspace.blank(shape.to_vec()),
            Cover::Part => workspace.zeros(shape.to_vec()),
        };
        (self.of[var.0].get_or_insert_with(first).values_mut(), sum)
    }
}
