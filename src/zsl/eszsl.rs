//! ESZSL (Romera-Paredes and Torr, 2015): a compatibility matrix in closed form.
//!
//! `W = (X^T X + gamma I)^-1  X^T Y S  (S^T S + lambda I)^-1`, [D, A], where `X` [N, D] are
//! features, `S` [C, A] the attributes of the training classes and `Y` [N, C] the targets. An image
//! `x` scores `x^T W phi_c` on a class with attributes `phi_c`.
//!
//! With `X^T X = P diag(p) P^T` and `S^T S = Q diag(q) Q^T`, all of W's that a grid asks for differ
//! only in the factors `1 / ((p_i + gamma) (q_j + lambda))` on `P^T X^T Y S Q`. So a grid costs one
//! decomposition of each matrix.
//!
//! The original numbers its images by columns and has a third regulariser tied to the first two;
//! this is the form with two, which the paper derives its closed solution for.

use faer::{Mat, MatRef};
use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::linear::{Eigen, EigenError, add_gram, eigen, product, solve_positive};
use super::moments::Moments;

/// What an image should score on classes that are not its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// +1 on its own class, -1 on the others.
    #[default]
    MinusOne,
    /// +1 on its own class, 0 on the others.
    Zero,
}

impl Targets {
    fn off(self) -> f64 {
        match self {
            Self::MinusOne => -1.0,
            Self::Zero => 0.0,
        }
    }
}

/// The training data, decomposed: every (gamma, lambda) is cheap from here on.
pub struct Eszsl {
    features: Eigen,
    attributes: Eigen,
    /// `P^T X^T Y S Q`, [D, A].
    core: Mat<f64>,
}

impl Eszsl {
    /// Decomposes training data whose classes have the attributes `signatures`, [C, A].
    ///
    /// # Errors
    /// [`EigenError`].
    pub fn new(
        moments: &Moments,
        signatures: MatRef<'_, f64>,
        targets: Targets,
        pool: &ThreadPool,
    ) -> Result<Self, EigenError> {
        let attribute_gram = gram(signatures, pool);
        let features = eigen(moments.gram())?;
        let attributes = eigen(attribute_gram.as_ref())?;
        let correlation = moments.correlation(1.0, targets.off());
        let right = product(signatures, attributes.vectors.as_ref(), pool); // [C, A]
        let right = product(correlation.as_ref(), right.as_ref(), pool); // [D, C] x [C, A]
        let core = product(features.vectors.transpose(), right.as_ref(), pool);
        Ok(Self { features, attributes, core })
    }

    /// W, [D, A].
    #[must_use]
    pub fn weights(&self, gamma: f64, lambda: f64, pool: &ThreadPool) -> Mat<f64> {
        let core = self.scaled_core(gamma);
        let columns = self.attribute_factors(lambda);
        let scaled = Mat::from_fn(core.nrows(), core.ncols(), |row, column| {
            core[(row, column)] * columns[column]
        });
        let left = product(self.features.vectors.as_ref(), scaled.as_ref(), pool);
        product(left.as_ref(), self.attributes.vectors.transpose(), pool)
    }

    /// The core with row i divided by `p_i + gamma`.
    pub(super) fn scaled_core(&self, gamma: f64) -> Mat<f64> {
        let factors = factors(&self.features.values, gamma);
        Mat::from_fn(self.core.nrows(), self.core.ncols(), |row, column| {
            self.core[(row, column)] * factors[row]
        })
    }

    /// `1 / (q_j + lambda)`.
    pub(super) fn attribute_factors(&self, lambda: f64) -> Vec<f64> {
        factors(&self.attributes.values, lambda)
    }

    /// P.
    pub(super) fn feature_vectors(&self) -> MatRef<'_, f64> {
        self.features.vectors.as_ref()
    }

    /// Q.
    pub(super) fn attribute_vectors(&self) -> MatRef<'_, f64> {
        self.attributes.vectors.as_ref()
    }
}

