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
mod tests {
    use super::*;

    fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
        Tensor::new(shape.to_vec(), values.to_vec())
    }

    #[test]
    fn equal_shapes_combine_value_by_value() {
        let (left, right) = (tensor(&[2], &[5.0, 7.0]), tensor(&[2], &[2.0, 3.0]));
        for (operator, expected) in [
            (BinaryOperator::Add, [7.0, 10.0]),
            (BinaryOperator::Sub, [3.0, 4.0]),
            (BinaryOperator::Mul, [10.0, 21.0]),
        ] {
            assert_eq!(binary(operator, &left, &right).unwrap().values(), expected);
        }
    }

    #[test]
    fn axes_of_one_are_repeated() {
        let image = tensor(&[1, 2, 1, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let mean = tensor(&[2, 1, 1], &[1.0, 2.0]);
        let found = binary(BinaryOperator::Sub, &image, &mean).unwrap();
        assert_eq!(found, tensor(&[1, 2, 1, 3], &[0.0, 1.0, 2.0, 2.0, 3.0, 4.0]));
        let scalar = tensor(&[], &[2.0]);
        let found = binary(BinaryOperator::Mul, &scalar, &mean).unwrap();
        assert_eq!(found, tensor(&[2, 1, 1], &[2.0, 4.0]));
        let (row, column) = (tensor(&[1, 2], &[1.0, 2.0]), tensor(&[2, 1], &[10.0, 20.0]));
        let found = binary(BinaryOperator::Add, &row, &column).unwrap();
        assert_eq!(found, tensor(&[2, 2], &[11.0, 12.0, 21.0, 22.0]));
    }

    #[test]
    fn axes_that_differ_are_refused() {
        let error = binary(BinaryOperator::Add, &Tensor::zeros(vec![2]), &Tensor::zeros(vec![3]));
        assert_eq!(error.unwrap_err().to_string(), "[2] and [3] cannot be combined");
    }

    #[test]
    fn relu_cuts_at_zero() {
        let mut values = tensor(&[3], &[-1.0, 0.0, 2.0]);
        relu(&mut values);
        assert_eq!(values.values(), [0.0, 0.0, 2.0]);
    }
}
