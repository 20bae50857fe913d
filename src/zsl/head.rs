//! The learnt part of a model: what turns a row of features into one score a class.

use faer::MatRef;
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use super::conse::ConvexCombination;
use super::dap::AttributeBits;
use super::linear::{product, row_major, to_row_major};
use super::link::softmax;

/// `x^T W + b`, K numbers an image.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Affine {
    /// W, [D, K], row by row.
    pub weights: Vec<f64>,
    /// b, `[K]`.
    pub bias: Vec<f64>,
}

/// What was learnt, by the way in which it scores.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// `score(x, c) = x^T W phi_c`, with W [D, A] row by row.
    Bilinear(Vec<f64>),
    /// [`ConvexCombination`] of the seen classes, whose logits these are.
    Convex {
        /// The logits of the seen classes, in the order of the candidates.
        logits: Affine,
        /// How many of them are combined.
        top: usize,
    },
    /// [`AttributeBits`], whose logits these are.
    Bits {
        /// The logits of the attributes.
        logits: Affine,
        /// What the bits are.
        bits: AttributeBits,
    },
}

impl Affine {
    /// Splits weights, [D + 1, K], whose last row goes with a constant feature 1.
    ///
    /// # Panics
    /// If there is no row.
    #[must_use]
    pub fn with_last_row_as_bias(weights: MatRef<'_, f64>) -> Self {
        let (rest, last) = weights.split_at_row(weights.nrows() - 1);
        Self { weights: to_row_major(rest), bias: to_row_major(last) }
    }
}

impl Head {
    /// The feature width D of a head for `attributes` attributes and `seen` seen classes; none if
    /// it does not fit them.
    #[must_use]
    pub fn width(&self, attributes: usize, seen: usize) -> Option<usize> {
        let (weights, outputs) = match self {
            Self::Bilinear(weights) => (weights, attributes),
            Self::Convex { logits, .. } => (&logits.weights, fits(logits, seen)?),
            Self::Bits { logits, bits } => {
                let lengths = [bits.thresholds.len(), bits.priors.len()];
                if lengths != [attributes; 2] {
                    return None;
                }
                (&logits.weights, fits(logits, attributes)?)
            }
        };
        let is_whole = outputs > 0 && weights.len().is_multiple_of(outputs);
        is_whole.then(|| weights.len() / outputs)
    }

    /// Prepares to score the candidates with these `signatures`, [C, A], of which the first `seen`
    /// are seen classes.
    #[must_use]
    pub fn scorer(&self, signatures: MatRef<'_, f64>, seen: usize) -> Scorer {
        let classes = signatures.nrows();
        let (map, readout) = match self {
            Self::Bilinear(weights) => {
                let map = Affine {
                    weights: class_weights(weights, signatures),
                    bias: vec![0.0; classes],
                };
                (map, Readout::Logits)
            }
            Self::Convex { logits, top } => {
                let training = signatures.subrows(0, seen);
                let combination = ConvexCombination::new(*top, training, signatures);
                (logits.clone(), Readout::Convex(combination))
            }
            Self::Bits { logits, bits } => {
                let classes = bits.bits(signatures);
                (logits.clone(), Readout::Bits { bits: bits.clone(), classes })
            }
        };
        Scorer { map, readout, classes }
    }
}

fn fits(logits: &Affine, outputs: usize) -> Option<usize> {
    (logits.bias.len() == outputs).then_some(outputs)
}

/// W times the attributes of each class, [D, C] row by row.
fn class_weights(weights: &[f64], signatures: MatRef<'_, f64>) -> Vec<f64> {
    let attributes = signatures.ncols();
    let mut result = Vec::with_capacity(weights.len() / attributes * signatures.nrows());
    for weights in weights.chunks_exact(attributes) {
        for class in 0..signatures.nrows() {
            // Summed in the order of the attributes, so that the bits are the same everywhere.
            let products = weights.iter().enumerate();
            result.push(products.map(|(at, weight)| weight * signatures[(class, at)]).sum());
        }
    }
    result
}

/// A head and the classes that it is to score.
pub struct Scorer {
    map: Affine,
    readout: Readout,
    classes: usize,
}

