//! One node as one of the embedded kernels.

use std::collections::BTreeMap;

use crate::nn::{
    Affine, AveragePool, BinaryOperator, Conv2d, Linear, MaxPool, Padding, ShapeError, Tensor,
    binary, concat, flatten, global_average_pool, relu, reshape,
};

use super::OnnxError;
use super::attributes::{Attributes, floats, integers};
use super::graph::label;
use super::proto::{NodeProto, TensorProto};

/// What a step does. Weights that a kernel wants in its own form are inside.
#[derive(Debug)]
pub(super) enum Operation {
    Conv(Conv2d),
    Affine(Affine),
    Relu,
    Binary(BinaryOperator),
    Concat { axis: i64 },
    MaxPool(MaxPool),
    AveragePool(AveragePool),
    GlobalAveragePool,
    Linear(Linear),
    Flatten { axis: i64 },
    Reshape { shape: Vec<i64> },
    Identity,
}

/// The constants of a graph by name.
pub(super) type Constants<'a> = BTreeMap<&'a str, &'a TensorProto>;

/// A step's operand: its own, to be changed, or shared.
pub(super) enum Operand<'a> {
    Owned(Tensor),
    Shared(&'a Tensor),
}

impl Operand<'_> {
    pub(super) fn get(&self) -> &Tensor {
        match self {
            Self::Owned(tensor) => tensor,
            Self::Shared(tensor) => tensor,
        }
    }

    fn take(self) -> Tensor {
        match self {
            Self::Owned(tensor) => tensor,
            Self::Shared(tensor) => tensor.clone(),
        }
    }
}

impl Operation {
    /// Reads a node; gives the names of the inputs that are left to read when it runs.
    pub(super) fn of<'a>(
        node: &'a NodeProto,
        constants: &Constants<'a>,
    ) -> Result<(Self, Vec<&'a str>), OnnxError> {
        let attributes = Attributes(node);
        let all: Vec<&str> = node.input.iter().map(String::as_str).collect();
        let first = all.first().copied().ok_or_else(|| attributes.error("it has no input"))?;
        let one = |operation| Ok((operation, vec![first]));
        match node.op_type.as_str() {
            "Conv" => one(Self::Conv(conv(&attributes, constants)?)),
            "BatchNormalization" => one(Self::Affine(batch_norm(&attributes, constants)?)),
            "Relu" => one(Self::Relu),
            "Add" => Ok((Self::Binary(BinaryOperator::Add), all)),
            "Sub" => Ok((Self::Binary(BinaryOperator::Sub), all)),
            "Mul" => Ok((Self::Binary(BinaryOperator::Mul), all)),
            "Concat" => Ok((Self::Concat { axis: attributes.int("axis", 0) }, all)),
            "MaxPool" => one(Self::MaxPool(MaxPool(attributes.window(None)?))),
            "AveragePool" => one(Self::AveragePool(average_pool(&attributes)?)),
            "GlobalAveragePool" => one(Self::GlobalAveragePool),
            "Gemm" => Ok((Self::Linear(linear(&attributes)), all)),
            "Flatten" => one(Self::Flatten { axis: attributes.int("axis", 1) }),
            "Reshape" => one(Self::Reshape { shape: target(&attributes, constants)? }),
            "Identity" => one(Self::Identity),
            _ => Err(OnnxError::Unsupported {
                node: label(node).to_owned(),
                operator: node.op_type.clone(),
            }),
        }
    }

    /// Runs it on its operands.
    pub(super) fn run(
        &self,
        mut operands: Vec<Operand<'_>>,
        columns: &mut Vec<f32>,
    ) -> Result<Tensor, ShapeError> {
        let missing = || ShapeError("an operand is missing".to_owned());
        match (self, operands.as_slice()) {
            (Self::Conv(layer), [images]) => layer.forward(images.get(), columns),
            (Self::MaxPool(layer), [images]) => layer.forward(images.get()),
            (Self::AveragePool(layer), [images]) => layer.forward(images.get()),
            (Self::GlobalAveragePool, [images]) => global_average_pool(images.get()),
            (Self::Binary(operator), [left, right]) => binary(*operator, left.get(), right.get()),
            (Self::Linear(layer), [left, right, bias @ ..]) => {
                layer.forward(left.get(), right.get(), bias.first().map(Operand::get))
            }
            (Self::Concat { axis }, [first, ..]) => {
                let axis = from_end(*axis, first.get().shape().len())?;
                let tensors: Vec<&Tensor> = operands.iter().map(Operand::get).collect();
                concat(&tensors, axis)
            }
            (_, [_]) => self.change(operands.pop().ok_or_else(missing)?.take()),
            _ => Err(missing()),
        }
    }

    /// The operations that change a tensor in place.
    fn change(&self, mut tensor: Tensor) -> Result<Tensor, ShapeError> {
        match self {
            Self::Affine(layer) => layer.forward(&mut tensor)?,
            Self::Relu => relu(&mut tensor),
            Self::Flatten { axis } => {
                let axis = from_end(*axis, tensor.shape().len())?;
                return flatten(tensor, axis);
            }
            Self::Reshape { shape } => return reshape(tensor, shape),
            _ => {}
        }
        Ok(tensor)
    }
}

