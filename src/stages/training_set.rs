//! The images that a network learns from, with the numbers of their classes.

use crate::data::samples::{SampleIndex, Samples};
use crate::data::split::TrainSamples;
use crate::models::erpcnet::trained::TrainingPart;
use crate::stage::StageError;

/// Images and the classes that they are of.
pub(super) struct TrainingSet {
    /// The images, in rising order.
    pub(super) images: Vec<SampleIndex>,
    /// The class of each, a place in `classes`.
    pub(super) labels: Vec<usize>,
    /// The classes, sorted.
    pub(super) classes: Vec<String>,
}

impl TrainingSet {
    /// A part of the training images.
    pub(super) fn of(
        part: TrainingPart,
        train: &TrainSamples,
        samples: &Samples,
    ) -> Result<Self, StageError> {
        let check = train.identity.check_samples("training part", samples);
        check.and(train.audit()).map_err(|error| StageError::data(error.to_string()))?;
        let (images, classes) = match part {
            TrainingPart::Train => (train.images.clone(), train.seen.clone()),
            TrainingPart::Fit => (train.validation.fit.clone(), train.fit_classes()),
        };
        let label = |sample: &SampleIndex| {
            let class = samples.class_name(*sample);
            classes.iter().position(|name| name == class).ok_or_else(|| {
                let name = samples.name(*sample);
                StageError::data(format!("`{name}` is of class `{class}`, which is not trained"))
            })
        };
        let labels = images.iter().map(label).collect::<Result<_, _>>()?;
        Ok(Self { images, labels, classes })
    }

    /// The images, as rows of features.
    pub(super) fn places(&self) -> Vec<usize> {
        self.images.iter().map(|image| image.get()).collect()
    }
}
