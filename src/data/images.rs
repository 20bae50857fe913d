//! Encoded images, one after another, with a name each.

use std::io::{self, Write as _};

use crate::artifact::{Artifact, ArtifactKind, Blob, BlobWriter, invalid};

/// Encoded JPEG or PNG files in one blob.
#[derive(Clone)]
pub struct Images {
    blob: Blob,
    index: Vec<(String, usize, usize)>,
}

impl Images {
    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The encoded bytes of an image.
    #[must_use]
    pub fn bytes(&self, index: usize) -> &[u8] {
        let (_, start, end) = &self.index[index];
        &self.blob[*start..*end]
    }

    /// The name of an image.
    #[must_use]
    pub fn name(&self, index: usize) -> &str {
        &self.index[index].0
    }
}

impl Artifact for Images {
    const KIND: ArtifactKind = ArtifactKind("images");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.blob)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let tail = blob.len().checked_sub(8).ok_or_else(|| invalid("too short"))?;
        let start = u64::from_le_bytes(blob[tail..].try_into().expect("eight bytes"));
        let start = usize::try_from(start).map_err(|_| invalid("offset"))?;
        let index = serde_json::from_slice(&blob[start..tail])?;
        Ok(Self { blob, index })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

/// Writes [`Images`].
pub struct ImagesWriter {
    writer: BlobWriter,
    index: Vec<(String, usize, usize)>,
    at: usize,
}

impl ImagesWriter {
    /// Writes to `writer`.
    #[must_use]
    pub fn new(writer: BlobWriter) -> Self {
        Self { writer, index: Vec::new(), at: 0 }
    }

    /// Adds an image.
    pub fn push(&mut self, name: &str, encoded: &[u8]) -> io::Result<()> {
        self.writer.write_all(encoded)?;
        self.index.push((name.to_owned(), self.at, self.at + encoded.len()));
        self.at += encoded.len();
        Ok(())
    }

    /// Ends the blob.
    pub fn finish(mut self) -> io::Result<Images> {
        self.writer.write_all(&serde_json::to_vec(&self.index)?)?;
        self.writer.write_all(&(self.at as u64).to_le_bytes())?;
        Images::decode(self.writer.finish().map_err(io::Error::other)?)
    }
}
