//! What a reliability diagram shows: hits over confidence.

use serde::{Deserialize, Serialize};

use super::{Bins, Confidence};

/// The images of one range of confidences.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Confidences above this belong to it.
    pub low: f64,
    /// Confidences up to this belong to it.
    pub high: f64,
    /// How many images it has.
    pub images: u32,
    /// How many of them are right.
    pub hits: u32,
    /// The sum of their confidences.
    pub confidence: f64,
}

/// One entry a bin, empty ones too.
#[must_use]
pub fn reliability(confidences: &[Confidence], bins: &Bins) -> Vec<ReliabilityBin> {
    let empty = |bin: usize| {
        let (low, high) = bins.range(bin);
        ReliabilityBin { low, high, images: 0, hits: 0, confidence: 0.0 }
    };
    let mut filled: Vec<ReliabilityBin> = (0..bins.len()).map(empty).collect();
    for confidence in confidences {
        let bin = &mut filled[bins.position(confidence.score)];
        bin.images += 1;
        bin.hits += u32::from(confidence.is_right);
        bin.confidence += confidence.score;
    }
    filled
}
