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
mod tests {
    use rand::RngExt as _;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::eszsl::Targets;
    use super::super::moments::Moments;
    use super::*;

    #[test]
    fn a_grid_scores_as_its_weights_do() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut random =
            |rows, columns| Mat::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0_f64));
        let (x, signatures) = (random(30, 6), random(5, 4));
        let mut moments = Moments::new(6, 3);
        let labels: Vec<_> = (0..30).map(|image| image % 3).collect();
        moments.add(&to_row_major(x.as_ref()), &labels, &pool);
        let seen = signatures.as_ref().subrows(0, 3);
        let solver = Eszsl::new(&moments, seen, Targets::Zero, &pool).unwrap();
        let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let candidates = Candidates::new(names(&["a", "b", "c"]), names(&["x", "y"])).unwrap();
        let settings = [(0.1, 1.0), (0.1, 5.0), (10.0, 1.0), (10.0, 5.0)]
            .map(|(gamma, lambda)| Regularisers { gamma, lambda });
        let grid = Grid::new(&solver, &settings, &candidates, signatures.as_ref(), &pool);
        let mut decisions = vec![Vec::new(); 4];
        let labels = vec![Candidate(3); 30];
        grid.decide(&to_row_major(x.as_ref()), &labels, &mut decisions, &pool).unwrap();
        for (point, decisions) in settings.iter().zip(&decisions) {
            let weights = solver.weights(point.gamma, point.lambda, &pool);
            let scores = &x * &weights * signatures.transpose();
            for (image, decision) in decisions.iter().enumerate() {
                let seen = (0..3).map(|class| scores[(image, class)]).fold(f64::MIN, f64::max);
                assert!((decision.seen.score - seen).abs() < 1e-10);
                let unseen = f64::max(scores[(image, 3)], scores[(image, 4)]);
                assert!((decision.unseen.score - unseen).abs() < 1e-10);
            }
        }
    }
}
