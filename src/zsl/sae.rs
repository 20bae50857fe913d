//! SAE, the semantic autoencoder (Kodirov, Xiang and Gong, CVPR 2017): a linear map to the
//! attributes whose transpose maps back.
//!
//! `min_W |X - W^T S|^2 + lambda |W X - S|^2` with features `X` [D, N] and the attributes `S`
//! [A, N] of each image's class. Its solution is that of the Sylvester equation (eq. 6)
//!
//! ```text
//! S S^T W + W (lambda X X^T) = (1 + lambda) S X^T
//! ```
//!
//! With `S S^T = Q diag(q) Q^T` and `X X^T = P diag(p) P^T` it falls apart into one quotient an
//! entry: `(Q^T W P)_ij = (1 + lambda) (Q^T S X^T P)_ij / (q_i + lambda p_j)`. So all lambdas cost
//! one decomposition of each matrix, and neither is inverted.
//!
//! There are fewer training classes than attributes in most data sets, so both matrices are
//! singular and the equation has many solutions. This takes the smallest one: directions in which
//! no image, or no signature, extends get no weight.
//!
//! An image scores `(W x)^T phi_c` on a class. The paper compares by cosine; for signatures of length
//! one that orders the classes of an image alike.

use faer::{Mat, MatRef};
use rayon::ThreadPool;

use super::linear::{Eigen, EigenError, add_gram, eigen, product};
use super::moments::Moments;

/// The training data, decomposed: every lambda is cheap from here on.
pub struct Sae {
    features: Eigen,
    attributes: Eigen,
    /// `Q^T S X^T P`, [A, D].
    core: Mat<f64>,
}

impl Sae {
    /// Decomposes training data whose classes have the attributes `signatures`, [C, A].
    ///
    /// # Errors
    /// [`EigenError`].
    pub fn new(
        moments: &Moments,
        signatures: MatRef<'_, f64>,
        pool: &ThreadPool,
    ) -> Result<Self, EigenError> {
        // S S^T is the sum of n_c phi_c phi_c^T over the classes.
        #[expect(clippy::cast_precision_loss, reason = "counts of images are below 2^53")]
        let roots: Vec<f64> = moments.counts().iter().map(|&count| (count as f64).sqrt()).collect();
        let weighted = Mat::from_fn(signatures.nrows(), signatures.ncols(), |class, attribute| {
            roots[class] * signatures[(class, attribute)]
        });
        let mut attribute_gram = Mat::zeros(signatures.ncols(), signatures.ncols());
        add_gram(&mut attribute_gram, weighted.as_ref(), pool);
        let features = eigen(moments.gram())?;
        let attributes = eigen(attribute_gram.as_ref())?;
        let rotated = product(signatures, attributes.vectors.as_ref(), pool); // [C, A]
        let left = product(rotated.transpose(), moments.class_sums(), pool); // [A, D]
        let core = product(left.as_ref(), features.vectors.as_ref(), pool);
        Ok(Self { features, attributes, core })
    }

    /// The transpose of the paper's W, [D, A], so that an image scores `x^T W phi_c`.
    #[must_use]
    pub fn weights(&self, lambda: f64, pool: &ThreadPool) -> Mat<f64> {
        let (p, q) = (significant(&self.features.values), significant(&self.attributes.values));
        let scaled =
            Mat::from_fn(p.len(), q.len(), |feature, attribute| match (p[feature], q[attribute]) {
                (Some(p), Some(q)) => {
                    (1.0 + lambda) * self.core[(attribute, feature)] / (q + lambda * p)
                }
                _ => 0.0,
            });
        let left = product(self.features.vectors.as_ref(), scaled.as_ref(), pool);
        product(left.as_ref(), self.attributes.vectors.transpose(), pool)
    }
}

/// The eigenvalues of a Gram matrix that are no rounding noise: above `n` times the precision of
/// the largest, the usual bound for the rank.
#[expect(clippy::cast_precision_loss, reason = "the size of a matrix is below 2^53")]
fn significant(values: &[f64]) -> Vec<Option<f64>> {
    let largest = values.iter().copied().fold(0.0, f64::max);
    let noise = values.len() as f64 * f64::EPSILON * largest;
    values.iter().map(|&value| (value > noise).then_some(value)).collect()
}

#[cfg(test)]
mod tests;
