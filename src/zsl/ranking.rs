//! Bilinear models that learn to rank the right class first, one image at a time.
//!
//! `s_c = x^T W phi_c`, and `h_c = max(0, margin + s_c - s_y)` is by how much class `c` comes too
//! close to the right class `y`. The three methods differ in what they make of these hinges:
//!
//! | | loss of one image | source |
//! |---|---|---|
//! | `DeViSE` | the sum of all hinges | Frome et al., NIPS 2013, eq. 1 |
//! | SJE | the largest hinge | Akata et al., CVPR 2015, eq. 3 |
//! | ALE | the mean of the r hinges above 0, times `1 + 1/2 + … + 1/r` | Akata et al., TPAMI 2016, eq. 9 |
//!
//! The published code of ALE estimates `r` by drawing classes until one violates the margin; here
//! it is counted. `DeViSE` starts from a language model; here classes are given by attributes. All
//! begin with W = 0, where every hinge is the margin.

use faer::{Mat, MatRef};

/// What a loss makes of the hinges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Objective {
    /// All of them.
    Devise,
    /// The largest; the lowest class among equals.
    Sje,
    /// Their mean, weighted by how many there are.
    Ale,
}

impl Objective {
    /// The loss of an image with these `scores`, `[C]`, and its derivatives by them in `slopes`.
    #[must_use]
    pub fn loss(self, scores: &[f64], label: usize, margin: f64, slopes: &mut [f64]) -> f64 {
        slopes.fill(0.0);
        let hinge = |class: usize| margin + scores[class] - scores[label];
        let wrong = (0..scores.len()).filter(|&class| class != label && hinge(class) > 0.0);
        let mut loss = 0.0;
        match self {
            Self::Devise | Self::Ale => {
                for class in wrong {
                    loss += hinge(class);
                    slopes[class] = 1.0;
                    slopes[label] -= 1.0;
                }
            }
            Self::Sje => {
                let mut worst: Option<usize> = None;
                for class in wrong {
                    // Strictly greater: ties go to the lowest class.
                    if worst.is_none_or(|worst| scores[class] > scores[worst]) {
                        worst = Some(class);
                    }
                }
                if let Some(class) = worst {
                    loss = hinge(class);
                    (slopes[class], slopes[label]) = (1.0, -1.0);
                }
            }
        }
        if self == Self::Ale && slopes[label] != 0.0 {
            let weight = rank_weight(-slopes[label]);
            slopes.iter_mut().for_each(|slope| *slope *= weight);
            loss *= weight;
        }
        loss
    }
}

/// `(1 + 1/2 + … + 1/r) / r`.
fn rank_weight(r: f64) -> f64 {
    let (mut sum, mut rank) = (0.0, 1.0);
    while rank <= r {
        sum += 1.0 / rank;
        rank += 1.0;
    }
    sum / r
}

/// A model in training.
#[derive(Clone)]
pub struct Ranking {
    objective: Objective,
    margin: f64,
    rate: f64,
    /// [C, A].
    signatures: Mat<f64>,
    /// W^T, [A, D] row by row: a row stands together, whatever image it meets.
    weights: Vec<f64>,
    attributes: Vec<f64>,
    scores: Vec<f64>,
    slopes: Vec<f64>,
}

impl Ranking {
    /// W = 0 for `width` features and classes with `signatures`, [C, A]; `rate` is the length of
    /// a step against the gradient.
    #[must_use]
    pub fn new(
        objective: Objective,
        margin: f64,
        rate: f64,
        signatures: Mat<f64>,
        width: usize,
    ) -> Self {
        let (classes, attributes) = (signatures.nrows(), signatures.ncols());
        Self {
            objective,
            margin,
            rate,
            signatures,
            weights: vec![0.0; attributes * width],
            attributes: vec![0.0; attributes],
            scores: vec![0.0; classes],
            slopes: vec![0.0; classes],
        }
    }

    /// Starts from W, [D, A], instead of 0.
    #[must_use]
    pub fn starting_from(mut self, weights: MatRef<'_, f64>) -> Self {
        let column = |attribute: usize| (0..weights.nrows()).map(move |row| (row, attribute));
        self.weights = (0..weights.ncols()).flat_map(column).map(|at| weights[at]).collect();
        self
    }

    /// Takes a step on an image, `[D]`, of the class at `label`; returns its loss before.
    pub fn step(&mut self, row: &[f64], label: usize) -> f64 {
        for (value, weights) in self.attributes.iter_mut().zip(self.weights.chunks_exact(row.len()))
        {
            *value = dot(weights, row);
        }
        for (class, score) in self.scores.iter_mut().enumerate() {
            let signature = (0..self.signatures.ncols()).map(|at| self.signatures[(class, at)]);
            *score = signature.zip(&self.attributes).map(|(phi, value)| phi * value).sum();
        }
        let loss = self.objective.loss(&self.scores, label, self.margin, &mut self.slopes);
        if loss > 0.0 {
            self.descend(row);
        }
        loss
    }

