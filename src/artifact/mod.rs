//! What stages hand to each other: typed values that are stored as bytes.
//!
//! An [`Artifact`] knows its [`ArtifactKind`] (ports are checked against it before anything runs)
//! and a canonical encoding: equal values give equal bytes, because bytes are what the store
//! compares. Encodings stream; decoding may keep the memory map, since feature maps are gigabytes.
//!
//! One file a kind lives beside the code that gives it meaning; this module holds the seam itself
//! and the two kinds that people look at, tables and figures.

mod blob;
mod curves;
mod figure;
mod measures;
mod table;
mod table_rows;
mod text;

use std::fmt;
use std::io;

pub use blob::{Blob, BlobWriter};
pub use curves::Curves;
pub use figure::{
    Bounds, Dash, Drawing, Figure, HorizontalAnchor, Ink, Picture, Point, Shape, Text, Turn,
    VerticalAnchor, text_width,
};
pub use measures::Measures;
pub use table::{
    Cell, Presentation, Scale, Stamp, Table, TableColumn, TableViews, Values, read_columns,
};
pub use table_rows::ParquetRows;
pub use text::PlainText;

/// The name of a kind of artifact, as ports and messages show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ArtifactKind(pub &'static str);

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// A value that can be an output of one stage and an input of another.
pub trait Artifact: Sized + Send + 'static {
    /// What ports are matched by.
    const KIND: ArtifactKind;

    /// The version of the encoding; it is part of every key that the artifact enters.
    const CODEC: u32;

    /// Writes the canonical encoding: equal values, equal bytes.
    ///
    /// # Errors
    /// Whatever `out` reports.
    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()>;

    /// Reads a value back; it may keep `blob`.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] when the bytes are not an encoding of this kind.
    fn decode(blob: Blob) -> io::Result<Self>;

    /// The blob behind the value, where the value is a view of one that is already encoded.
    ///
    /// A stage that streamed its output to a [`BlobWriter`] hands the finished blob on this way,
    /// so that nothing is written twice.
    fn sealed(&self) -> Option<&Blob> {
        None
    }
}

/// An [`io::ErrorKind::InvalidData`] error, for decoders.
#[must_use]
pub fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}
