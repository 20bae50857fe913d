//! How a learning rate falls.

/// A rate that is multiplied by a factor every so many epochs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StepSchedule {
    /// The rate of the first epochs.
    pub rate: f64,
    /// What it is multiplied by.
    pub factor: f64,
    /// Epochs between two drops; the rate stays where there are none.
    pub every: Option<usize>,
}

impl StepSchedule {
    /// The rate in an epoch, counted from 0.
    #[must_use]
    pub fn at(&self, epoch: usize) -> f64 {
        let drops = self.every.map_or(0, |every| epoch / every.max(1));
        (0..drops).fold(self.rate, |rate, _| rate * self.factor)
    }
}