fn conv(attributes: &Attributes<'_>, constants: &Constants<'_>) -> Result<Conv2d, OnnxError> {
    let filters = constant(attributes, constants, 1)?;
    let kernel = filters.dims4().map(|[_, _, height, width]| [height, width]);
    let kernel = kernel.map_err(|error| attributes.error(error.to_string()))?;
    let bias = attributes.0.input.get(2).is_some_and(|name| !name.is_empty());
    let bias = if bias { Some(constant(attributes, constants, 2)?.into_values()) } else { None };
    let window = attributes.window(Some(kernel))?;
    let groups = attributes.count("group", 1)?;
    Conv2d::new(window, groups, filters, bias).map_err(|error| attributes.error(error.to_string()))
}

fn batch_norm(attributes: &Attributes<'_>, constants: &Constants<'_>) -> Result<Affine, OnnxError> {
    if attributes.flag("training_mode") {
        return Err(attributes.error("it is in training mode; export the network for inference"));
    }
    let [gamma, beta, mean, variance] = [
        constant(attributes, constants, 1)?,
        constant(attributes, constants, 2)?,
        constant(attributes, constants, 3)?,
        constant(attributes, constants, 4)?,
    ];
    let epsilon = attributes.float("epsilon", 1e-5);
    Affine::batch_norm(gamma.values(), beta.values(), mean.values(), variance.values(), epsilon)
        .map_err(|error| attributes.error(error.to_string()))
}

fn average_pool(attributes: &Attributes<'_>) -> Result<AveragePool, OnnxError> {
    let counted = attributes.flag("count_include_pad");
    let padding = if counted { Padding::Counted } else { Padding::LeftOut };
    Ok(AveragePool { window: attributes.window(None)?, padding })
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

fn constant(
    attributes: &Attributes<'_>,
    constants: &Constants<'_>,
    input: usize,
) -> Result<Tensor, OnnxError> {
    let name = attributes.0.input.get(input).map_or("", String::as_str);
    let tensor = constants.get(name).ok_or_else(|| {
        attributes.error(format!("input {input} (`{name}`) is not a constant of the network"))
    })?;
    floats(tensor)
}

fn from_end(axis: i64, rank: usize) -> Result<usize, ShapeError> {
    let count = i64::try_from(rank).unwrap_or(i64::MAX);
    let position = if axis < 0 { axis + count } else { axis };
    usize::try_from(position)
        .ok()
        .filter(|position| *position <= rank)
        .ok_or_else(|| ShapeError(format!("there is no axis {axis} among {rank}")))
}
