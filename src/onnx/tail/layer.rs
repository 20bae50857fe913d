//! The program of a tail.

use crate::nn::{Activation, AveragePool, BinaryOperator, Window};

use super::super::OnnxError;
use super::super::graph::label;
use super::super::proto::NodeProto;

/// The position of a weight of the tail.
pub(super) type WeightAt = usize;

/// One node.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) node: String,
    pub(super) operator: String,
    /// The first tensor that the node makes.
    pub(super) makes: String,
    pub(super) layer: Layer,
    /// The values that it reads.
    pub(super) reads: Vec<usize>,
}

/// What a step computes.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Layer {
    Conv {
        window: Window,
        groups: usize,
        weight: WeightAt,
        bias: Option<WeightAt>,
    },
    BatchNorm(Normalisation),
    Relu,
    /// Of two values.
    Binary(BinaryOperator),
    /// Of a value and a constant.
    Constant {
        operator: BinaryOperator,
        constant: Constant,
        side: Side,
    },
    Concat,
    MaxPool(Window),
    AveragePool(AveragePool),
    GlobalAveragePool,
    /// `alpha x W^T + beta b`.
    Linear {
        alpha: f32,
        beta: f32,
        weight: WeightAt,
        bias: Option<WeightAt>,
    },
    /// Another name for the axes of one pixel; how long its last axis must be, if that is stated.
    Rename {
        to: Rank,
        width: Option<usize>,
    },
}

/// A batch normalisation and what follows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Normalisation {
    pub(super) weight: WeightAt,
    pub(super) bias: WeightAt,
    pub(super) mean: WeightAt,
    pub(super) variance: WeightAt,
    pub(super) epsilon: f64,
    pub(super) momentum: f64,
    pub(super) activation: Activation,
}

/// What is added or multiplied.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Constant {
    /// One number a channel.
    Channels(WeightAt),
    /// One number.
    Number(f64),
}

/// Where a constant stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    Left,
    Right,
}

/// Whether a value is maps or rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rank {
    /// [N, H, W, C].
    Maps,
    /// [N, D].
    Rows,
}

impl Rank {
    /// How many axes it has.
    pub(super) fn axes(self) -> usize {
        match self {
            Self::Maps => 4,
            Self::Rows => 2,
        }
    }
}

impl Step {
    pub(super) fn new(node: &NodeProto, layer: Layer, reads: Vec<usize>) -> Self {
        let makes = node.output.first().cloned().unwrap_or_default();
        let (operator, node) = (node.op_type.clone(), label(node).to_owned());
        Self { node, operator, makes, layer, reads }
    }

    /// A complaint that names the node.
    pub(super) fn error(&self, reason: String) -> OnnxError {
        OnnxError::Node { node: self.node.clone(), operator: self.operator.clone(), reason }
    }
}
