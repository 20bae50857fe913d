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
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::network::LocalBatching;
    use super::*;
    use crate::nn::Tensor;
    use crate::nn::tape::ParameterKind;

    fn trained() -> Trained {
        let design = Design {
            channels: 2,
            map: [5, 5],
            window: 3,
            stride: 2,
            embedding: 3,
            fused: 4,
            attributes: 2,
            looks: 2,
            relu: true,
            batching: LocalBatching::PerStep,
            dropout: 0.5,
        };
        let mut parameters = Parameters::default();
        design.build(&mut parameters, &mut ChaCha8Rng::seed_from_u64(3));
        parameters.add("mean", ParameterKind::Buffer, Tensor::new(vec![2], vec![0.5, -1.0]));
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let card = Card {
            design,
            map: "layer3".into(),
            embedding: "pooled".into(),
            tail: ["layer3".into(), "pooled".into()],
            attributes: words(&["x", "y"]),
            classes: words(&["ant"]),
            split: "abc".into(),
            part: TrainingPart::Train,
            logit_scale: 1.0,
            images: 7,
            epochs: 3,
        };
        Trained { card, parameters }
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let trained = trained();
        let mut bytes = Vec::new();
        trained.encode(&mut bytes).unwrap();
        let found = Trained::decode(Blob::from_bytes(&bytes)).unwrap();
        assert_eq!(found.card, trained.card);
        for ((_, left), (_, right)) in found.parameters.iter().zip(trained.parameters.iter()) {
            assert_eq!((&left.name, left.kind), (&right.name, right.kind));
            assert_eq!(left.value(), right.value());
        }
        assert_eq!(found.parameters.iter().count(), trained.parameters.iter().count());
        assert!(Trained::decode(Blob::from_bytes(&bytes[..bytes.len() - 1])).is_err());
        assert!(Trained::decode(Blob::from_bytes(b"erpcnet2")).is_err());
    }
}