/// W for one gamma and lambda, [D, A], without any decomposition. None if a regulariser is too small
/// for the matrices to be solved.
#[must_use]
pub fn solve(
    moments: &Moments,
    signatures: MatRef<'_, f64>,
    targets: Targets,
    (gamma, lambda): (f64, f64),
    pool: &ThreadPool,
) -> Option<Mat<f64>> {
    let correlation = moments.correlation(1.0, targets.off());
    let right = product(correlation.as_ref(), signatures, pool); // [D, C] x [C, A]
    let left = solve_positive(regularised(moments.gram().to_owned(), gamma), right)?;
    let attribute_gram = regularised(gram(signatures, pool), lambda);
    let solved = solve_positive(attribute_gram, left.transpose().to_owned())?;
    Some(solved.transpose().to_owned())
}

/// `S^T S`, of which the lower triangle holds.
fn gram(signatures: MatRef<'_, f64>, pool: &ThreadPool) -> Mat<f64> {
    let mut gram = Mat::zeros(signatures.ncols(), signatures.ncols());
    add_gram(&mut gram, signatures, pool);
    gram
}

fn regularised(mut gram: Mat<f64>, regulariser: f64) -> Mat<f64> {
    for at in 0..gram.nrows() {
        gram[(at, at)] += regulariser;
    }
    gram
}

/// Eigenvalues of a Gram matrix are not negative; rounding may say otherwise.
fn factors(values: &[f64], regulariser: f64) -> Vec<f64> {
    values.iter().map(|value| 1.0 / (value.max(0.0) + regulariser)).collect()
}

#[cfg(test)]
mod tests {
    use faer::prelude::Solve as _;
    use rand::RngExt as _;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::linear::to_row_major;
    use super::*;

    fn random(rows: usize, columns: usize, seed: u64) -> Mat<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Mat::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0))
    }

    #[test]
    fn the_grid_equals_naive_solves() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let (images, width, classes) = (40, 7, 5);
        let (x, s) = (random(images, width, 1), random(classes, 4, 2));
        let labels: Vec<usize> = (0..images).map(|image| image % classes).collect();
        let y = Mat::from_fn(
            images,
            classes,
            |image, class| {
                if labels[image] == class { 1.0 } else { -1.0 }
            },
        );
        let mut moments = Moments::new(width, classes);
        let rows = to_row_major(x.as_ref());
        moments.add(&rows[..25 * width], &labels[..25], &pool);
        moments.add(&rows[25 * width..], &labels[25..], &pool);
        assert_eq!(moments.images(), images);
        let solver = Eszsl::new(&moments, s.as_ref(), Targets::MinusOne, &pool).unwrap();
        for (gamma, lambda) in [(1e-3, 1e-3), (1.0, 10.0), (1000.0, 0.1)] {
            let left = x.transpose() * &x + faer::Scale(gamma) * Mat::<f64>::identity(width, width);
            let right = s.transpose() * &s + faer::Scale(lambda) * Mat::<f64>::identity(4, 4);
            let middle = x.transpose() * &y * &s;
            let half = left.partial_piv_lu().solve(&middle);
            let naive = right.transpose().to_owned().partial_piv_lu().solve(half.transpose());
            let fast = solver.weights(gamma, lambda, &pool);
            let regularisers = (gamma, lambda);
            let direct = solve(&moments, s.as_ref(), Targets::MinusOne, regularisers, &pool);
            let direct = direct.unwrap();
            for row in 0..width {
                for column in 0..4 {
                    let (want, got) = (naive[(column, row)], fast[(row, column)]);
                    assert!((want - got).abs() < 1e-9 * want.abs().max(1.0), "{want} {got}");
                    let got = direct[(row, column)];
                    assert!((want - got).abs() < 1e-9 * want.abs().max(1.0), "{want} {got}");
                }
            }
        }
    }
}
