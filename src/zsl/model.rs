//! A trained zero-shot model, with everything that scoring needs.

use std::io;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::data::attributes::AttributeNorm;
use crate::data::split::SplitIdentity;
use crate::data::{decode_json, encode_json};

use super::candidates::Candidates;
use super::head::Head;
use super::scaling::Scaling;
use super::selection::Judgement;

/// Where a model comes from, as a result must be able to tell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Provenance {
    /// The selection policy, such as `val-gzsl`.
    pub selected_on: String,
    /// Whether that policy looked at test images.
    pub peeked: bool,
    /// The split.
    pub split: SplitIdentity,
    /// How many images the final model was trained on.
    pub train_images: usize,
    /// Hyper-parameters as chosen, by name.
    pub hyperparameters: Vec<(String, f64)>,
    /// The calibration that was chosen.
    pub delta: f64,
}

/// A trained model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Model {
    /// What was learnt.
    pub head: Head,
    /// The feature tensor it was trained on; none for the only one.
    pub tensor: Option<String>,
    /// What is done to a row of features first.
    pub scaling: Scaling,
    /// The attributes, in the order of a signature.
    pub attributes: Vec<String>,
    /// How their vectors were scaled.
    pub attribute_norm: AttributeNorm,
    /// Seen and unseen classes at test.
    pub candidates: Candidates,
    /// How the chosen setting did where it was chosen.
    pub selection: Judgement,
    /// Where the model comes from.
    pub provenance: Provenance,
}

impl Model {
    /// The feature width, D.
    ///
    /// # Panics
    /// If the head does not fit, which is checked when a model is decoded.
    #[must_use]
    pub fn width(&self) -> usize {
        self.head_width().expect("checked when decoded")
    }

    fn head_width(&self) -> Option<usize> {
        self.head.width(self.attributes.len(), self.candidates.seen().len())
    }
}

impl Artifact for Model {
    const KIND: ArtifactKind = ArtifactKind("zero-shot-model");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        encode_json(self, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let model: Self = decode_json(&blob)?;
        match model.head_width() {
            Some(_) => Ok(model),
            None => Err(invalid("the weights do not fit the attributes and classes")),
        }
    }
}
