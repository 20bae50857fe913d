//! A network after stage I, as an artifact.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::models::saved;
use crate::nn::tape::Parameters;

use super::build::Design;

const MAGIC: &[u8; 8] = b"erpcnet1";

/// Which training images are learnt from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrainingPart {
    /// All of them, for a model that is tested.
    #[default]
    Train,
    /// Those that validation models are fitted on, for choosing delta.
    Fit,
}

/// What one needs to know of a trained network besides its weights.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Card {
    /// Sizes and choices.
    pub design: Design,
    /// The feature tensor that is looked at, E.
    pub map: String,
    /// The feature tensor of the whole image, g.
    pub embedding: String,
    /// The tensors of the backbone between which its tail lies: [from, to].
    pub tail: [String; 2],
    /// The attributes, in the order of the predictors.
    pub attributes: Vec<String>,
    /// The classes that it was trained on.
    pub classes: Vec<String>,
    /// The split that its images come from.
    pub split: String,
    /// Which of its training images the network has seen.
    pub part: TrainingPart,
    /// What logits are multiplied by (register A10).
    pub logit_scale: f64,
    /// How many images it was trained on.
    pub images: usize,
    /// How many epochs.
    pub epochs: usize,
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct Trained {
    /// What it is.
    pub card: Card,
    /// All its weights and running statistics.
    pub parameters: Parameters<f32>,
}

impl Artifact for Trained {
    const KIND: ArtifactKind = ArtifactKind("erpcnet");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        saved::write(MAGIC, &self.card, &self.parameters, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let (card, parameters) = saved::read(MAGIC, "trained network", &blob)?;
        Ok(Self { card, parameters })
    }
}

#[cfg(test)]
mod tests;
