//! Operations on one value at a time, with broadcasting.

use super::{ShapeError, Tensor};

/// An operation on two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOperator {
    /// left + right.
    Add,
    /// left - right.
    Sub,
    /// left * right.
    Mul,
}

impl BinaryOperator {
    fn apply(self, left: f32, right: f32) -> f32 {
        match self {
            Self::Add => left + right,
            Self::Sub => left - right,
            Self::Mul => left * right,
        }
    }
}

/// max(x, 0), in place.
pub fn relu(tensor: &mut Tensor) {
    tensor.values_mut().iter_mut().for_each(|value| *value = value.max(0.0));
}

/// Combines two tensors; shapes are aligned at their last axes, and axes of length 1 are repeated.
///
/// # Errors
/// [`ShapeError`] if two axes differ and neither is 1.
pub fn binary(
    operator: BinaryOperator,
    left: &Tensor,
    right: &Tensor,
) -> Result<Tensor, ShapeError> {
    let shape = broadcast(left.shape(), right.shape())?;
    if left.shape() == right.shape() {
        let pairs = left.values().iter().zip(right.values());
        let values = pairs.map(|(left, right)| operator.apply(*left, *right)).collect();
        return Ok(Tensor::new(shape, values));
    }
    let strides = [strides(left.shape(), &shape), strides(right.shape(), &shape)];
    let mut values = Vec::with_capacity(shape.iter().product());
    let (&width, outer) = shape.split_last().unwrap_or((&1, &[]));
    let steps = [last(&strides[0]), last(&strides[1])];
    for line in 0..outer.iter().product() {
        let [at_left, at_right] = offsets(line, outer, &strides);
        for column in 0..width {
            let left = left.values()[at_left + column * steps[0]];
            let right = right.values()[at_right + column * steps[1]];
            values.push(operator.apply(left, right));
        }
    }
    Ok(Tensor::new(shape, values))
}

fn broadcast(left: &[usize], right: &[usize]) -> Result<Vec<usize>, ShapeError> {
    let rank = left.len().max(right.len());
    let axis = |shape: &[usize], axis: usize| match (axis + shape.len()).checked_sub(rank) {
        Some(index) => shape[index],
        None => 1,
    };
    (0..rank)
        .map(|index| match (axis(left, index), axis(right, index)) {
            (a, b) if a == b || b == 1 => Ok(a),
            (1, b) => Ok(b),
            _ => Err(ShapeError(format!("{left:?} and {right:?} cannot be combined"))),
        })
        .collect()
}

/// How far each axis of the result moves in a tensor of `shape`; 0 where it is repeated.
fn strides(shape: &[usize], result: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; result.len()];
    let mut step = 1;
    for (index, &length) in shape.iter().enumerate().rev() {
        if length != 1 {
            strides[index + result.len() - shape.len()] = step;
        }
        step *= length;
    }
    strides
}

fn last(strides: &[usize]) -> usize {
    strides.last().copied().unwrap_or(0)
}

/// Where the line numbered `line` of the result starts in both operands.
fn offsets(mut line: usize, outer: &[usize], strides: &[Vec<usize>; 2]) -> [usize; 2] {
    let mut offsets = [0; 2];
    for (axis, &length) in outer.iter().enumerate().rev() {
        let position = line % length;
        line /= length;
        offsets[0] += position * strides[0][axis];
        offsets[1] += position * strides[1][axis];
    }
    offsets
}

#[cfg(test)]
mod tests;
