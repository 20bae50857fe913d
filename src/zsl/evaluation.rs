//! What an evaluated model is worth: every number that a table or a figure may show.

use std::io;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::data::{decode_json, encode_json};

use super::calibration_error::{CalibrationError, ReliabilityBin};
use super::hierarchy::Hierarchy;
use super::search_summary::SearchSummary;

/// The evaluation of one model on one split, in fractions of one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Evaluation {
    /// T1: mean per-class accuracy on unseen classes, candidates unseen only.
    pub t1: f64,
    /// U: mean per-class accuracy on unseen test images, candidates seen and unseen.
    pub unseen: f64,
    /// S: mean per-class accuracy on seen test images, candidates seen and unseen.
    pub seen: f64,
    /// H: the harmonic mean of U and S, 0 if both are 0.
    pub harmonic: f64,
    /// Share of correct images on unseen classes, candidates unseen only. Not comparable to T1.
    pub acc_instance: f64,
    /// Area under the seen-unseen curve.
    pub ausuc: f64,
    /// The calibration that was subtracted from seen classes for U, S and H.
    pub delta: f64,
    /// The selection policy that chose hyper-parameters and delta, such as `val-gzsl`.
    pub selected_on: String,
    /// Whether that policy looked at test images; such a result must be stamped wherever shown.
    pub peeked: bool,
    /// The identity of the split: a digest over its index vectors.
    pub split: String,
    /// How many images the final model was trained on.
    pub train_images: usize,
    /// How many test images of seen classes there are.
    pub test_seen_images: usize,
    /// How many test images of unseen classes there are.
    pub test_unseen_images: usize,
    /// How far confidences are from shares of hits, over all test images in the generalised
    /// setting at `delta`. The confidence of an image is what a softmax over the calibrated scores
    /// gives to the prediction, so it means something where scores are logits.
    pub calibration_error: CalibrationError,
    /// Hits over confidence, in bins of equal width.
    pub reliability: Vec<ReliabilityBin>,
    /// How grave the mistakes in the generalised setting are by a tree of classes; none without.
    pub hierarchy: Option<Hierarchy>,
    /// How the images were looked at, for methods that search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// Hyper-parameters as chosen, by name.
    pub hyperparameters: Vec<(String, f64)>,
    /// Accuracy per class; seen classes first, then unseen, each in the order of `classes`.
    pub per_class: Vec<ClassAccuracy>,
    /// Candidate classes of the generalised setting: seen first, then unseen.
    pub classes: Vec<String>,
    /// Counts `[true class][predicted class]` in the generalised setting, in the order of `classes`.
    pub confusion: Vec<Vec<u32>>,
    /// U, S and H at every breakpoint of delta, in rising order of delta.
    pub curve: Vec<CurvePoint>,
}

/// The accuracy on one class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClassAccuracy {
    /// The class.
    pub class: String,
    /// Whether it is a seen class.
    pub is_seen: bool,
    /// How many test images it has.
    pub images: usize,
    /// Share of them that is right in the generalised setting.
    pub generalised: f64,
    /// Share of them that is right among unseen candidates; none for seen classes.
    pub zero_shot: Option<f64>,
}

/// One point of the seen-unseen curve.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The calibration from which on these values hold; the first point has minus infinity, stored
    /// as the lowest finite number.
    pub delta: f64,
    /// U.
    pub unseen: f64,
    /// S.
    pub seen: f64,
    /// H.
    pub harmonic: f64,
}

impl Artifact for Evaluation {
    const KIND: ArtifactKind = ArtifactKind("evaluation");
    const CODEC: u32 = 2;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        encode_json(self, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        decode_json(&blob)
    }
}
