//! What storing values in fewer bits costs.

/// How far stored values are from what they were.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Loss {
    images: usize,
    squares: f64,
    squared_errors: f64,
    largest: f64,
}

impl Loss {
    /// How many images were compared.
    #[must_use]
    pub fn images(&self) -> usize {
        self.images
    }

    /// The root of the mean square error, as a part of that of the values.
    #[must_use]
    pub fn rms(&self) -> f64 {
        if self.squares > 0.0 { (self.squared_errors / self.squares).sqrt() } else { 0.0 }
    }

    /// The largest error, as a part of the largest value of its image.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Compares the values of an image with what is stored of them.
    pub(super) fn add(&mut self, values: &[f32], stored: &[f32]) {
        let (mut largest_error, mut largest) = (0.0_f64, 0.0_f64);
        for (value, stored) in values.iter().zip(stored) {
            let (value, error) = (f64::from(*value), f64::from(*stored) - f64::from(*value));
            self.squares += value * value;
            self.squared_errors += error * error;
            largest_error = largest_error.max(error.abs());
            largest = largest.max(value.abs());
        }
        if largest > 0.0 {
            self.largest = self.largest.max(largest_error / largest);
        }
        self.images += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_parts_of_the_values() {
        let mut loss = Loss::default();
        assert_eq!((loss.rms(), loss.largest()), (0.0, 0.0));
        loss.add(&[3.0, 4.0], &[3.0, 4.5]);
        // Squares 9 + 16, errors 0.25: sqrt(0.25 / 25) = 0.1; 0.5 of 4.
        assert_eq!((loss.rms(), loss.largest(), loss.images()), (0.1, 0.125, 1));
        loss.add(&[0.0, 0.0], &[0.0, 0.0]);
        assert_eq!((loss.rms(), loss.largest(), loss.images()), (0.1, 0.125, 2));
    }
}
