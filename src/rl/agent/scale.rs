//! What states are divided by (A33).

use crate::nn::Real;

use super::super::SettingError;

/// One divisor a number of the state.
#[derive(Clone, PartialEq, Debug)]
pub struct InputScale(Vec<f64>);

impl InputScale {
    /// Takes divisors.
    ///
    /// # Errors
    /// [`SettingError`] unless all are finite and above 0.
    pub fn new(divisors: Vec<f64>) -> Result<Self, SettingError> {
        match divisors.iter().find(|divisor| !(divisor.is_finite() && **divisor > 0.0)) {
            Some(bad) => {
                Err(SettingError::out_of_range("input scale", *bad, "finite numbers above 0"))
            }
            None => Ok(Self(divisors)),
        }
    }

    /// The divisors.
    #[must_use]
    pub fn divisors(&self) -> &[f64] {
        &self.0
    }
}

/// No divisor is less than this share of the mean one: a number that hardly ever changes must not
/// become the loudest.
const LEAST_SHARE: f64 = 0.01;

/// The spread of each number of a state, row by row (Welford's recurrence).
#[derive(Clone, PartialEq, Debug)]
pub struct Deviation {
    count: f64,
    means: Vec<f64>,
    squares: Vec<f64>,
}

impl Deviation {
    /// No rows yet, of `width` numbers.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { count: 0.0, means: vec![0.0; width], squares: vec![0.0; width] }
    }

    /// Takes the next row.
    pub fn push<T: Real>(&mut self, row: &[T]) {
        self.count += 1.0;
        for ((mean, square), value) in self.means.iter_mut().zip(&mut self.squares).zip(row) {
            let away = value.wide() - *mean;
            *mean += away / self.count;
            *square += away * (value.wide() - *mean);
        }
    }

    /// The unbiased standard deviations as divisors, none of them below a hundredth of their mean;
    /// ones where nothing ever changes.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "states are far narrower than 2^53")]
    pub fn scale(&self) -> InputScale {
        let freedom = (self.count - 1.0).max(1.0);
        let deviations: Vec<f64> =
            self.squares.iter().map(|square| (square / freedom).sqrt()).collect();
        let mean = deviations.iter().sum::<f64>() / deviations.len().max(1) as f64;
        let least = if mean > 0.0 { mean * LEAST_SHARE } else { 1.0 };
        InputScale(deviations.into_iter().map(|deviation| deviation.max(least)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_unbiased_and_never_small() {
        let mut deviation = Deviation::new(2);
        for row in [[1.0_f32, 5.0], [2.0, 5.0], [6.0, 5.0]] {
            deviation.push(&row);
        }
        // Mean 3, squares 4 + 1 + 9 over 2; the second number never changes.
        let found = deviation.scale();
        let [first, second] = found.divisors() else { panic!("two divisors") };
        assert!((first - 7.0_f64.sqrt()).abs() < 1e-12);
        assert!((second - 7.0_f64.sqrt() / 200.0).abs() < 1e-12);
        assert_eq!(Deviation::new(3).scale().divisors(), [1.0; 3]);
    }

    #[test]
    fn a_divisor_of_zero_is_refused() {
        let error = InputScale::new(vec![1.0, 0.0]).unwrap_err();
        let text = "`input scale` is 0; expected finite numbers above 0";
        assert_eq!(error.to_string(), text);
    }
}
