//! Named numbers that one run has measured, to be gathered over many.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactKind, Blob, invalid};

/// Numbers by name, in the order in which they were measured.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Measures(Vec<(String, Option<f64>)>);

impl Measures {
    /// Adds a number, or the fact that there is none.
    pub fn push(&mut self, name: impl Into<String>, number: Option<f64>) {
        self.0.push((name.into(), number.filter(|number| number.is_finite())));
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The number of a name; none if it was not measured.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(one, _)| one == name).and_then(|(_, number)| *number)
    }
}

impl Artifact for Measures {
    const KIND: ArtifactKind = ArtifactKind("measures");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        Ok(serde_json::to_writer(out, self)?)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        serde_json::from_slice(&blob).map_err(|error| invalid(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_come_back() {
        let mut measures = Measures::default();
        measures.push("hits", Some(0.1 + 0.2));
        measures.push("epochs to 0.7", None);
        measures.push("ratio", Some(f64::NAN));
        let mut bytes = Vec::new();
        measures.encode(&mut bytes).unwrap();
        let found = Measures::decode(Blob::from_bytes(&bytes)).unwrap();
        assert_eq!(found, measures);
        assert_eq!(found.names().collect::<Vec<_>>(), ["hits", "epochs to 0.7", "ratio"]);
        assert_eq!(
            (found.get("hits"), found.get("ratio"), found.get("x")),
            (Some(0.1 + 0.2), None, None)
        );
    }
}
