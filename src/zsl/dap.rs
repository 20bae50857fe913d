//! DAP, direct attribute prediction (Lampert, Nickisch and Harmeling, CVPR 2009 and TPAMI 2014).
//!
//! `score(x, c) = sum_m log p(a_m = a_m^c | x) - log p(a_m = a_m^c)`, the logarithm of eq. 2, with
//! one probabilistic classifier an attribute and the attribute's share among the training classes
//! as its prior. Attributes are bits here; a continuous table is cut at a threshold.

use faer::MatRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::log_sigmoid;

/// Where a continuous attribute becomes a bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// Above the mean of the attribute over the training classes: each attribute tells some
    /// training classes from others.
    #[default]
    AttributeMean,
    /// Above the mean of the whole table of the training classes, as the binary table of Animals
    /// with Attributes was made.
    OverallMean,
}

/// How attributes become bits, and how common each bit is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AttributeBits {
    /// An attribute above this is set; `[A]`.
    pub thresholds: Vec<f64>,
    /// The share of training classes in which an attribute is set; `[A]`. One that is set in all or
    /// in none says nothing, so it counts as 1/2.
    pub priors: Vec<f64>,
}

impl AttributeBits {
    /// Learns from the training classes' attributes, [S, A].
    ///
    /// # Panics
    /// If there is no class.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
    pub fn of(training: MatRef<'_, f64>, threshold: Threshold) -> Self {
        let classes = training.nrows() as f64;
        let means: Vec<f64> = training.col_iter().map(|column| column.sum() / classes).collect();
        let thresholds = match threshold {
            Threshold::AttributeMean => means,
            Threshold::OverallMean => {
                let overall = means.iter().sum::<f64>() / means.len() as f64;
                vec![overall; means.len()]
            }
        };
        let share = |(attribute, threshold): (usize, &f64)| {
            let set = training.col(attribute).iter().filter(|value| *value > threshold).count();
            if set == 0 || set == training.nrows() { 0.5 } else { set as f64 / classes }
        };
        let priors = thresholds.iter().enumerate().map(share).collect();
        Self { thresholds, priors }
    }

    /// The bits of each class of `signatures`, [C, A].
    #[must_use]
    pub fn bits(&self, signatures: MatRef<'_, f64>) -> Vec<Vec<bool>> {
        let bit = |class: usize, attribute: usize| {
            signatures[(class, attribute)] > self.thresholds[attribute]
        };
        let row = |class: usize| (0..signatures.ncols()).map(|at| bit(class, at)).collect();
        (0..signatures.nrows()).map(row).collect()
    }

    /// Scores an image whose attributes have these `logits`, `[A]`, on classes with these `bits`,
    /// [C, A].
    pub fn score(&self, logits: &[f64], bits: &[Vec<bool>], scores: &mut [f64]) {
        for (bits, score) in bits.iter().zip(scores) {
            *score = 0.0;
            for ((&bit, &logit), &prior) in bits.iter().zip(logits).zip(&self.priors) {
                let (logit, prior) = if bit { (logit, prior) } else { (-logit, 1.0 - prior) };
                *score += log_sigmoid(logit) - libm::log(prior);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    #[test]
    fn bits_and_scores_are_what_a_pencil_says() {
        // Means 0.5 and 0.25 over three classes, 0.375 over all.
        let table = [[1.0, 0.3], [0.4, 0.2], [0.1, 0.25]];
        let training = Mat::from_fn(3, 2, |class, at| table[class][at]);
        let bits = AttributeBits::of(training.as_ref(), Threshold::AttributeMean);
        assert_eq!(bits.bits(training.as_ref()), [[true, true], [false, false], [false, false]]);
        assert_eq!(bits.priors, [1.0 / 3.0, 1.0 / 3.0]);
        let overall = AttributeBits::of(training.as_ref(), Threshold::OverallMean);
        assert_eq!(overall.bits(training.as_ref()), [[true, false], [true, false], [false, false]]);
        assert_eq!(overall.priors, [2.0 / 3.0, 0.5], "the second is never set");
        // p(a_0 | x) = 3/4 and p(a_1 | x) = 1/2, so (3/4)/(1/3) * (1/2)/(2/3) = 27/16 and
        // (1/4)/(2/3) * (1/2)/(1/3) = 9/16.
        let mut scores = [0.0; 2];
        let classes = [vec![true, false], vec![false, true]];
        bits.score(&[3.0_f64.ln(), 0.0], &classes, &mut scores);
        assert!((scores[0] - (27.0 / 16.0_f64).ln()).abs() < 1e-14, "{scores:?}");
        assert!((scores[1] - (9.0 / 16.0_f64).ln()).abs() < 1e-14, "{scores:?}");
    }
}
