//! Matrix products: the one module with `unsafe`, around the crate `gemm`.
//!
//! Both kinds of view are checked when they are made, so that the call can rely on them.

#![expect(unsafe_code, reason = "the kernel takes pointers; each block states its invariant")]

use gemm::Parallelism;

use super::Real;

/// A matrix inside a slice, with any strides.
#[derive(Clone, Copy)]
pub struct Matrix<'a, T = f32> {
    values: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

/// A matrix inside a slice, to be written; its rows are contiguous.
pub struct MatrixMut<'a, T = f32> {
    values: &'a mut [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
}

/// What becomes of the values that stood in the target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sum {
    /// They are replaced.
    Fresh,
    /// The product is added to them.
    Onto,
}

/// Which threads compute a product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Threads {
    /// The calling one.
    One,
    /// All of the pool that the caller runs in. They share out the target, never a sum: its order
    /// is that of one thread.
    Pool,
}

impl<'a, T: Real> Matrix<'a, T> {
    /// The slice as rows of `columns`.
    ///
    /// # Panics
    /// If it is too short.
    #[must_use]
    pub fn new(values: &'a [T], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    /// Rows of `columns`, each `row_stride` after the one before.
    ///
    /// # Panics
    /// If the slice is too short.
    #[must_use]
    pub fn strided(values: &'a [T], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(extent(rows, columns, row_stride) <= values.len(), "rows lie inside the slice");
        Self { values, rows, columns, row_stride, column_stride: 1 }
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

impl<'a, T: Real> MatrixMut<'a, T> {
    /// Rows of `columns`, each `row_stride` after the one before.
    ///
    /// # Panics
    /// If they overlap or the slice is too short.
    #[must_use]
    pub fn new(values: &'a mut [T], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(columns <= row_stride || rows <= 1, "rows do not overlap");
        assert!(extent(rows, columns, row_stride) <= values.len(), "rows lie inside the slice");
        Self { values, rows, columns, row_stride }
    }
}

fn extent(rows: usize, columns: usize, row_stride: usize) -> usize {
    if rows == 0 || columns == 0 { 0 } else { (rows - 1) * row_stride + columns }
}

/// Writes `left` x `right` to `target`: [M, K] x [K, N] -> [M, N].
///
/// It runs on the calling thread only. How the sums are ordered depends on the shape and the
/// machine, never on other threads.
///
/// # Panics
/// If the shapes do not fit.
pub fn multiply<T: Real>(target: MatrixMut<'_, T>, left: Matrix<'_, T>, right: Matrix<'_, T>) {
    product(target, Sum::Fresh, left, right, Threads::One);
}

/// Writes `left` x `right` to `target`, or adds it: [M, K] x [K, N] -> [M, N].
///
/// # Panics
/// If the shapes do not fit.
pub fn product<T: Real>(
    target: MatrixMut<'_, T>,
    sum: Sum,
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    threads: Threads,
) {
    assert_eq!(left.columns, right.rows, "the inner axes fit");
    assert_eq!((target.rows, target.columns), (left.rows, right.columns), "the target fits");
    let MatrixMut { values, rows, columns, row_stride } = target;
    if rows == 0 || columns == 0 {
        return;
    }
    let parallelism = match threads {
        Threads::One => Parallelism::None,
        Threads::Pool => match rayon::current_num_threads() {
            1 => Parallelism::None,
            threads => Parallelism::Rayon(threads),
        },
    };
    let adds = sum == Sum::Onto;
    // SAFETY: the views were checked to lie inside their slices for these rows, columns and strides;
    // `target` is borrowed mutably, so it overlaps neither operand, and its rows do not overlap. The
    // kernel is made for `f32` and `f64`, which are all that `Real` stands for.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            left.columns,
            values.as_mut_ptr(),
            1,
            stride(row_stride),
            adds,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            if adds { T::ONE } else { T::ZERO },
            T::ONE,
            false,
            false,
            false,
            parallelism,
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

    #[test]
    fn a_product_has_the_same_bits_on_any_number_of_threads() {
        let (m, k, n) = (300, 1100, 260);
        let [left, right] = [noise(m * k, 1), noise(k * n, 2)];
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut found = vec![0.25; m * n];
            let target = MatrixMut::new(&mut found, m, n, n);
            let (left, right) = (Matrix::new(&left, m, k), Matrix::new(&right, k, n));
            pool.install(|| product(target, Sum::Onto, left, right, Threads::Pool));
            found
        };
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(4));
        let mut fresh = vec![0.0; m * n];
        let target = MatrixMut::new(&mut fresh, m, n, n);
        multiply(target, Matrix::new(&left, m, k), Matrix::new(&right, k, n));
        let expected: Vec<f32> = fresh.iter().map(|value| value + 0.25).collect();
        assert_close(&one, &expected, 1e-5);
    }
}
