//! Matrix products: the one module with `unsafe`, around the crate `gemm`.
//!
//! Both kinds of view are checked when they are made, so that the call can rely on them.

#![expect(unsafe_code, reason = "the kernel takes pointers; each block states its invariant")]

use std::ops::{Range, RangeInclusive};

use gemm::Parallelism;
use rayon::prelude::*;

use super::Real;

/// A product is shared out in stripes of its target if its shorter side has as many values, ...
const LEAST_SIDE: usize = 16;
/// ... and its longer side as many for each thread. The kernel takes the same path to each value of
/// such a stripe as to that of the whole; smaller ones are left to the kernel's own threads, which
/// pack one operand on one thread only.
const LEAST_STRIPE: usize = 2 * TILE;
/// So many rows are few, ...
const FEW: RangeInclusive<usize> = 8..=128;
/// ... and so many filters, of at least as many values, are many.
const MANY: usize = 256;
/// What stripes are cut at: the tiles of the kernel.
const TILE: usize = 64;

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
    if target.rows == 0 || target.columns == 0 {
        return;
    }
    let is_few = FEW.contains(&target.rows) && target.columns >= MANY && left.columns >= MANY;
    if is_few && sum == Sum::Fresh && right.row_stride == 1 && right.column_stride > 1 {
        return turned(target, left, right, threads);
    }
    let threads = match threads {
        Threads::One => 1,
        Threads::Pool => rayon::current_num_threads(),
    };
    let job = Job {
        target: Target(target.values.as_mut_ptr()),
        row_stride: target.row_stride,
        sum,
        left,
        right,
    };
    let (rows, columns) = (target.rows, target.columns);
    // The longer side is shared out, so that what every thread reads is the smaller operand.
    let length = rows.max(columns);
    let is_long = rows.min(columns) >= LEAST_SIDE && length >= threads * LEAST_STRIPE;
    if threads == 1 || !is_long || left.columns == 0 {
        let parallelism = match threads {
            1 => Parallelism::None,
            _ => Parallelism::Rayon(threads),
        };
        // SAFETY: these are all rows and columns of a target that is borrowed mutably.
        unsafe { job.run(0..rows, 0..columns, parallelism) };
        return;
    }
    // Whole tiles, evenly: at least two for each thread, so that no stripe is a sliver.
    let tiles = length.div_ceil(TILE);
    let begin = |stripe: usize| (tiles * stripe / threads * TILE).min(length);
    (0..threads).into_par_iter().with_max_len(1).for_each(|stripe| {
        let own = begin(stripe)..begin(stripe + 1);
        let (rows, columns) = if rows > columns { (own, 0..columns) } else { (0..rows, own) };
        // SAFETY: stripes lie inside the target, which is borrowed mutably, and none meets another.
        unsafe { job.run(rows, columns, Parallelism::None) };
    });
}

/// The product of a few rows with many filters, which are rows as well. The kernel would first
/// rearrange all filters, which takes as long as multiplying them with so few rows; from right to
/// left it rearranges the few rows instead. Each value is the same sum in the same order.
fn turned<T: Real>(
    target: MatrixMut<'_, T>,
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    threads: Threads,
) {
    let MatrixMut { values, rows, columns, row_stride } = target;
    let mut turned = vec![T::ZERO; columns * rows];
    let whole = MatrixMut::new(&mut turned, columns, rows, rows);
    product(whole, Sum::Fresh, right.transposed(), left.transposed(), threads);
    for (block, turned) in turned.chunks(TILE * rows).enumerate() {
        for row in 0..rows {
            let values = &mut values[row * row_stride + block * TILE..];
            let own = turned.iter().skip(row).step_by(rows);
            values.iter_mut().zip(own).for_each(|(value, own)| *value = *own);
        }
    }
}

/// A product that several threads share.
struct Job<'a, T> {
    target: Target<T>,
    row_stride: usize,
    sum: Sum,
    left: Matrix<'a, T>,
    right: Matrix<'a, T>,
}

