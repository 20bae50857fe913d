//! A trained compatibility between features and attributes, with everything that scoring needs.

use std::io;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::data::attributes::AttributeNorm;
use crate::data::split::SplitIdentity;
use crate::data::{decode_json, encode_json};

use super::candidates::Candidates;
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

/// `score(x, c) = x^T W phi_c`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Compatibility {
    /// W, [D, A], row by row.
    pub weights: Vec<f64>,
    /// The feature tensor it was trained on; none for the only one.
    pub tensor: Option<String>,
    /// What is done to a row of features first.
    pub scaling: Scaling,
    /// The attributes, in the order of W's columns.
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

impl Compatibility {
    /// The feature width, D.
    #[must_use]
    pub fn width(&self) -> usize {
        self.weights.len() / self.attributes.len()
    }

    /// W times the attributes of each class, [D, C], of `signatures`, [C, A].
    ///
    /// # Panics
    /// If `signatures` has another number of columns.
    #[must_use]
    pub fn class_weights(&self, signatures: &Array2<f64>) -> Array2<f64> {
        let shape = (self.width(), self.attributes.len());
        let weights = ArrayView2::from_shape(shape, &self.weights).expect("checked when decoded");
        let mut result = Array2::zeros((shape.0, signatures.nrows()));
        for (weights, mut out) in weights.rows().into_iter().zip(result.rows_mut()) {
            for (signature, out) in signatures.rows().into_iter().zip(&mut out) {
                // Summed in the order of the attributes, so that the bits are the same everywhere.
                *out = weights.iter().zip(signature).map(|(one, other)| one * other).sum();
            }
        }
        result
    }
}

impl Artifact for Compatibility {
    const KIND: ArtifactKind = ArtifactKind("compatibility");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        encode_json(self, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let model: Self = decode_json(&blob)?;
        if model.attributes.is_empty()
            || !model.weights.len().is_multiple_of(model.attributes.len())
        {
            return Err(invalid("the weights have no whole number of rows"));
        }
        Ok(model)
    }
}
