//! Matrix products: the one module with `unsafe`, around the crate `gemm`.
//!
//! Both kinds of view are checked when they are made, so that the call can rely on them.

#![expect(unsafe_code, reason = "the kernel takes pointers; each block states its invariant")]

use gemm::Parallelism;

/// A matrix inside a slice, with any strides.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

/// A matrix inside a slice, to be written; its rows are contiguous.
pub struct MatrixMut<'a> {
    values: &'a mut [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
}

impl<'a> Matrix<'a> {
    /// The slice as rows of `columns`.
    ///
    /// # Panics
    /// If it is too short.
    #[must_use]
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert!(rows * columns <= values.len(), "[{rows}, {columns}] lies inside the slice");
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

impl<'a> MatrixMut<'a> {
    /// Rows of `columns`, each `row_stride` after the one before.
    ///
    /// # Panics
    /// If they overlap or the slice is too short.
    #[must_use]
    pub fn new(values: &'a mut [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(columns <= row_stride, "rows do not overlap");
        let end = if rows == 0 { 0 } else { (rows - 1) * row_stride + columns };
        assert!(end <= values.len(), "[{rows}, {columns}] lies inside the slice");
        Self { values, rows, columns, row_stride }
    }
}

/// Writes `left` x `right` to `target`: [M, K] x [K, N] -> [M, N].
///
/// It runs on the calling thread only. How the sums are ordered depends on the shape and the
/// machine, never on other threads.
///
/// # Panics
/// If the shapes do not fit.
pub fn multiply(target: MatrixMut<'_>, left: Matrix<'_>, right: Matrix<'_>) {
    assert_eq!(left.columns, right.rows, "the inner axes fit");
    assert_eq!((target.rows, target.columns), (left.rows, right.columns), "the target fits");
    let MatrixMut { values, rows, columns, row_stride } = target;
    if rows == 0 || columns == 0 {
        return;
    }
    // SAFETY: the views were checked to lie inside their slices for these rows, columns and strides;
    // `target` is borrowed mutably, so it overlaps neither operand, and its rows do not overlap.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            left.columns,
            values.as_mut_ptr(),
            1,
            stride(row_stride),
            false,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            0.0_f32,
            1.0_f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

fn stride(stride: usize) -> isize {
    isize::try_from(stride).expect("a slice is shorter than isize::MAX")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{assert_close, noise};

    #[test]
    fn products_agree_with_the_definition() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 7), (17, 33, 9), (64, 150, 130)] {
            let (a, b) = (noise(m * k, 1), noise(k * n, 2));
            let mut expected = vec![0.0; m * n];
            for row in 0..m {
                for column in 0..n {
                    expected[row * n + column] =
                        (0..k).map(|i| a[row * k + i] * b[i * n + column]).sum();
                }
            }
            let mut found = vec![f32::NAN; m * n];
            let target = MatrixMut::new(&mut found, m, n, n);
            multiply(target, Matrix::new(&a, m, k), Matrix::new(&b, k, n));
            assert_close(&found, &expected, 1e-5);
            let target = MatrixMut::new(&mut found, n, m, m);
            let (at, bt) = (Matrix::new(&a, m, k).transposed(), Matrix::new(&b, k, n).transposed());
            multiply(target, bt, at);
            for row in 0..m {
                for column in 0..n {
                    assert!((found[column * m + row] - expected[row * n + column]).abs() < 1e-3);
                }
            }
        }
    }

    #[test]
    fn a_product_can_be_written_beside_other_columns() {
        let mut wide = vec![0.5; 6];
        let target = MatrixMut::new(&mut wide, 2, 1, 3);
        multiply(target, Matrix::new(&[1.0, 2.0, 3.0, 4.0], 2, 2), Matrix::new(&[1.0, 1.0], 2, 1));
        assert_eq!(wide, [3.0, 0.5, 0.5, 7.0, 0.5, 0.5]);
    }
}
