//! Whether features and samples belong together.

use crate::data::features::Features;
use crate::data::samples::Samples;
use crate::stage::StageError;

/// Fails unless there is a row of features for every sample.
pub(super) fn check_same_images(features: &Features, samples: &Samples) -> Result<(), StageError> {
    let (features, samples) = (features.len(), samples.len());
    if features == samples {
        return Ok(());
    }
    let message = format!("{features} rows of features for {samples} samples");
    let help = "connect `features` and `samples` of the same images";
    Err(StageError::data_with_help(message, help))
}
