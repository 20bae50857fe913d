//! One weight of a tail: in the file, and among the parameters.

use crate::nn::tape::{ParameterKind, filters_from_file, filters_to_file};
use crate::nn::{Real, Tensor};

/// What a weight is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Learnt,
    Mean,
    Variance,
}

impl Role {
    /// What is put behind the name of an initialiser that serves in two roles.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Learnt => ".weight",
            Self::Mean => ".mean",
            Self::Variance => ".variance",
        }
    }
}

/// How a parameter lies compared with the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// A vector, whatever axes of length 1 the file has around it.
    Vector,
    /// [O, I] in both.
    Matrix,
    /// [I, O] in the file, [O, I] here.
    Transposed,
    /// [O, C, kh, kw] in the file, [O, kh, kw, C] here.
    Filters,
}

/// Where a weight is read: the first output of a node, and which of its inputs.
pub(super) type Place = (String, usize);

/// A weight of a tail.
#[derive(Clone, Debug)]
pub(super) struct Weight {
    /// What its parameter is called behind the prefix.
    pub(super) name: String,
    /// What the nodes call it.
    pub(super) source: String,
    pub(super) role: Role,
    pub(super) layout: Layout,
    /// In the file.
    pub(super) shape: Vec<usize>,
    pub(super) places: Vec<Place>,
}

impl Weight {
    pub(super) fn kind(&self) -> ParameterKind {
        match self.role {
            Role::Learnt => ParameterKind::Weight,
            Role::Mean | Role::Variance => ParameterKind::Buffer,
        }
    }

    /// How many rows a layer gives: its output channels.
    pub(super) fn outputs(&self) -> usize {
        match self.layout {
            Layout::Vector => self.shape.iter().product(),
            Layout::Matrix | Layout::Filters => self.shape[0],
            Layout::Transposed => self.shape[1],
        }
    }

    /// How many channels a row of filters or of a matrix takes.
    pub(super) fn inputs(&self) -> usize {
        match self.layout {
            Layout::Vector => 1,
            Layout::Matrix | Layout::Filters => self.shape[1],
            Layout::Transposed => self.shape[0],
        }
    }

    /// The axes of the parameter.
    pub(super) fn parameter_shape(&self) -> Vec<usize> {
        match (self.layout, self.shape.as_slice()) {
            (Layout::Filters, &[outputs, channels, rows, columns]) => {
                vec![outputs, rows, columns, channels]
            }
            (Layout::Transposed, &[inputs, outputs]) => vec![outputs, inputs],
            (Layout::Vector, shape) => vec![shape.iter().product()],
            (_, shape) => shape.to_vec(),
        }
    }

    /// The parameter of what the file holds.
    pub(super) fn parameter<T: Real>(&self, file: &Tensor) -> Tensor<T> {
        let values: Vec<T> = file.values().iter().map(|value| T::of(value.wide())).collect();
        match (self.layout, self.shape.as_slice()) {
            (Layout::Filters, shape) => filters_from_file(&Tensor::new(shape.to_vec(), values)),
            (Layout::Transposed, &[inputs, outputs]) => {
                // A matrix is one filter of one row: its channels become its last axis.
                let filter = Tensor::new(vec![1, inputs, 1, outputs], values);
                let turned = filters_from_file(&filter);
                Tensor::new(vec![outputs, inputs], turned.into_values())
            }
            (Layout::Vector, _) => Tensor::new(vec![values.len()], values),
            (_, shape) => Tensor::new(shape.to_vec(), values),
        }
    }

    /// What the file holds of a parameter.
    pub(super) fn in_file<T: Real>(&self, parameter: &Tensor<T>) -> Vec<f32> {
        let narrow = |values: &[T]| values.iter().map(|value| f32::of(value.wide())).collect();
        match (self.layout, parameter.shape()) {
            (Layout::Filters, _) => narrow(filters_to_file(parameter).values()),
            (Layout::Transposed, &[outputs, inputs]) => {
                let filter = Tensor::new(vec![1, 1, outputs, inputs], parameter.values().to_vec());
                narrow(filters_to_file(&filter).values())
            }
            _ => narrow(parameter.values()),
        }
    }
}
