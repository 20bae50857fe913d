//! Plain text between stages.

use std::io;

use super::{Artifact, ArtifactKind, Blob, invalid};

/// A piece of UTF-8 text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainText(pub String);

impl Artifact for PlainText {
    const KIND: ArtifactKind = ArtifactKind("text");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.0.as_bytes())
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        match std::str::from_utf8(&blob) {
            Ok(text) => Ok(Self(text.to_owned())),
            Err(error) => Err(invalid(error.to_string())),
        }
    }
}
