//! What a node says: its operator and attributes, before anybody turns them into computation.
//!
//! The embedded kernels and the trainable tails both start from here.

use std::collections::BTreeMap;

use crate::nn::{
    AveragePool, BinaryOperator, Linear, MaxPool, Padding, ShapeError, Tensor, Window,
};

use super::OnnxError;
use super::attributes::{Attributes, floats, integers, shape};
use super::graph::label;
use super::proto::{NodeProto, TensorProto};

/// The constants of a graph by name.
pub(super) type Constants<'a> = BTreeMap<&'a str, &'a TensorProto>;

/// A node of an operator that there are kernels for.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Parsed {
    Conv {
        window: Window,
        groups: usize,
    },
    BatchNorm {
        epsilon: f32,
        momentum: f32,
    },
    Relu,
    Binary(BinaryOperator),
    Concat {
        axis: i64,
    },
    MaxPool(MaxPool),
    AveragePool(AveragePool),
    /// The mean of each channel, [N, C, 1, 1] or [N, C].
    Mean {
        keeps_axes: bool,
    },
    Linear(Linear),
    Flatten {
        axis: i64,
    },
    Reshape {
        shape: Vec<i64>,
    },
    Identity,
}

impl Parsed {
    /// Reads a node.
    ///
    /// # Errors
    /// [`OnnxError::Unsupported`], or [`OnnxError::Node`] if the attributes do not fit.
    pub(super) fn of(node: &NodeProto, constants: &Constants<'_>) -> Result<Self, OnnxError> {
        let attributes = Attributes(node);
        if node.op_type == "Constant" {
            return Err(attributes.error("expected a tensor as its value"));
        }
        if node.input.is_empty() {
            return Err(attributes.error("it has no input"));
        }
        Ok(match node.op_type.as_str() {
            "Conv" => conv(&attributes, constants)?,
            "BatchNormalization" => batch_norm(&attributes)?,
            "Relu" => Self::Relu,
            "Add" => Self::Binary(BinaryOperator::Add),
            "Sub" => Self::Binary(BinaryOperator::Sub),
            "Mul" => Self::Binary(BinaryOperator::Mul),
            "Concat" => Self::Concat { axis: attributes.int("axis", 0) },
            "MaxPool" => Self::MaxPool(MaxPool(attributes.window(None)?)),
            "AveragePool" => Self::AveragePool(average_pool(&attributes)?),
            "GlobalAveragePool" => Self::Mean { keeps_axes: true },
            "ReduceMean" => mean(&attributes, constants)?,
            "Gemm" => Self::Linear(linear(&attributes)),
            "Flatten" => Self::Flatten { axis: attributes.int("axis", 1) },
            "Reshape" => Self::Reshape { shape: target(&attributes, constants)? },
            "Identity" => Self::Identity,
            _ => {
                return Err(OnnxError::Unsupported {
                    node: label(node).to_owned(),
                    operator: node.op_type.clone(),
                });
            }
        })
    }
}

fn conv(attributes: &Attributes<'_>, constants: &Constants<'_>) -> Result<Parsed, OnnxError> {
    let filters = shape(constant(attributes, constants, 1)?)?;
    let [_, _, height, width] = filters[..] else {
        return Err(attributes.error(format!("its filters are {filters:?}; expected four axes")));
    };
    let window = attributes.window(Some([height, width]))?;
    Ok(Parsed::Conv { window, groups: attributes.count("group", 1)? })
}

fn batch_norm(attributes: &Attributes<'_>) -> Result<Parsed, OnnxError> {
    if attributes.flag("training_mode") {
        return Err(attributes.error("it is in training mode; export the network for inference"));
    }
    let (epsilon, momentum) =
        (attributes.float("epsilon", 1e-5), attributes.float("momentum", 0.9));
    Ok(Parsed::BatchNorm { epsilon, momentum })
}

fn average_pool(attributes: &Attributes<'_>) -> Result<AveragePool, OnnxError> {
    let counted = attributes.flag("count_include_pad");
    let padding = if counted { Padding::Counted } else { Padding::LeftOut };
    Ok(AveragePool { window: attributes.window(None)?, padding })
}

/// A mean over height and width, as some exporters write a pooling.
fn mean(attributes: &Attributes<'_>, constants: &Constants<'_>) -> Result<Parsed, OnnxError> {
    let axes = match attributes.0.input.get(1).filter(|name| !name.is_empty()) {
        Some(name) => constants.get(name.as_str()).and_then(|tensor| integers(tensor)),
        None => attributes.ints("axes").map(<[i64]>::to_vec),
    };
    let found = axes.unwrap_or_default();
    let mut axes: Vec<i64> =
        found.iter().map(|axis| if *axis < 0 { axis + 4 } else { *axis }).collect();
    axes.sort_unstable();
    if axes != [2, 3] {
        let reason = format!("its axes are {found:?}; expected [2, 3], height and width");
        return Err(attributes.error(reason));
    }
    Ok(Parsed::Mean { keeps_axes: attributes.int("keepdims", 1) != 0 })
}

fn linear(attributes: &Attributes<'_>) -> Linear {
    Linear {
        alpha: attributes.float("alpha", 1.0),
        beta: attributes.float("beta", 1.0),
        transposed: [attributes.flag("transA"), attributes.flag("transB")],
    }
}

fn target(attributes: &Attributes<'_>, constants: &Constants<'_>) -> Result<Vec<i64>, OnnxError> {
    let name = attributes.0.input.get(1).map_or("", String::as_str);
    let shape = constants.get(name).and_then(|tensor| integers(tensor));
    let shape = shape.ok_or_else(|| attributes.error("its shape is computed; expected a constant"));
    if attributes.flag("allowzero") {
        return Err(attributes.error("`allowzero` is set; expected 0 to keep a length"));
    }
    shape
}

/// An input of a node that must be a constant.
pub(super) fn constant<'a>(
    attributes: &Attributes<'_>,
    constants: &Constants<'a>,
    input: usize,
) -> Result<&'a TensorProto, OnnxError> {
    let name = attributes.0.input.get(input).map_or("", String::as_str);
    constants.get(name).copied().ok_or_else(|| {
        attributes.error(format!("input {input} (`{name}`) is not a constant of the network"))
    })
}

/// The values of an input that must be a constant.
pub(super) fn constant_values(
    attributes: &Attributes<'_>,
    constants: &Constants<'_>,
    input: usize,
) -> Result<Tensor, OnnxError> {
    floats(constant(attributes, constants, input)?)
}

/// The place of an axis that may be counted from the end.
pub(super) fn from_end(axis: i64, rank: usize) -> Result<usize, ShapeError> {
    let count = i64::try_from(rank).unwrap_or(i64::MAX);
    let position = if axis < 0 { axis + count } else { axis };
    usize::try_from(position)
        .ok()
        .filter(|position| *position <= rank)
        .ok_or_else(|| ShapeError(format!("there is no axis {axis} among {rank}")))
}