    /// `W -= rate x (sum_c slope_c phi_c)^T`.
    fn descend(&mut self, row: &[f64]) {
        for (attribute, weights) in self.weights.chunks_exact_mut(row.len()).enumerate() {
            let slopes = self.slopes.iter().enumerate();
            let slope: f64 =
                slopes.map(|(class, slope)| slope * self.signatures[(class, attribute)]).sum();
            let factor = self.rate * slope;
            for (weight, value) in weights.iter_mut().zip(row) {
                *weight -= factor * value;
            }
        }
    }

    /// W, [D, A].
    #[must_use]
    pub fn weights(&self) -> Mat<f64> {
        let width = self.weights.len() / self.signatures.ncols();
        Mat::from_fn(width, self.signatures.ncols(), |row, attribute| {
            self.weights[attribute * width + row]
        })
    }
}

/// Sums side by side; part of the definition of every score, so it may not change with the machine.
const LANES: usize = 8;

/// A dot product in a fixed order that the compiler can turn into vector instructions.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (left, right) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(l, r)| l * r).sum();
    for (left, right) in left.zip(right) {
        for ((sum, l), r) in sums.iter_mut().zip(left).zip(right) {
            *sum += l * r;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Label 0 with score 1; with margin 1 the hinges are 0.5, 0, 2 and 1.
    const SCORES: [f64; 5] = [1.0, 0.5, -1.0, 2.0, 1.0];

    fn of(objective: Objective) -> (f64, [f64; 5]) {
        let mut slopes = [9.0; 5];
        let loss = objective.loss(&SCORES, 0, 1.0, &mut slopes);
        (loss, slopes)
    }

    #[test]
    fn losses_and_slopes_are_what_a_pencil_says() {
        assert_eq!(of(Objective::Devise), (3.5, [-3.0, 1.0, 0.0, 1.0, 1.0]));
        assert_eq!(of(Objective::Sje), (2.0, [-1.0, 0.0, 0.0, 1.0, 0.0]));
        // r = 3: (1 + 1/2 + 1/3) / 3 = 11/18.
        let (loss, slopes) = of(Objective::Ale);
        assert!((loss - 3.5 * 11.0 / 18.0).abs() < 1e-15);
        assert!((slopes[0] + 3.0 * 11.0 / 18.0).abs() < 1e-15);
        assert!((slopes[3] - 11.0 / 18.0).abs() < 1e-15);
    }

    #[test]
    fn an_image_that_is_right_by_the_margin_moves_nothing() {
        for objective in [Objective::Devise, Objective::Sje, Objective::Ale] {
            let mut slopes = [9.0; 3];
            assert_eq!(objective.loss(&[2.0, 1.0, 0.0], 0, 1.0, &mut slopes), 0.0);
            assert_eq!(slopes, [0.0; 3]);
        }
    }

    #[test]
    fn the_worst_class_is_the_lowest_among_equals() {
        let mut slopes = [0.0; 4];
        let loss = Objective::Sje.loss(&[0.0, 3.0, 3.0, 0.0], 3, 1.0, &mut slopes);
        assert_eq!((loss, slopes), (4.0, [0.0, 1.0, 0.0, -1.0]));
    }

    #[test]
    fn slopes_are_the_derivatives_of_the_loss() {
        let step = 1e-6;
        for objective in [Objective::Devise, Objective::Sje, Objective::Ale] {
            let (loss, slopes) = of(objective);
            for class in 0..SCORES.len() {
                let mut moved = SCORES;
                moved[class] += step;
                let after = objective.loss(&moved, 0, 1.0, &mut [0.0; 5]);
                assert!(((after - loss) / step - slopes[class]).abs() < 1e-6, "{objective:?}");
            }
        }
    }

    #[test]
    fn steps_separate_two_classes() {
        let signatures = Mat::identity(2, 2);
        let mut model = Ranking::new(Objective::Ale, 1.0, 0.5, signatures, 3);
        let rows = [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]];
        // The first image: both scores 0, slopes -1 and 1, so W = 0.5 x (phi_0 - phi_1)^T.
        assert_eq!(model.step(&rows[0], 0), 1.0);
        assert_eq!(model.weights()[(0, 0)], 0.5);
        assert_eq!(model.weights()[(2, 1)], -0.5);
        for _ in 0..20 {
            model.step(&rows[0], 0);
            model.step(&rows[1], 1);
        }
        assert_eq!(model.step(&rows[0], 0) + model.step(&rows[1], 1), 0.0);
    }

    #[test]
    fn the_dot_product_takes_every_length() {
        for length in 0..20 {
            let values: Vec<f64> = (0..length).map(f64::from).collect();
            let want: f64 = values.iter().map(|value| value * value).sum();
            assert_eq!(dot(&values, &values), want);
        }
    }
}
