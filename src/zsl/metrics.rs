//! Accuracy per class and what is made of it. All means are over classes, never over images,
//! except [`instance_accuracy`], which has another name for that reason.

use super::candidates::Candidate;
use super::decision::{Decision, MetricError};

/// Images and hits of every class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    images: Vec<u32>,
    hits: Vec<u32>,
}

impl Tally {
    /// Counts, for `classes` candidates, how often the prediction is the label.
    #[must_use]
    pub fn count(classes: usize, pairs: impl Iterator<Item = (Candidate, Candidate)>) -> Self {
        let mut tally = Self { images: vec![0; classes], hits: vec![0; classes] };
        for (label, prediction) in pairs {
            tally.images[label.get()] += 1;
            tally.hits[label.get()] += u32::from(label == prediction);
        }
        tally
    }

    /// Images of a class.
    #[must_use]
    pub fn images(&self, class: usize) -> usize {
        self.images[class] as usize
    }

    /// The share of hits among the images of a class.
    #[must_use]
    pub fn accuracy(&self, class: usize) -> f64 {
        f64::from(self.hits[class]) / f64::from(self.images[class])
    }

    /// Moves one image of a class between hits and misses.
    pub(super) fn change(&mut self, class: Candidate, was_hit: bool, is_hit: bool) {
        let hits = &mut self.hits[class.get()];
        *hits = *hits + u32::from(is_hit) - u32::from(was_hit);
    }

    /// The mean accuracy over `classes`, positions among the candidates.
    ///
    /// # Errors
    /// [`MetricError`] if there is no class or one without images.
    pub fn mean(
        &self,
        classes: impl Iterator<Item = usize>,
        class_name: &dyn Fn(usize) -> String,
    ) -> Result<f64, MetricError> {
        let (mut sum, mut count) = (0.0, 0_u32);
        for class in classes {
            if self.images[class] == 0 {
                return Err(MetricError::NoImages(class_name(class)));
            }
            sum += self.accuracy(class);
            count += 1;
        }
        if count == 0 { Err(MetricError::Empty) } else { Ok(sum / f64::from(count)) }
    }
}

/// H, the harmonic mean of U and S: `2 U S / (U + S)`, and 0 where both are 0.
#[must_use]
pub fn harmonic_mean(unseen: f64, seen: f64) -> f64 {
    if unseen + seen == 0.0 { 0.0 } else { 2.0 * unseen * seen / (unseen + seen) }
}

/// The share of images whose best unseen candidate is right.
///
/// # Errors
/// [`MetricError::Empty`].
#[expect(clippy::cast_precision_loss, reason = "counts of images")]
pub fn instance_accuracy(unseen: &[Decision]) -> Result<f64, MetricError> {
    if unseen.is_empty() {
        return Err(MetricError::Empty);
    }
    let hits = unseen.iter().filter(|image| image.unseen.candidate == image.label).count();
    Ok(hits as f64 / unseen.len() as f64)
}

/// Counts `[true class][predicted class]` at `delta`.
#[must_use]
pub fn confusion<'a>(
    classes: usize,
    images: impl Iterator<Item = &'a Decision>,
    delta: f64,
) -> Vec<Vec<u32>> {
    let mut counts = vec![vec![0; classes]; classes];
    for image in images {
        counts[image.label.get()][image.predict(delta).get()] += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