/// Where a product is written.
struct Target<T>(*mut T);

// SAFETY: threads write to parts of it that do not meet, as `Job::run` asks.
unsafe impl<T: Send> Sync for Target<T> {}

impl<T: Real> Job<'_, T> {
    /// Computes some rows and columns of the target.
    ///
    /// # Safety
    /// They lie inside the target, and nobody else reads or writes them meanwhile.
    unsafe fn run(&self, rows: Range<usize>, columns: Range<usize>, parallelism: Parallelism) {
        let Self { left, right, .. } = self;
        let adds = self.sum == Sum::Onto;
        let left_values = &left.values[rows.start * left.row_stride..];
        let right_values = &right.values[columns.start * right.column_stride..];
        // SAFETY: the views were checked to lie inside their slices for all rows, columns and
        // strides, so these are; rows of the target do not overlap, and the caller has sole use of
        // them. The target is borrowed mutably, so it overlaps neither operand. The kernel is made
        // for `f32` and `f64`, which are all that `Real` stands for.
        unsafe {
            gemm::gemm(
                rows.len(),
                columns.len(),
                left.columns,
                self.target.0.add(rows.start * self.row_stride + columns.start),
                1,
                stride(self.row_stride),
                adds,
                left_values.as_ptr(),
                stride(left.column_stride),
                stride(left.row_stride),
                right_values.as_ptr(),
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
        // Wide, tall, small, and none of a whole number of tiles.
        for [m, k, n] in
            [[300, 1100, 260], [70, 600, 1030], [1030, 520, 70], [20, 700, 60], [40, 600, 385]]
        {
            let [left, right] = [noise(m * k, 1), noise(k * n, 2)];
            let on = |threads: usize, is_transposed: bool| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let mut found = vec![0.25; m * n];
                let target = MatrixMut::new(&mut found, m, n, n);
                let (left, right) = match is_transposed {
                    false => (Matrix::new(&left, m, k), Matrix::new(&right, k, n)),
                    true => {
                        let left = Matrix::new(&left, k, m).transposed();
                        (left, Matrix::new(&right, n, k).transposed())
                    }
                };
                pool.install(|| product(target, Sum::Onto, left, right, Threads::Pool));
                found
            };
            for is_transposed in [false, true] {
                let one = on(1, is_transposed);
                for threads in [2, 3, 4] {
                    assert_eq!(one, on(threads, is_transposed), "{m}x{k}x{n}, {threads} threads");
                }
            }
            let mut fresh = vec![0.0; m * n];
            let target = MatrixMut::new(&mut fresh, m, n, n);
            multiply(target, Matrix::new(&left, m, k), Matrix::new(&right, k, n));
            let expected: Vec<f32> = fresh.iter().map(|value| value + 0.25).collect();
            assert_close(&on(1, false), &expected, 1e-5);
        }
    }

    #[test]
    fn a_few_rows_times_many_filters_have_the_same_bits_either_way() {
        for [m, k, n] in [[64, 1100, 300], [8, 256, 257], [128, 2048, 256]] {
            let [left, right] = [noise(m * k, 1), noise(n * k, 2)];
            let mut turned = vec![0.0; k * n];
            for (at, value) in right.iter().enumerate() {
                turned[at % k * n + at / k] = *value;
            }
            let with = |right: Matrix<'_>| {
                // One column more than is written.
                let mut found = vec![7.0; m * (n + 1)];
                let target = MatrixMut::new(&mut found, m, n, n + 1);
                product(target, Sum::Fresh, Matrix::new(&left, m, k), right, Threads::One);
                found
            };
            let found = with(Matrix::new(&right, n, k).transposed());
            assert_eq!(found, with(Matrix::new(&turned, k, n)), "{m}x{k}x{n}");
            assert!(found.chunks(n + 1).all(|row| row[n] == 7.0));
        }
    }
}
