//! Linear models by regularised likelihood: softmax over classes, or one coin an attribute.
//!
//! Minimises `sum_i loss(y_i, Phi W^T x_i) + lambda / 2 |W|^2` over W [D, K], where `Phi` [C, K]
//! turns the K outputs of an image into logits (the identity for a plain classifier).
//!
//! By the bound of Böhning (1992) the curvature of the loss in the logits is at most 1/2 for a
//! softmax and 1/4 for a coin, whatever W is. So with `X^T X = P diag(p) P^T` and
//! `Phi^T Phi = Q diag(q) Q^T` the step
//!
//! ```text
//! W -= P [ (P^T gradient Q)_ij / (h p_i q_j + lambda) ] Q^T          h = 1/2 or 1/4
//! ```
//!
//! never raises the objective: no rate to choose, no order of images, and directions in which
//! features hardly vary are learnt as fast as the others. A step reads the images once.

use faer::{Mat, MatRef};
use rayon::ThreadPool;

use super::linear::{Eigen, EigenError, add_gram, add_product, eigen, product, row_major};
use super::link::{log_sigmoid, sigmoid, softmax};
use super::moments::Moments;

/// How logits become probabilities, and what an image of a class should have.
#[derive(Clone, Debug)]
pub enum Target {
    /// One class of all.
    Class,
    /// A coin for each output: the bits of each class, [C, K].
    Bits(Vec<Vec<bool>>),
}

/// The training data, decomposed, and what is to be learnt.
pub struct Likelihood {
    features: Eigen,
    outputs: Eigen,
    /// Phi, [L, K], with one row a logit.
    logits: Mat<f64>,
    target: Target,
}

/// A model in training.
#[derive(Clone)]
pub struct Descent {
    lambda: f64,
    /// W^T, [K, D].
    weights: Mat<f64>,
    /// The gradient so far in this pass, [K, D].
    gradient: Mat<f64>,
    loss: f64,
}

impl Descent {
    /// W, [D, K].
    #[must_use]
    pub fn weights(&self) -> MatRef<'_, f64> {
        self.weights.transpose()
    }
}

impl Likelihood {
    /// Prepares to learn from images with these `moments`; `logits` is Phi.
    ///
    /// # Errors
    /// [`EigenError`].
    pub fn new(
        moments: &Moments,
        logits: Mat<f64>,
        target: Target,
        pool: &ThreadPool,
    ) -> Result<Self, EigenError> {
        let mut gram = Mat::zeros(logits.ncols(), logits.ncols());
        add_gram(&mut gram, logits.as_ref(), pool);
        let (features, outputs) = (eigen(moments.gram())?, eigen(gram.as_ref())?);
        Ok(Self { features, outputs, logits, target })
    }

    /// Begins at W = 0.
    #[must_use]
    pub fn begin(&self, lambda: f64) -> Descent {
        let zeros = || Mat::zeros(self.logits.ncols(), self.features.values.len());
        Descent { lambda, weights: zeros(), gradient: zeros(), loss: 0.0 }
    }

    /// Adds what `rows`, `[n, D]` row by row, of the classes `labels`, `[n]`, say.
    pub fn look(&self, descent: &mut Descent, rows: &[f64], labels: &[usize], pool: &ThreadPool) {
        let rows = row_major(rows, labels.len(), self.features.values.len());
        let outputs = product(descent.weights.as_ref(), rows.transpose(), pool); // [K, n]
        let mut residuals = product(self.logits.as_ref(), outputs.as_ref(), pool); // [L, n]
        for (image, &label) in labels.iter().enumerate() {
            let logits = residuals.col_as_slice_mut(image);
            descent.loss += self.target.residuals(logits, label);
        }
        let residuals = product(self.logits.transpose(), residuals.as_ref(), pool); // [K, n]
        add_product(&mut descent.gradient, residuals.as_ref(), rows, pool);
    }

    /// Ends a pass over all images with a step; returns the objective before it.
    pub fn step(&self, descent: &mut Descent, pool: &ThreadPool) -> f64 {
        let Descent { lambda, weights, gradient, loss } = descent;
        let objective = *loss + *lambda / 2.0 * weights.squared_norm_l2();
        let (p, q) = (&self.features, &self.outputs);
        let slope = Mat::from_fn(weights.nrows(), weights.ncols(), |output, feature| {
            gradient[(output, feature)] + *lambda * weights[(output, feature)]
        });
        let rotated = product(q.vectors.transpose(), slope.as_ref(), pool);
        let rotated = product(rotated.as_ref(), p.vectors.as_ref(), pool); // [K, D]
        let bound = self.target.curvature();
        let scaled = Mat::from_fn(weights.nrows(), weights.ncols(), |output, feature| {
            let (p, q) = (p.values[feature].max(0.0), q.values[output].max(0.0));
            rotated[(output, feature)] / (bound * p * q + *lambda)
        });
        let back = product(q.vectors.as_ref(), scaled.as_ref(), pool);
        let back = product(back.as_ref(), p.vectors.transpose(), pool);
        *weights -= back;
        gradient.fill(0.0);
        *loss = 0.0;
        objective
    }
}

impl Target {
    /// The most that the loss can curve in its logits.
    fn curvature(&self) -> f64 {
        match self {
            Self::Class => 0.5,
            Self::Bits(_) => 0.25,
        }
    }

