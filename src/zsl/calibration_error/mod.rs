//! How far confidences are from the shares of hits: the expected calibration error (ECE).
//!
//! A confidence is a number from 0 to 1, the probability that a model gives to its own prediction.
//! All estimators but the last are one formula, `ECE = 1/N sum_j | sum_i W_ij (y_i - s_i) |`, with
//! `s` `[N]` the confidences, `y` `[N]` 1 for a hit, and `W` `[N, B]` the weight of an image in a bin.
//!
//! | name | edges of the bins | weights |
//! |---|---|---|
//! | `equal_widths`, as papers print it | equally distant | one bin an image |
//! | `equal_counts` | quantiles of the confidences | one bin an image |
//! | `equal_widths_linear` | equally distant | shared by the two nearest centres |
//! | `equal_counts_linear` | quantiles | shared by the two nearest centres |
//! | `density` | none: kernel density estimates | |
//!
//! Few images make every estimate too large; the binned ones grow with the number of bins.

mod bins;
mod density;
mod reliability;
mod softmax;

use serde::{Deserialize, Serialize};

use super::decision::MetricError;

pub use bins::{Bins, Weights, binned_error};
pub use density::density_error;
pub use reliability::{ReliabilityBin, reliability};
pub use softmax::softmax_confidence;

/// How sure a model is of a prediction, and whether it is right.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Confidence {
    /// From 0 to 1.
    pub score: f64,
    /// Whether the prediction is the label.
    pub is_right: bool,
}

impl Confidence {
    /// `y - s`: positive where the model was too careful.
    fn residual(self) -> f64 {
        f64::from(u8::from(self.is_right)) - self.score
    }
}

/// The expected calibration error by every estimator.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CalibrationError {
    /// Bins of equal width, one an image.
    pub equal_widths: f64,
    /// Bins of equal counts, one an image.
    pub equal_counts: f64,
    /// Bins of equal width, images shared by two.
    pub equal_widths_linear: f64,
    /// Bins of equal counts, images shared by two.
    pub equal_counts_linear: f64,
    /// By kernel density estimates.
    pub density: f64,
}

impl CalibrationError {
    /// All estimates over `bins` bins.
    ///
    /// # Errors
    /// [`MetricError::Empty`].
    pub fn of(confidences: &[Confidence], bins: usize) -> Result<Self, MetricError> {
        if confidences.is_empty() {
            return Err(MetricError::Empty);
        }
        let (widths, counts) = (Bins::equal_widths(bins), Bins::equal_counts(bins, confidences));
        let error = |bins: &Bins, weights| binned_error(confidences, bins, weights);
        Ok(Self {
            equal_widths: error(&widths, Weights::One),
            equal_counts: error(&counts, Weights::One),
            equal_widths_linear: error(&widths, Weights::Linear),
            equal_counts_linear: error(&counts, Weights::Linear),
            density: density_error(confidences),
        })
    }
}

#[cfg(test)]
mod tests;