enum Readout {
    /// The logits are the scores.
    Logits,
    Convex(ConvexCombination),
    Bits {
        bits: AttributeBits,
        /// [C, A].
        classes: Vec<Vec<bool>>,
    },
}

impl Scorer {
    /// How many classes it scores.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Scores images, [n, D] row by row, `[C]` each.
    #[must_use]
    pub fn score(&self, rows: &[f64], pool: &ThreadPool) -> Vec<Vec<f64>> {
        let outputs = self.map.bias.len();
        let weights = row_major(&self.map.weights, self.map.weights.len() / outputs, outputs);
        let images = row_major(rows, rows.len() / weights.nrows(), weights.nrows());
        let sums = product(images, weights, pool);
        let row = |image| (0..outputs).map(|at| sums[(image, at)]).collect();
        (0..images.nrows()).map(|image| self.finish(row(image))).collect()
    }

    /// Scores an image by its products with the columns of the map, `[K]`.
    fn finish(&self, mut sums: Vec<f64>) -> Vec<f64> {
        sums.iter_mut().zip(&self.map.bias).for_each(|(sum, bias)| *sum += bias);
        let mut scores = vec![0.0; self.classes];
        match &self.readout {
            Readout::Logits => return sums,
            Readout::Convex(combination) => {
                softmax(&mut sums);
                combination.score(&sums, &mut scores);
            }
            Readout::Bits { bits, classes } => bits.score(&sums, classes, &mut scores),
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    fn signatures() -> Mat<f64> {
        Mat::from_fn(3, 2, |class, at| [[1.0, 0.0], [0.0, 1.0], [3.0, 4.0]][class][at])
    }

    fn affine() -> Affine {
        Affine { weights: vec![1.0, 0.0, 0.0, 2.0], bias: vec![0.0, 1.0] }
    }

    #[test]
    fn every_head_scores_by_its_formula() {
        let seen = 2;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let score = |head: &Head| {
            let scorer = head.scorer(signatures().as_ref(), seen);
            let scores = scorer.score(&[0.0, 0.0, 1.0, 2.0], &pool);
            assert_eq!(scores.len(), 2);
            scores[1].clone()
        };
        // x^T W = (1, 4) on (1, 0), (0, 1) and (3, 4).
        let bilinear = Head::Bilinear(vec![1.0, 0.0, 0.0, 2.0]);
        assert_eq!(score(&bilinear), [1.0, 4.0, 19.0]);
        // Logits (1, 5): the second seen class is the likelier one.
        let convex = Head::Convex { logits: affine(), top: 1 };
        assert_eq!(score(&convex), [0.0, 1.0, 0.8]);
        // The bits of the classes are 10, 01 and 11; priors of 1/2 add ln 2 an attribute.
        let bits = AttributeBits { thresholds: vec![0.5, 0.5], priors: vec![0.5, 0.5] };
        let scores = score(&Head::Bits { logits: affine(), bits });
        let log = |z: f64| 2.0_f64.ln() - (1.0 + (-z).exp()).ln();
        for (score, want) in scores.iter().zip([log(1.0) + log(-5.0), log(-1.0) + log(5.0)]) {
            assert!((score - want).abs() < 1e-14, "{score} {want}");
        }
    }

    #[test]
    fn a_head_knows_its_width_or_that_it_does_not_fit() {
        assert_eq!(Head::Bilinear(vec![0.0; 6]).width(2, 9), Some(3));
        assert_eq!(Head::Bilinear(vec![0.0; 5]).width(2, 9), None);
        let convex = Head::Convex { logits: affine(), top: 1 };
        assert_eq!((convex.width(7, 2), convex.width(7, 3)), (Some(2), None));
        let bits = AttributeBits { thresholds: vec![0.5, 0.5], priors: vec![0.5] };
        assert_eq!(Head::Bits { logits: affine(), bits }.width(2, 2), None);
    }

    #[test]
    fn the_last_row_becomes_the_bias() {
        let weights = Mat::from_fn(3, 2, |row, column| (2 * row + column) as f64);
        let affine = Affine::with_last_row_as_bias(weights.as_ref());
        assert_eq!((affine.weights, affine.bias), (vec![0.0, 1.0, 2.0, 3.0], vec![4.0, 5.0]));
    }
}
