//! The few products and factorisations that the closed forms need.
//!
//! Every call is sequential inside, so that a sum has one order; work is spread over threads by
//! splitting the *result* into fixed blocks.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::{factor, solve};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, MatRef, Par, Spec};
use ndarray::Array2;
use rayon::ThreadPool;
use rayon::prelude::*;

/// Columns of a product that one task computes.
const PRODUCT_COLUMNS: usize = 64;

/// Columns of a Gram matrix that one task computes: all its tasks read all rows, so few are better.
const GRAM_COLUMNS: usize = 256;

/// A symmetric matrix as `U diag(values) U^T`.
pub struct Eigen {
    /// The eigenvectors, [n, n], one a column.
    pub vectors: Mat<f64>,
    /// The eigenvalues, in rising order.
    pub values: Vec<f64>,
}

/// The eigenvalues of a matrix could not be found: it holds numbers that are not finite.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the eigenvalues of a {size} x {size} matrix did not converge; is every feature finite?")]
pub struct EigenError {
    /// Rows of the matrix.
    pub size: usize,
}

/// Decomposes a symmetric matrix, of which only the lower triangle is read.
///
/// # Errors
/// [`EigenError`].
pub fn eigen(matrix: MatRef<'_, f64>) -> Result<Eigen, EigenError> {
    let size = matrix.nrows();
    let mut vectors = Mat::zeros(size, size);
    let mut values = Diag::<f64>::zeros(size);
    let want = ComputeEigenvectors::Yes;
    let scratch = self_adjoint_evd_scratch::<f64>(size, want, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut memory),
        Spec::default(),
    )
    .map_err(|_| EigenError { size })?;
    let values: Vec<f64> = values.column_vector().iter().copied().collect();
    if values.iter().all(|value| value.is_finite()) {
        Ok(Eigen { vectors, values })
    } else {
        Err(EigenError { size })
    }
}

/// Solves `matrix * X = right` for a symmetric matrix without negative eigenvalues, of which only
/// the lower triangle is read. None if the matrix is singular as far as rounding can tell.
#[must_use]
pub fn solve_positive(mut matrix: Mat<f64>, mut right: Mat<f64>) -> Option<Mat<f64>> {
    let (size, columns) = (matrix.nrows(), right.ncols());
    let mut memory =
        MemBuffer::new(factor::cholesky_in_place_scratch::<f64>(size, Par::Seq, Spec::default()));
    let stack = MemStack::new(&mut memory);
    let regularization = factor::LltRegularization::default();
    let params = Spec::default();
    factor::cholesky_in_place(matrix.as_mut(), regularization, Par::Seq, stack, params).ok()?;
    let mut memory = MemBuffer::new(solve::solve_in_place_scratch::<f64>(size, columns, Par::Seq));
    let stack = MemStack::new(&mut memory);
    solve::solve_in_place(matrix.as_ref(), right.as_mut(), Par::Seq, stack);
    let is_finite = right.col_iter().all(|column| column.iter().all(|value| value.is_finite()));
    is_finite.then_some(right)
}

/// `left * right`, by blocks of columns.
#[must_use]
pub fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>, pool: &ThreadPool) -> Mat<f64> {
    let mut result = Mat::zeros(left.nrows(), right.ncols());
    by_columns(result.as_mut(), PRODUCT_COLUMNS, pool, &|start, block| {
        let right = right.subcols(start, block.ncols());
        matmul(block, Accum::Replace, left, right, 1.0, Par::Seq);
    });
    result
}

/// Adds `left * right` to `sum`, by blocks of columns.
pub fn add_product(
    sum: &mut Mat<f64>,
    left: MatRef<'_, f64>,
    right: MatRef<'_, f64>,
    pool: &ThreadPool,
) {
    by_columns(sum.as_mut(), PRODUCT_COLUMNS, pool, &|start, block| {
        let right = right.subcols(start, block.ncols());
        matmul(block, Accum::Add, left, right, 1.0, Par::Seq);
    });
}

/// Adds the lower triangle of `rows^T rows` to `gram`, by blocks of columns.
pub fn add_gram(gram: &mut Mat<f64>, rows: MatRef<'_, f64>, pool: &ThreadPool) {
    // Column by column: rows of a width of a power of two would all fall on the same cache lines.
    let rows = rows.to_owned();
    let width = rows.ncols();
    by_columns(gram.as_mut(), GRAM_COLUMNS, pool, &|start, block| {
        let end = start + block.ncols();
        let (columns, after) = (rows.subcols(start, block.ncols()), rows.subcols(end, width - end));
        let (on, below) = block.subrows_mut(start, width - start).split_at_row_mut(end - start);
        triangular::matmul(
            on,
            BlockStructure::TriangularLower,
            Accum::Add,
            columns.transpose(),
            BlockStructure::Rectangular,
            columns,
            BlockStructure::Rectangular,
            1.0,
            Par::Seq,
        );
        matmul(below, Accum::Add, after.transpose(), columns, 1.0, Par::Seq);
    });
}

