//! Scores images with every model of a grid of regularisers at once.

use faer::{Mat, MatRef};
use rayon::ThreadPool;

use super::candidates::{Candidate, Candidates};
use super::decision::{Decision, MetricError, decide};
use super::eszsl::Eszsl;
use super::jury::Jury;
use super::linear::{product, row_major, to_row_major};

/// One choice of the two regularisers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Regularisers {
    /// On the side of the features.
    pub gamma: f64,
    /// On the side of the attributes.
    pub lambda: f64,
}

/// All models of a grid, ready to score.
pub struct Grid<'a> {
    rows: Vec<GridRow>,
    candidates: &'a Candidates,
}

/// The models that stand together in the list of settings and share their gamma.
struct GridRow {
    /// From features to attributes, [D, A]: far narrower than all eigenvectors.
    map: Mat<f64>,
    /// One set of class factors a lambda, [A, C].
    class_factors: Vec<Mat<f64>>,
}

impl<'a> Grid<'a> {
    /// Prepares one model a setting for `candidates` with the attributes `signatures`, [C, A].
    #[must_use]
    pub fn new(
        solver: &Eszsl,
        settings: &[Regularisers],
        candidates: &'a Candidates,
        signatures: MatRef<'_, f64>,
        pool: &ThreadPool,
    ) -> Self {
        let rotated = product(signatures, solver.attribute_vectors(), pool); // [C, A]
        let class_factors = |setting: &Regularisers| {
            let factors = solver.attribute_factors(setting.lambda);
            Mat::from_fn(rotated.ncols(), rotated.nrows(), |attribute, class| {
                rotated[(class, attribute)] * factors[attribute]
            })
        };
        let row = |settings: &[Regularisers]| GridRow {
            map: product(
                solver.feature_vectors(),
                solver.scaled_core(settings[0].gamma).as_ref(),
                pool,
            ),
            class_factors: settings.iter().map(class_factors).collect(),
        };
        let of_one_gamma = settings.chunk_by(|one, next| one.gamma == next.gamma);
        Self { rows: of_one_gamma.map(row).collect(), candidates }
    }
}

impl Jury for Grid<'_> {
    fn decide(
        &self,
        rows: &[f64],
        labels: &[Candidate],
        decisions: &mut [Vec<Decision>],
        pool: &ThreadPool,
    ) -> Result<(), MetricError> {
        let images = row_major(rows, labels.len(), rows.len() / labels.len().max(1));
        let mask = self.candidates.seen_mask();
        let mut lists = decisions.iter_mut();
        for row in &self.rows {
            let attributes = product(images, row.map.as_ref(), pool); // [n, A]
            for factors in &row.class_factors {
                let scores = product(attributes.as_ref(), factors.as_ref(), pool); // [n, C]
                let scores = to_row_major(scores.as_ref());
                let rows = scores.chunks_exact(mask.len()).zip(labels.iter().copied());
                let list = lists.next().expect("one list a model");
                list.extend(decide(rows, &mask, &|at| self.candidates.name(at))?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
