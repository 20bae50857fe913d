//! The artifact that carries a network from one stage to the next.

use std::io;

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};

use super::{Graph, OnnxError};

/// An ONNX file, byte for byte.
#[derive(Clone)]
pub struct OnnxModel {
    file: Blob,
}

impl OnnxModel {
    /// Takes a file that parses.
    ///
    /// # Errors
    /// [`OnnxError`] if it is not a network.
    pub fn new(file: Blob) -> Result<Self, OnnxError> {
        Graph::parse(&file)?;
        Ok(Self { file })
    }

    /// The network in it.
    ///
    /// # Errors
    /// [`OnnxError`] if it is damaged.
    pub fn graph(&self) -> Result<Graph, OnnxError> {
        Graph::parse(&self.file)
    }

    /// The length of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.file.len()
    }
}

impl Artifact for OnnxModel {
    const KIND: ArtifactKind = ArtifactKind("onnx-model");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.file)
    }

    fn decode(file: Blob) -> io::Result<Self> {
        if file.is_empty() {
            return Err(invalid("expected an ONNX file, found nothing"));
        }
        Ok(Self { file })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.file)
    }
}

/// A network that is published: an ONNX file beside the tables and figures of an experiment.
#[derive(Clone)]
pub struct OnnxFile(pub OnnxModel);

impl Artifact for OnnxFile {
    const KIND: ArtifactKind = ArtifactKind("onnx-file");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        self.0.encode(out)
    }

    fn decode(file: Blob) -> io::Result<Self> {
        OnnxModel::decode(file).map(Self)
    }

    fn sealed(&self) -> Option<&Blob> {
        self.0.sealed()
    }
}