/// Calls `work` for blocks of so many columns, each with the position of its first column.
fn by_columns(
    matrix: MatMut<'_, f64>,
    columns: usize,
    pool: &ThreadPool,
    work: &(dyn Fn(usize, MatMut<'_, f64>) + Sync),
) {
    let mut blocks = Vec::new();
    let mut rest = matrix;
    let mut start = 0;
    while rest.ncols() > 0 {
        let width = columns.min(rest.ncols());
        let (block, after) = rest.split_at_col_mut(width);
        blocks.push((start, block));
        start += width;
        rest = after;
    }
    pool.install(|| blocks.into_par_iter().for_each(|(start, block)| work(start, block)));
}

/// Reads `[rows, columns]` numbers that stand row by row.
#[must_use]
pub fn row_major(values: &[f64], rows: usize, columns: usize) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(values, rows, columns)
}

/// Copies a matrix.
#[must_use]
pub fn from_array(array: &Array2<f64>) -> Mat<f64> {
    Mat::from_fn(array.nrows(), array.ncols(), |row, column| array[(row, column)])
}

/// Writes a matrix row by row.
#[must_use]
pub fn to_row_major(matrix: MatRef<'_, f64>) -> Vec<f64> {
    let row = |row: usize| (0..matrix.ncols()).map(move |column| matrix[(row, column)]);
    (0..matrix.nrows()).flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    fn numbers(rows: usize, columns: usize) -> Mat<f64> {
        Mat::from_fn(rows, columns, |row, column| {
            ((row * 31 + column * 17) % 23) as f64 / 7.0 - 1.0
        })
    }

    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        let half = numbers(9, 6);
        let mut gram = Mat::zeros(6, 6);
        add_gram(&mut gram, half.as_ref(), &pool(1));
        let eigen = eigen(gram.as_ref()).unwrap();
        let scaled =
            Mat::from_fn(6, 6, |row, column| eigen.vectors[(row, column)] * eigen.values[column]);
        let rebuilt = product(scaled.as_ref(), eigen.vectors.transpose(), &pool(1));
        for row in 0..6 {
            for column in 0..=row {
                assert!((rebuilt[(row, column)] - gram[(row, column)]).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn a_positive_matrix_is_solved() {
        // (4 2; 2 3) (1 2; 3 -1) = (10 6; 11 1); the upper triangle is not read.
        let matrix = Mat::from_fn(2, 2, |row, column| [[4.0, 99.0], [2.0, 3.0]][row][column]);
        let right = Mat::from_fn(2, 2, |row, column| [[10.0, 6.0], [11.0, 1.0]][row][column]);
        let solved = solve_positive(matrix, right.clone()).unwrap();
        for (row, want) in [[1.0, 2.0], [3.0, -1.0]].iter().enumerate() {
            for (column, want) in want.iter().enumerate() {
                assert!((solved[(row, column)] - want).abs() < 1e-14);
            }
        }
        let negative = Mat::from_fn(2, 2, |row, column| [[1.0, 2.0], [2.0, 1.0]][row][column]);
        assert!(solve_positive(negative, right.clone()).is_none());
        assert!(solve_positive(Mat::from_fn(2, 2, |_, _| f64::NAN), right).is_none());
    }

    #[test]
    fn threads_change_no_bit() {
        let (left, right) = (numbers(70, 150), numbers(150, 200));
        let products: Vec<_> = [1, 2, 4]
            .map(|threads| {
                to_row_major(product(left.as_ref(), right.as_ref(), &pool(threads)).as_ref())
            })
            .into();
        assert!(products.windows(2).all(|pair| pair[0] == pair[1]));
        let grams: Vec<_> = [1, 2, 4]
            .map(|threads| {
                let mut gram = Mat::zeros(200, 200);
                add_gram(&mut gram, right.as_ref(), &pool(threads));
                to_row_major(gram.as_ref())
            })
            .into();
        assert!(grams.windows(2).all(|pair| pair[0] == pair[1]));
        // Against the plain sum at one place.
        let sum: f64 = (0..150).map(|row| right[(row, 190)] * right[(row, 70)]).sum();
        assert!((grams[0][190 * 200 + 70] - sum).abs() < 1e-10);
    }

    #[test]
    fn numbers_that_are_not_finite_are_an_error() {
        let mut matrix = numbers(4, 4);
        matrix[(2, 1)] = f64::NAN;
        assert!(eigen(matrix.as_ref()).is_err());
    }
}
