//! `ConSE` (Norouzi et al., ICLR 2014): an image lies where its likely training classes lie.
//!
//! `f(x) = sum_t p(c_t | x) phi_(c_t)` over the T most likely training classes (eq. 3, without the
//! normaliser, which a cosine does not see), and `score(x, c) = cos(f(x), phi_c)`.

use faer::{Mat, MatRef};

/// Training signatures, and candidates to compare with.
pub struct ConvexCombination {
    top: usize,
    /// [S, A].
    training: Mat<f64>,
    /// Of length one, or zero; [C, A].
    candidates: Mat<f64>,
}

impl ConvexCombination {
    /// Combines the `top` most likely of the classes `training`, [S, A], for `candidates`, [C, A].
    #[must_use]
    pub fn new(top: usize, training: MatRef<'_, f64>, candidates: MatRef<'_, f64>) -> Self {
        let lengths: Vec<f64> = candidates.row_iter().map(|row| row.norm_l2()).collect();
        let unit = |class: usize, attribute: usize| match lengths[class] {
            0.0 => 0.0,
            length => candidates[(class, attribute)] / length,
        };
        Self {
            top,
            training: training.to_owned(),
            candidates: Mat::from_fn(candidates.nrows(), candidates.ncols(), unit),
        }
    }

    /// Scores an image with these probabilities of the training classes, `[S]`, on the candidates,
    /// `[C]`. A combination of length zero scores 0 everywhere.
    pub fn score(&self, probabilities: &[f64], scores: &mut [f64]) {
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        // A stable sort: among equally likely classes the lowest comes first.
        order.sort_by(|&one, &other| probabilities[other].total_cmp(&probabilities[one]));
        order.truncate(self.top);
        let combine = |attribute: usize| -> f64 {
            order
                .iter()
                .map(|&class| probabilities[class] * self.training[(class, attribute)])
                .sum()
        };
        let combined: Vec<f64> = (0..self.training.ncols()).map(combine).collect();
        let length = combined.iter().map(|value| value * value).sum::<f64>().sqrt();
        for (class, score) in scores.iter_mut().enumerate() {
            let products = combined.iter().enumerate();
            let product: f64 =
                products.map(|(at, value)| value * self.candidates[(class, at)]).sum();
            *score = if length > 0.0 { product / length } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_classes_decide_where_an_image_lies() {
        // Classes on the axes; the two likely ones combine to (0.5, 0.3), of length sqrt(0.34).
        let training =
            Mat::from_fn(3, 2, |class, at| [[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]][class][at]);
        let candidates =
            Mat::from_fn(3, 2, |class, at| [[2.0, 0.0], [3.0, 3.0], [0.0, 0.0]][class][at]);
        let combination = ConvexCombination::new(2, training.as_ref(), candidates.as_ref());
        let mut scores = [9.0; 3];
        combination.score(&[0.5, 0.3, 0.2], &mut scores);
        assert!((scores[0] - 0.5 / 0.34_f64.sqrt()).abs() < 1e-15);
        assert!((scores[1] - 0.8 / (0.34_f64.sqrt() * 2.0_f64.sqrt())).abs() < 1e-15);
        assert_eq!(scores[2], 0.0);
        // The most likely class alone, the lowest among equals; more than there are is all.
        let one = ConvexCombination::new(1, training.as_ref(), candidates.as_ref());
        one.score(&[0.4, 0.4, 0.2], &mut scores);
        assert_eq!(scores[0], 1.0);
        let all = ConvexCombination::new(9, training.as_ref(), candidates.as_ref());
        all.score(&[0.0, 0.5, 0.5], &mut scores);
        assert_eq!(scores, [0.0; 3], "opposites cancel");
    }
}
