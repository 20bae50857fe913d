//! A network after stage I, as an artifact.
//!
//! ```text
//! "erpcnet1"  header length (u64)  header (JSON)  the values of each parameter (f32), in order
//! ```

use std::io;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::nn::Tensor;
use crate::nn::tape::{Parameter, ParameterKind, Parameters};

use super::build::Design;

const MAGIC: &[u8; 8] = b"erpcnet1";

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

#[derive(Serialize, Deserialize)]
struct Header {
    card: Card,
    parameters: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    is_buffer: bool,
}

impl Artifact for Trained {
    const KIND: ArtifactKind = ArtifactKind("erpcnet");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let entry = |parameter: &Parameter| Entry {
            name: parameter.name.clone(),
            shape: parameter.value().shape().to_vec(),
            is_buffer: parameter.kind == ParameterKind::Buffer,
        };
        let parameters = self.parameters.iter().map(|(_, parameter)| entry(parameter)).collect();
        let header = serde_json::to_vec(&Header { card: self.card.clone(), parameters })?;
        out.write_all(MAGIC)?;
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        for (_, parameter) in self.parameters.iter() {
            for block in parameter.value().values().chunks(1 << 16) {
                let bytes: Vec<u8> = block.iter().flat_map(|value| value.to_le_bytes()).collect();
                out.write_all(&bytes)?;
            }
        }
        Ok(())
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let damaged = || invalid("the trained network is damaged");
        let rest = blob.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (header, mut rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let header: Header =
            serde_json::from_slice(header).map_err(|error| invalid(error.to_string()))?;
        let mut parameters = Parameters::default();
        for Entry { name, shape, is_buffer } in header.parameters {
            let bytes = shape.iter().try_fold(4_usize, |bytes, axis| bytes.checked_mul(*axis));
            let bytes = bytes.ok_or_else(damaged)?;
            let (values, after) = rest.split_at_checked(bytes).ok_or_else(damaged)?;
            rest = after;
            let values = values.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            let kind = if is_buffer { ParameterKind::Buffer } else { ParameterKind::Weight };
            if parameters.find(&name).is_some() {
                return Err(damaged());
            }
            parameters.add(name, kind, Tensor::new(shape, values.collect()));
        }
        match rest.is_empty() {
            true => Ok(Self { card: header.card, parameters }),
            false => Err(damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::super::network::LocalBatching;
    use super::*;

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
