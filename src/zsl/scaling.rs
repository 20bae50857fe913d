//! How features are scaled before a linear model sees them; always fitted on training images only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of scaling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureNorm {
    /// As they are.
    #[default]
    None,
    /// Euclidean length one an image.
    L2,
    /// Mean 0 and standard deviation 1 a feature, over the training images.
    Standardize,
}

/// A fitted scaling.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scaling {
    kind: FeatureNorm,
    /// What is subtracted, [D]; empty unless standardising.
    mean: Vec<f64>,
    /// What is divided by, [D]; empty unless standardising.
    deviation: Vec<f64>,
}

impl Scaling {
    /// A scaling that needs no fit.
    #[must_use]
    pub fn fixed(kind: FeatureNorm) -> Self {
        Self { kind, mean: Vec::new(), deviation: Vec::new() }
    }

    /// Scales `row` in place.
    pub fn apply(&self, row: &mut [f64]) {
        match self.kind {
            FeatureNorm::None => {}
            FeatureNorm::L2 => {
                let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
                // An image without any feature stays what it is.
                if length > 0.0 {
                    row.iter_mut().for_each(|value| *value /= length);
                }
            }
            FeatureNorm::Standardize => {
                for ((value, mean), deviation) in
                    row.iter_mut().zip(&self.mean).zip(&self.deviation)
                {
                    *value = (*value - mean) / deviation;
                }
            }
        }
    }
}

/// Fits [`FeatureNorm::Standardize`] row by row (Welford's recurrence, which does not cancel).
#[derive(Clone, Debug)]
pub struct Standardizer {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Standardizer {
    /// Begins a fit of `width` features.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; width], squares: vec![0.0; width] }
    }

    /// Takes the next row.
    pub fn push(&mut self, row: &[f64]) {
        self.count += 1.0;
        for ((value, mean), squares) in row.iter().zip(&mut self.mean).zip(&mut self.squares) {
            let before = value - *mean;
            *mean += before / self.count;
            *squares += before * (value - *mean);
        }
    }

    /// The scaling. A feature that never changes is centred and not divided.
    #[must_use]
    pub fn finish(self) -> Scaling {
        let deviation = |squares: f64| match (squares / self.count).sqrt() {
            deviation if deviation > 0.0 => deviation,
            _ => 1.0,
        };
        let deviation = self.squares.into_iter().map(deviation).collect();
        Scaling { kind: FeatureNorm::Standardize, mean: self.mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardising_gives_mean_zero_and_deviation_one() {
        let mut fit = Standardizer::new(2);
        for row in [[1.0, 5.0], [3.0, 5.0]] {
            fit.push(&row);
        }
        // Mean 2 and deviation 1; the second feature is constant.
        let mut row = [4.0, 6.0];
        fit.finish().apply(&mut row);
        assert_eq!(row, [2.0, 1.0]);
    }

    #[test]
    fn a_length_of_zero_stays_zero() {
        let scaling = Scaling::fixed(FeatureNorm::L2);
        let mut row = [3.0, 4.0];
        scaling.apply(&mut row);
        assert_eq!(row, [0.6, 0.8]);
        let mut empty = [0.0, 0.0];
        scaling.apply(&mut empty);
        assert_eq!(empty, [0.0, 0.0]);
    }
}
