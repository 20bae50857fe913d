//! Signatures in as few coordinates as they need.
//!
//! A bilinear model moves only along the signatures of its training classes, so where attributes
//! outnumber classes it can be trained in coordinates of their span and turned back at the end. All
//! products of two signatures stay what they are, hence so does every score.

use faer::{Mat, MatRef};
use rayon::ThreadPool;

use super::linear::product;

/// Signatures `coordinates * basis^T`, [C, A], where the basis has orthonormal columns.
pub struct Compact {
    /// One row a class, [C, R] with R the lesser of C and A.
    pub coordinates: Mat<f64>,
    /// The basis, [A, R]; none where the coordinates are the signatures.
    basis: Option<Mat<f64>>,
}

impl Compact {
    /// Finds coordinates of `signatures`, [C, A].
    #[must_use]
    pub fn new(signatures: MatRef<'_, f64>) -> Self {
        if signatures.ncols() <= signatures.nrows() {
            return Self { coordinates: signatures.to_owned(), basis: None };
        }
        // Phi^T = Q R, so Phi = R^T Q^T.
        let factors = signatures.transpose().qr();
        let coordinates = factors.thin_R().transpose().to_owned();
        Self { coordinates, basis: Some(factors.compute_thin_Q()) }
    }

    /// Turns weights on coordinates, [D, R], into weights on attributes, [D, A].
    #[must_use]
    pub fn expand(&self, weights: Mat<f64>, pool: &ThreadPool) -> Mat<f64> {
        match &self.basis {
            None => weights,
            Some(basis) => product(weights.as_ref(), basis.transpose(), pool),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_keep_every_product_and_expand_to_the_signatures() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        for (classes, attributes) in [(3, 7), (7, 3), (4, 4)] {
            let signatures = Mat::from_fn(classes, attributes, |row, column| {
                ((row * 5 + column * 3) % 7) as f64 - 2.5
            });
            let compact = Compact::new(signatures.as_ref());
            assert_eq!(compact.coordinates.ncols(), classes.min(attributes));
            let expanded = compact.expand(compact.coordinates.clone(), &pool);
            let difference = &expanded - &signatures;
            assert!(difference.norm_max() < 1e-13, "{}", difference.norm_max());
        }
    }
}
