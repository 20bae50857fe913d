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

    /// The standard deviation of each number over rows of `width`, unbiased. A number that never
    /// changes is left as it is.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "rows are far fewer than 2^53")]
    pub fn deviation<'a, T: Real>(
        width: usize,
        rows: impl Iterator<Item = &'a [T]> + Clone,
    ) -> Self {
        let mut means = vec![0.0; width];
        let mut count = 0_usize;
        for row in rows.clone() {
            means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value.wide());
            count += 1;
        }
        means.iter_mut().for_each(|sum| *sum /= count.max(1) as f64);
        let mut squares = vec![0.0; width];
        for row in rows {
            for ((sum, value), mean) in squares.iter_mut().zip(row).zip(&means) {
                let away = value.wide() - mean;
                *sum += away * away;
            }
        }
        let freedom = count.saturating_sub(1).max(1) as f64;
        let deviation = |square: f64| {
            let deviation = (square / freedom).sqrt();
            if deviation > 0.0 { deviation } else { 1.0 }
        };
        Self(squares.into_iter().map(deviation).collect())
    }

    /// The divisors.
    #[must_use]
    pub fn divisors(&self) -> &[f64] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_unbiased_and_never_zero() {
        let rows: [[f32; 2]; 3] = [[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]];
        // Mean 3, squares 4 + 1 + 9 over 2.
        let scale = InputScale::deviation(2, rows.iter().map(<[f32; 2]>::as_slice));
        assert_eq!(scale.divisors(), [7.0_f64.sqrt(), 1.0]);
    }

    #[test]
    fn a_divisor_of_zero_is_refused() {
        let error = InputScale::new(vec![1.0, 0.0]).unwrap_err();
        let text = "`input scale` is 0; expected finite numbers above 0";
        assert_eq!(error.to_string(), text);
    }
}
