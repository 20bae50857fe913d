//! The classes of images as numbers of candidates.

use crate::data::samples::{SampleIndex, Samples};
use crate::stage::StageError;
use crate::zsl::candidates::{Candidate, Candidates};

/// The candidate that each image is of.
pub(super) fn candidate_labels(
    candidates: &Candidates,
    samples: &Samples,
    images: &[SampleIndex],
) -> Result<Vec<Candidate>, StageError> {
    let label = |&sample: &SampleIndex| {
        let class = samples.class_name(sample);
        candidates.position(class).ok_or_else(|| {
            let name = samples.name(sample);
            StageError::data(format!("`{name}` is of class `{class}`, which is no candidate"))
        })
    };
    images.iter().map(label).collect()
}
