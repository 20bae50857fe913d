//! Operations that only move values or rename axes.

use super::{ShapeError, Tensor};

/// Puts tensors one after another along `axis`.
///
/// # Errors
/// [`ShapeError`] if there is none, or another axis differs.
pub fn concat(tensors: &[&Tensor], axis: usize) -> Result<Tensor, ShapeError> {
    let first = tensors.first().ok_or_else(|| ShapeError("nothing to join".to_owned()))?;
    let mut shape = first.shape().to_vec();
    if axis >= shape.len() {
        return Err(ShapeError(format!("no axis {axis} in {shape:?}")));
    }
    let fits = |tensor: &&Tensor| {
        let other = tensor.shape();
        other.len() == shape.len()
            && other[..axis] == shape[..axis]
            && other[axis + 1..] == shape[axis + 1..]
    };
    if !tensors.iter().all(fits) {
        let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.shape()).collect();
        return Err(ShapeError(format!("{shapes:?} cannot be joined along axis {axis}")));
    }
    let outer: usize = shape[..axis].iter().product();
    shape[axis] = tensors.iter().map(|tensor| tensor.shape()[axis]).sum();
    let mut values = Vec::with_capacity(shape.iter().product());
    for part in 0..outer {
        for tensor in tensors {
            let run: usize = tensor.shape()[axis..].iter().product();
            values.extend_from_slice(&tensor.values()[part * run..(part + 1) * run]);
        }
    }
    Ok(Tensor::new(shape, values))
}

/// Makes a matrix: the axes before `axis` become rows, the others columns.
///
/// # Errors
/// [`ShapeError`] if there are fewer axes.
pub fn flatten(tensor: Tensor, axis: usize) -> Result<Tensor, ShapeError> {
    let shape = tensor.shape();
    if axis > shape.len() {
        return Err(ShapeError(format!("no axis {axis} in {shape:?}")));
    }
    let matrix = vec![shape[..axis].iter().product(), shape[axis..].iter().product()];
    Ok(Tensor::new(matrix, tensor.into_values()))
}

/// Renames axes; 0 keeps a length, one -1 takes what is left.
///
/// # Errors
/// [`ShapeError`] if the values do not fill the new shape.
pub fn reshape(tensor: Tensor, target: &[i64]) -> Result<Tensor, ShapeError> {
    let source = tensor.shape().to_vec();
    let error = || ShapeError(format!("{source:?} cannot become {target:?}"));
    let mut shape = Vec::with_capacity(target.len());
    for (axis, &length) in target.iter().enumerate() {
        shape.push(match length {
            -1 => 1,
            0 => *source.get(axis).ok_or_else(error)?,
            length => usize::try_from(length).map_err(|_| error())?,
        });
    }
    let count = tensor.values().len();
    if let Some(open) = target.iter().position(|length| *length == -1) {
        let known: usize = shape.iter().product();
        shape[open] = count.checked_div(known).ok_or_else(error)?;
    }
    if shape.iter().product::<usize>() != count {
        return Err(error());
    }
    Ok(Tensor::new(shape, tensor.into_values()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(shape: &[usize], from: u8) -> Tensor {
        let count: usize = shape.iter().product();
        let values = (from..).take(count).map(f32::from).collect();
        Tensor::new(shape.to_vec(), values)
    }

    #[test]
    fn channels_are_joined_image_by_image() {
        let joined = concat(&[&counted(&[2, 1, 2], 0), &counted(&[2, 2, 2], 10)], 1).unwrap();
        assert_eq!(joined.shape(), [2, 3, 2]);
        let expected = [0.0, 1.0, 10.0, 11.0, 12.0, 13.0, 2.0, 3.0, 14.0, 15.0, 16.0, 17.0];
        assert_eq!(joined.values(), expected);
    }

    #[test]
    fn shapes_that_differ_elsewhere_cannot_be_joined() {
        let error = concat(&[&counted(&[1, 2], 0), &counted(&[2, 2], 0)], 1).unwrap_err();
        assert_eq!(error.to_string(), "[[1, 2], [2, 2]] cannot be joined along axis 1");
        assert!(concat(&[], 0).is_err());
    }

    #[test]
    fn axes_are_renamed() {
        assert_eq!(flatten(counted(&[2, 3, 1, 1], 0), 1).unwrap().shape(), [2, 3]);
        assert_eq!(reshape(counted(&[2, 3, 2], 0), &[0, -1]).unwrap().shape(), [2, 6]);
        assert!(reshape(counted(&[2, 3], 0), &[4, -1]).is_err());
    }
}
