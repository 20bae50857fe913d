//! One node as one of the embedded kernels.

use crate::nn::{
    Affine, AveragePool, BinaryOperator, Conv2d, Linear, MaxPool, ShapeError, Tensor, Window,
    binary, concat, flatten, global_average_pool, relu, reshape,
};

use super::OnnxError;
use super::attributes::Attributes;
use super::parsed::{Constants, Parsed, constant_values, from_end};
use super::proto::NodeProto;

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
    Mean { keeps_axes: bool },
    Linear(Linear),
    Flatten { axis: i64 },
    Reshape { shape: Vec<i64> },
    Identity,
}

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
        let operation = match Parsed::of(node, constants)? {
            Parsed::Conv { window, groups } => {
                Self::Conv(conv(&attributes, constants, window, groups)?)
            }
            Parsed::BatchNorm { epsilon, .. } => {
                Self::Affine(batch_norm(&attributes, constants, epsilon)?)
            }
            Parsed::Relu => Self::Relu,
            Parsed::Binary(operator) => Self::Binary(operator),
            Parsed::Concat { axis } => Self::Concat { axis },
            Parsed::MaxPool(layer) => Self::MaxPool(layer),
            Parsed::AveragePool(layer) => Self::AveragePool(layer),
            Parsed::Mean { keeps_axes } => Self::Mean { keeps_axes },
            Parsed::Linear(layer) => Self::Linear(layer),
            Parsed::Flatten { axis } => Self::Flatten { axis },
            Parsed::Reshape { shape } => Self::Reshape { shape },
            Parsed::Identity => Self::Identity,
        };
        let reads_all =
            matches!(operation, Self::Binary(_) | Self::Concat { .. } | Self::Linear(_));
        let count = if reads_all { node.input.len() } else { 1 };
        Ok((operation, node.input.iter().take(count).map(String::as_str).collect()))
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
            (Self::Mean { keeps_axes }, [images]) => {
                images.get().dims4()?;
                let means = global_average_pool(images.get())?;
                if *keeps_axes { Ok(means) } else { flatten(means, 1) }
            }
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

fn conv(
    attributes: &Attributes<'_>,
    constants: &Constants<'_>,
    window: Window,
    groups: usize,
) -> Result<Conv2d, OnnxError> {
    let filters = constant_values(attributes, constants, 1)?;
    let has_bias = attributes.0.input.get(2).is_some_and(|name| !name.is_empty());
    let bias = if has_bias { Some(constant_values(attributes, constants, 2)?) } else { None };
    Conv2d::new(window, groups, filters, bias.map(Tensor::into_values))
        .map_err(|error| attributes.error(error.to_string()))
}

fn batch_norm(
    attributes: &Attributes<'_>,
    constants: &Constants<'_>,
    epsilon: f32,
) -> Result<Affine, OnnxError> {
    let [gamma, beta, mean, variance] = [
        constant_values(attributes, constants, 1)?,
        constant_values(attributes, constants, 2)?,
        constant_values(attributes, constants, 3)?,
        constant_values(attributes, constants, 4)?,
    ];
    Affine::batch_norm(gamma.values(), beta.values(), mean.values(), variance.values(), epsilon)
        .map_err(|error| attributes.error(error.to_string()))
}