    /// Replaces the logits of an image by the derivatives of its loss, which is returned.
    fn residuals(&self, logits: &mut [f64], label: usize) -> f64 {
        match self {
            Self::Class => {
                let own = logits[label];
                let log_sum = softmax(logits);
                logits[label] -= 1.0;
                log_sum - own
            }
            Self::Bits(bits) => {
                let mut loss = 0.0;
                for (logit, &bit) in logits.iter_mut().zip(&bits[label]) {
                    loss -= log_sigmoid(if bit { *logit } else { -*logit });
                    *logit = sigmoid(*logit) - f64::from(u8::from(bit));
                }
                loss
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::linear::to_row_major;
    use super::*;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    /// Images around one mean a class, and their classes.
    fn images(width: usize, classes: usize) -> (Vec<f64>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let means: Vec<f64> = (0..classes * width).map(|_| rng.random_range(-1.0..1.0)).collect();
        let labels: Vec<usize> = (0..20 * classes).map(|image| image % classes).collect();
        let rows = labels.iter().flat_map(|&label| {
            (0..width)
                .map(|at| means[label * width + at] + rng.random_range(-1.0..1.0))
                .collect::<Vec<f64>>()
        });
        (rows.collect(), labels)
    }

    fn moments(rows: &[f64], labels: &[usize], width: usize) -> Moments {
        let mut moments = Moments::new(width, 1 + labels.iter().max().unwrap());
        moments.add(rows, labels, &pool(1));
        moments
    }

    #[test]
    fn the_first_step_from_zero_is_what_a_pencil_says() {
        // Two images x = 1 and x = -1 of classes 0 and 1, plain softmax. At W = 0 probabilities
        // are 1/2, so the gradient is -1/2 * 1 + 1/2 * (-1) = -1 for class 0 and 1 for class 1.
        // X^T X = 2, so the step is 1 / (1/2 * 2 * 1 + 1) = 1/2, and the loss was 2 ln 2.
        let (rows, labels) = ([1.0, -1.0], [0, 1]);
        let moments = moments(&rows, &labels, 1);
        let problem =
            Likelihood::new(&moments, Mat::identity(2, 2), Target::Class, &pool(1)).unwrap();
        let mut descent = problem.begin(1.0);
        problem.look(&mut descent, &rows, &labels, &pool(1));
        let objective = problem.step(&mut descent, &pool(1));
        assert!((objective - 2.0 * 2.0_f64.ln()).abs() < 1e-14);
        assert!((descent.weights()[(0, 0)] - 0.5).abs() < 1e-14);
        assert!((descent.weights()[(0, 1)] + 0.5).abs() < 1e-14);
    }

    #[test]
    fn the_objective_never_rises_and_the_gradient_vanishes() {
        let (width, classes, outputs) = (6, 4, 3);
        let (rows, labels) = images(width, classes);
        let moments = moments(&rows, &labels, width);
        let phi = Mat::from_fn(classes, outputs, |row, column| {
            ((row * 3 + column * 5) % 7) as f64 / 3.0 - 1.0
        });
        let bits =
            (0..classes).map(|class| (0..outputs).map(|bit| class >> bit & 1 == 1).collect());
        let coins = Target::Bits(bits.collect());
        for (logits, target) in [(phi, Target::Class), (Mat::identity(3, 3), coins)] {
            let problem = Likelihood::new(&moments, logits, target, &pool(2)).unwrap();
            let mut descent = problem.begin(0.5);
            let mut before = f64::INFINITY;
            for _ in 0..400 {
                problem.look(&mut descent, &rows, &labels, &pool(2));
                let objective = problem.step(&mut descent, &pool(2));
                assert!(objective <= before + 1e-9, "{objective} {before}");
                before = objective;
            }
            let weights = descent.weights().to_owned();
            problem.look(&mut descent, &rows, &labels, &pool(2));
            problem.step(&mut descent, &pool(2));
            let moved = (&weights - descent.weights()).norm_max();
            assert!(moved < 1e-7, "{moved}");
        }
    }

    #[test]
    fn the_gradient_is_the_derivative_of_the_objective() {
        let (rows, labels) = images(3, 3);
        let moments = moments(&rows, &labels, 3);
        let problem =
            Likelihood::new(&moments, Mat::identity(3, 3), Target::Class, &pool(1)).unwrap();
        let mut at = problem.begin(1e-9);
        at.weights = Mat::from_fn(3, 3, |row, column| (row as f64 - column as f64) / 4.0);
        let mut there = at.clone();
        problem.look(&mut at, &rows, &labels, &pool(1));
        there.weights[(1, 2)] += 1e-6;
        problem.look(&mut there, &rows, &labels, &pool(1));
        assert!(((there.loss - at.loss) / 1e-6 - at.gradient[(1, 2)]).abs() < 1e-3);
    }

    #[test]
    fn threads_change_no_bit() {
        let (width, classes) = (70, 5);
        let (rows, labels) = images(width, classes);
        let moments = moments(&rows, &labels, width);
        let made = [1, 2, 4].map(|threads| {
            let pool = pool(threads);
            let logits = Mat::identity(classes, classes);
            let problem = Likelihood::new(&moments, logits, Target::Class, &pool).unwrap();
            let mut descent = problem.begin(1.0);
            for _ in 0..3 {
                problem.look(&mut descent, &rows, &labels, &pool);
                problem.step(&mut descent, &pool);
            }
            to_row_major(descent.weights())
        });
        assert!(made[0] == made[1] && made[0] == made[2]);
    }
}
