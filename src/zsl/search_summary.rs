//! How test images were looked at.

use serde::{Deserialize, Serialize};

/// What a search took, in the mean over test images.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SearchSummary {
    /// The most looks at an image.
    pub looks: usize,
    /// Looks at a test image in the generalised setting.
    pub steps: f64,
    /// Looks at a test image of an unseen class when only unseen classes are candidates.
    pub steps_zero_shot: f64,
    /// The reward that ended a search in the generalised setting; none where all looks were taken.
    pub sigma: Option<f64>,
    /// The share of the first looks, as many as an object has parts, that hit one; none where nobody
    /// knows the parts.
    pub hits: Option<f64>,
}
