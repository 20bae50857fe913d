//! What an agent looks into.

use crate::nn::{Real, Tensor};

/// One look: a cell of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// Which image of the batch.
    pub image: usize,
    /// Which cell of its grid, row by row.
    pub cell: usize,
}

/// What is known of some images after their latest look, one entry an image, in the order in which
/// they were asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct View<T> {
    /// What the agent is told, [n, S].
    pub states: Tensor<T>,
    /// The probability of the rewarded class by the joint prediction.
    pub joint: Vec<f64>,
    /// The probability of the rewarded class by the global prediction.
    pub global: Vec<f64>,
    /// The predicted class.
    pub predictions: Vec<usize>,
}

/// A batch of images that are looked at cell by cell.
///
/// Which class is rewarded is its choice: the true one in training, the one predicted so far where
/// nobody knows the truth.
pub trait Environment<T: Real> {
    /// How many images there are.
    fn images(&self) -> usize;

    /// Forgets all looks and gives the view of all images before the first: states are the global
    /// features, the joint prediction has seen nothing local.
    fn open(&mut self) -> View<T>;

    /// Looks at a cell of some images, each of which keeps what it has seen before. States are
    /// what was found there.
    fn look(&mut self, looks: &[Look]) -> View<T>;

    /// beta: what the probabilities after a look are multiplied with to be its reward. 1 where
    /// entropy does not guide.
    fn weight(&self, look: Look) -> f64;
}
