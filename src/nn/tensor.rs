//! Dense arrays of numbers.

use std::sync::Arc;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::Real;
use super::workspace::Storage;

/// An array whose last axis is contiguous. Clones share their values until one of them is changed.
#[derive(Clone, Debug)]
pub struct Tensor<T = f32> {
    shape: Vec<usize>,
    values: Arc<Storage<T>>,
}

/// A layer met a tensor that it cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShapeError(pub String);

impl<T: Real> Tensor<T> {
    /// Takes values that fill a shape.
    ///
    /// # Panics
    /// If they do not.
    #[must_use]
    pub fn new(shape: Vec<usize>, values: Vec<T>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "values fill {shape:?}");
        Self::stored(shape, Storage::from(values))
    }

    /// Zeros.
    #[must_use]
    pub fn zeros(shape: Vec<usize>) -> Self {
        let values = vec![T::ZERO; shape.iter().product()];
        Self::stored(shape, Storage::from(values))
    }

    pub(super) fn stored(shape: Vec<usize>, values: Storage<T>) -> Self {
        Self { shape, values: Arc::new(values) }
    }

    /// The same values in another shape.
    ///
    /// # Panics
    /// If they do not fill it.
    #[must_use]
    pub fn reshaped(self, shape: Vec<usize>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), self.values().len(), "values fill {shape:?}");
        Self { shape, ..self }
    }

    /// Numbers uniform on +-1 / sqrt(`inputs`), as `torch` begins linear layers.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "layers are far narrower than 2^53")]
    pub fn uniform(shape: Vec<usize>, inputs: usize, rng: &mut ChaCha8Rng) -> Self {
        let bound = 1.0 / (inputs.max(1) as f64).sqrt();
        let mut draw = || T::of(rng.random_range(-bound..bound));
        let values: Vec<T> = (0..shape.iter().product()).map(|_| draw()).collect();
        Self::new(shape, values)
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, the last axis fastest.
    #[must_use]
    pub fn values(&self) -> &[T] {
        self.values.values()
    }

    /// The values, to be changed. Copied first if another tensor shares them.
    pub fn values_mut(&mut self) -> &mut [T] {
        Arc::make_mut(&mut self.values).values_mut()
    }

    /// Whether another tensor has the same values, so that changing them is to copy them.
    pub(super) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.values) > 1
    }

    /// The values, without the shape.
    #[must_use]
    pub fn into_values(self) -> Vec<T> {
        match Arc::try_unwrap(self.values) {
            Ok(values) => values.into_values(),
            Err(shared) => shared.values().to_vec(),
        }
    }

    /// The axes of images.
    ///
    /// # Errors
    /// [`ShapeError`] unless there are four.
    pub fn dims4(&self) -> Result<[usize; 4], ShapeError> {
        self.shape.as_slice().try_into().map_err(|_| self.expected("[N, C, H, W]"))
    }

    /// The axes of a matrix.
    ///
    /// # Errors
    /// [`ShapeError`] unless there are two.
    pub fn dims2(&self) -> Result<[usize; 2], ShapeError> {
        self.shape.as_slice().try_into().map_err(|_| self.expected("[rows, columns]"))
    }

    fn expected(&self, what: &str) -> ShapeError {
        ShapeError(format!("expected {what}, got {:?}", self.shape))
    }
}

impl<T> Default for Tensor<T> {
    fn default() -> Self {
        Self { shape: Vec::new(), values: Arc::new(Storage::from(Vec::new())) }
    }
}

impl<T: PartialEq> PartialEq for Tensor<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.values.values() == other.values.values()
    }
}
