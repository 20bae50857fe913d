//! Batch normalisation at inference: a scale and a shift a channel.

use super::{Activation, ShapeError, Tensor};

/// `y = scale[c] x + shift[c]` for channel `c`.
#[derive(Clone, PartialEq, Debug)]
pub struct Affine {
    scale: Vec<f32>,
    shift: Vec<f32>,
    activation: Activation,
}

impl Affine {
    /// Folds the running statistics of a batch normalisation:
    /// y = gamma (x - mean) / sqrt(variance + epsilon) + beta.
    ///
    /// # Errors
    /// [`ShapeError`] if the four differ in length.
    pub fn batch_norm(
        gamma: &[f32],
        beta: &[f32],
        mean: &[f32],
        variance: &[f32],
        epsilon: f32,
    ) -> Result<Self, ShapeError> {
        let lengths = [gamma.len(), beta.len(), mean.len(), variance.len()];
        if lengths.iter().any(|length| *length != gamma.len()) {
            return Err(ShapeError(format!(
                "scale, bias, mean and variance have {lengths:?} values"
            )));
        }
        // Folded in f64: the shift is a difference of two numbers that may be large.
        let fold = |index: usize| {
            let deviation = (f64::from(variance[index]) + f64::from(epsilon)).sqrt();
            let scale = f64::from(gamma[index]) / deviation;
            (scale, f64::from(beta[index]) - f64::from(mean[index]) * scale)
        };
        let folded: Vec<(f64, f64)> = (0..gamma.len()).map(fold).collect();
        Ok(Self {
            scale: folded.iter().map(|(scale, _)| single(*scale)).collect(),
            shift: folded.iter().map(|(_, shift)| single(*shift)).collect(),
            activation: Activation::None,
        })
    }

    /// The scale of each channel.
    #[must_use]
    pub fn scale(&self) -> &[f32] {
        &self.scale
    }

    /// The shift of each channel.
    #[must_use]
    pub fn shift(&self) -> &[f32] {
        &self.shift
    }

    /// Sets what follows.
    pub fn activate(&mut self, activation: Activation) {
        self.activation = activation;
    }

    /// Changes images in place: `[N, C, …]`.
    ///
    /// # Errors
    /// [`ShapeError`] if the channels are not as many as the scales.
    pub fn forward(&self, images: &mut Tensor) -> Result<(), ShapeError> {
        let channels = self.scale.len();
        if images.shape().len() < 2 || images.shape()[1] != channels {
            return Err(ShapeError(format!(
                "expected {channels} channels on axis 1, got {:?}",
                images.shape()
            )));
        }
        let plane: usize = images.shape()[2..].iter().product();
        for (index, values) in images.values_mut().chunks_exact_mut(plane.max(1)).enumerate() {
            let channel = index % channels;
            scale_plane(values, self.scale[channel], self.shift[channel], self.activation);
        }
        Ok(())
    }
}

/// Two loops, each of which the compiler turns into vector instructions.
fn scale_plane(values: &mut [f32], scale: f32, shift: f32, activation: Activation) {
    match activation {
        Activation::None => values.iter_mut().for_each(|value| *value = *value * scale + shift),
        Activation::Relu => {
            values.iter_mut().for_each(|value| *value = (*value * scale + shift).max(0.0));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored as f32")]
fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_norm_is_its_formula() {
        // Channel 0: 2 (x - 1) / sqrt(3 + 1) + 5 = x + 4. Channel 1: (x - 0) / sqrt(0 + 1) - 3.
        let mut layer =
            Affine::batch_norm(&[2.0, 1.0], &[5.0, -3.0], &[1.0, 0.0], &[3.0, 0.0], 1.0).unwrap();
        let images = Tensor::new(vec![1, 2, 1, 2], vec![0.0, 1.0, 2.0, 4.0]);
        let mut plain = images.clone();
        layer.forward(&mut plain).unwrap();
        assert_eq!(plain.values(), [4.0, 5.0, -1.0, 1.0]);
        layer.activate(Activation::Relu);
        let mut clipped = images;
        layer.forward(&mut clipped).unwrap();
        assert_eq!(clipped.values(), [4.0, 5.0, 0.0, 1.0]);
    }

    #[test]
    fn wrong_channels_are_refused() {
        let layer = Affine::batch_norm(&[1.0], &[0.0], &[0.0], &[1.0], 1e-5).unwrap();
        let error = layer.forward(&mut Tensor::zeros(vec![1, 2, 3, 3])).unwrap_err();
        assert_eq!(error.to_string(), "expected 1 channels on axis 1, got [1, 2, 3, 3]");
        assert!(Affine::batch_norm(&[1.0], &[], &[0.0], &[1.0], 1e-5).is_err());
    }
}
