//! The general matrix product of ONNX.

use super::{BinaryOperator, Matrix, MatrixMut, ShapeError, Tensor, binary, multiply};

/// y = alpha op(x) op(w) + beta c, where op may transpose.
#[derive(Clone, PartialEq, Debug)]
pub struct Linear {
    /// Scales the product.
    pub alpha: f32,
    /// Scales what is added.
    pub beta: f32,
    /// Which operands are transposed: [left, right].
    pub transposed: [bool; 2],
}

impl Linear {
    /// [M, K] x [K, N] + [M, N], the last of which may be broadcast.
    ///
    /// # Errors
    /// [`ShapeError`] if the shapes do not fit.
    pub fn forward(
        &self,
        left: &Tensor,
        right: &Tensor,
        bias: Option<&Tensor>,
    ) -> Result<Tensor, ShapeError> {
        let (rows, depth) = oriented(left, self.transposed[0])?;
        let (inner, columns) = oriented(right, self.transposed[1])?;
        if depth != inner {
            return Err(ShapeError(format!("[{rows}, {depth}] x [{inner}, {columns}]")));
        }
        let mut product = Tensor::zeros(vec![rows, columns]);
        let target = MatrixMut::new(product.values_mut(), rows, columns, columns);
        multiply(target, view(left, self.transposed[0])?, view(right, self.transposed[1])?);
        scale(&mut product, self.alpha);
        let Some(bias) = bias else { return Ok(product) };
        let mut bias = bias.clone();
        scale(&mut bias, self.beta);
        let sum = binary(BinaryOperator::Add, &product, &bias)?;
        if sum.shape() == product.shape() {
            Ok(sum)
        } else {
            Err(ShapeError(format!("[{rows}, {columns}] + {:?}", bias.shape())))
        }
    }
}

fn oriented(matrix: &Tensor, transposed: bool) -> Result<(usize, usize), ShapeError> {
    let [rows, columns] = matrix.dims2()?;
    Ok(if transposed { (columns, rows) } else { (rows, columns) })
}

fn view(matrix: &Tensor, transposed: bool) -> Result<Matrix<'_>, ShapeError> {
    let [rows, columns] = matrix.dims2()?;
    let view = Matrix::new(matrix.values(), rows, columns);
    Ok(if transposed { view.transposed() } else { view })
}

fn scale(tensor: &mut Tensor, factor: f32) {
    // Exactly 1 is what nearly every network says, and it changes nothing.
    if factor.to_bits() != 1.0_f32.to_bits() {
        tensor.values_mut().iter_mut().for_each(|value| *value *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_holds_for_every_orientation() {
        // [1, 2] x [3, 4; 5, 6] = [13, 16]; times 2, plus 10 x [1, 2].
        let left =
            [Tensor::new(vec![1, 2], vec![1.0, 2.0]), Tensor::new(vec![2, 1], vec![1.0, 2.0])];
        let right = [
            Tensor::new(vec![2, 2], vec![3.0, 4.0, 5.0, 6.0]),
            Tensor::new(vec![2, 2], vec![3.0, 5.0, 4.0, 6.0]),
        ];
        let bias = Tensor::new(vec![2], vec![1.0, 2.0]);
        for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let layer = Linear { alpha: 2.0, beta: 10.0, transposed: [a == 1, b == 1] };
            let found = layer.forward(&left[a], &right[b], Some(&bias)).unwrap();
            assert_eq!(found, Tensor::new(vec![1, 2], vec![36.0, 52.0]));
        }
    }

    #[test]
    fn inner_axes_that_differ_are_refused() {
        let layer = Linear { alpha: 1.0, beta: 1.0, transposed: [false; 2] };
        let error = layer.forward(&Tensor::zeros(vec![2, 3]), &Tensor::zeros(vec![2, 3]), None);
        assert_eq!(error.unwrap_err().to_string(), "[2, 3] x [2, 3]");
    }
}
