//! What was seen of one image, step by step.

use super::stopping::Stopping;

/// One look of a search.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TracedLook {
    /// Which cell.
    pub cell: usize,
    /// beta.
    pub weight: f64,
    /// The probability of the rewarded class by the joint prediction.
    pub joint: f64,
    /// The probability of the rewarded class by the global prediction.
    pub global: f64,
    /// `beta (joint + global)`.
    pub reward: f64,
    /// The class that is predicted from here on.
    pub prediction: usize,
}

/// All looks at one image. From a trace of all T steps follow the traces of every threshold.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    /// The class that is predicted before the first look.
    pub opening: usize,
    /// The looks.
    pub looks: Vec<TracedLook>,
}

impl Trace {
    /// The step that a rule ends with, 1 to the number of looks.
    #[must_use]
    pub fn stop(&self, rule: &Stopping) -> usize {
        rule.stop(self.looks.iter().map(|look| look.reward))
    }

    /// The prediction after some looks.
    ///
    /// # Panics
    /// If there are fewer.
    #[must_use]
    pub fn prediction(&self, looks: usize) -> usize {
        looks.checked_sub(1).map_or(self.opening, |last| self.looks[last].prediction)
    }

    /// What a search by this rule would have seen.
    #[must_use]
    pub fn until(&self, rule: &Stopping) -> Self {
        Self { opening: self.opening, looks: self.looks[..self.stop(rule)].to_vec() }
    }
}
