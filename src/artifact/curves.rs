//! What a training measured, epoch by epoch.
//!
//! Curves are kept, shown and gathered like everything else, but not published one by one as tables
//! are: an experiment of ten seeds and six settings has sixty.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactKind, Blob, invalid};

/// Named numbers, one of each an epoch.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Curves {
    names: Vec<String>,
    epochs: Vec<Vec<Option<f64>>>,
}

impl Curves {
    /// Curves of these names without an epoch.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { names, epochs: Vec::new() }
    }

    /// Appends an epoch, a number or none for each name.
    ///
    /// # Panics
    /// If there are not as many numbers as names.
    pub fn push(&mut self, numbers: Vec<Option<f64>>) {
        assert_eq!(numbers.len(), self.names.len(), "a number a name");
        self.epochs.push(numbers);
    }

    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many epochs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.epochs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// One curve, a number an epoch; none if there is no such name.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Option<Vec<Option<f64>>> {
        let at = self.names.iter().position(|one| one == name)?;
        Some(self.epochs.iter().map(|epoch| epoch[at]).collect())
    }
}

impl Artifact for Curves {
    const KIND: ArtifactKind = ArtifactKind("curves");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        Ok(serde_json::to_writer(out, self)?)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let curves: Self =
            serde_json::from_slice(&blob).map_err(|error| invalid(error.to_string()))?;
        match curves.epochs.iter().all(|epoch| epoch.len() == curves.names.len()) {
            true => Ok(curves),
            false => Err(invalid("an epoch of the curves lacks a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_come_back_and_damage_is_noticed() {
        let mut curves = Curves::new(&["loss", "hits"]);
        curves.push(vec![Some(0.5), None]);
        curves.push(vec![Some(0.1 + 0.2), Some(1.0)]);
        let mut bytes = Vec::new();
        curves.encode(&mut bytes).unwrap();
        let found = Curves::decode(Blob::from_bytes(&bytes)).unwrap();
        assert_eq!(found, curves);
        assert_eq!(found.numbers("hits").unwrap(), [None, Some(1.0)]);
        assert_eq!(found.numbers("reward"), None);
        let damaged = br#"{"names":["loss"],"epochs":[[1.0],[]]}"#;
        assert!(Curves::decode(Blob::from_bytes(damaged)).is_err());
    }
}
