//! Encoded pictures, packed one behind the other.
//!
//! ```text
//! picture 0 | picture 1 | … | index | index offset (u64) | count (u64) | "ERPCIMG1"
//! index entry: offset (u64) | length (u64) | name length (u32) | name (UTF-8)
//! ```
//!
//! The index stands at the end, so that pictures can be written as they arrive. All numbers are
//! little-endian.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use crate::artifact::{Artifact, ArtifactKind, Blob, BlobWriter, invalid};

const MAGIC: &[u8; 8] = b"ERPCIMG1";
const FOOTER_BYTES: usize = 24;

/// Encoded pictures in a fixed order; a clone shares the bytes.
#[derive(Clone)]
pub struct Images {
    blob: Blob,
    entries: Arc<[Entry]>,
}

#[derive(Debug)]
struct Entry {
    picture: Range<usize>,
    name: Range<usize>,
}

impl Images {
    /// How many pictures there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The encoded picture at position `image`.
    ///
    /// # Panics
    /// If there is no such picture.
    #[must_use]
    pub fn bytes(&self, image: usize) -> &[u8] {
        &self.blob[self.entries[image].picture.clone()]
    }

    /// The name of the picture at position `image`.
    ///
    /// # Panics
    /// If there is no such picture.
    #[must_use]
    pub fn name(&self, image: usize) -> &str {
        let bytes = &self.blob[self.entries[image].name.clone()];
        std::str::from_utf8(bytes).expect("names were checked when the index was read")
    }

    /// Packs a few pictures in memory.
    ///
    /// # Panics
    /// If a name is longer than 4 GiB.
    #[must_use]
    pub fn in_memory(pictures: &[(&str, &[u8])]) -> Self {
        let mut bytes = Vec::new();
        let mut index = Index::default();
        for (name, picture) in pictures {
            bytes.extend_from_slice(picture);
            index.push(name, picture.len()).expect("a name is short");
        }
        index.write(&mut bytes).expect("writing to memory cannot fail");
        Self::decode(Blob::from_bytes(&bytes)).expect("the index was just written")
    }
}

impl Artifact for Images {
    const KIND: ArtifactKind = ArtifactKind("images");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.blob)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let entries = read_index(&blob)?.into();
        Ok(Self { blob, entries })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

/// Packs pictures as they arrive.
pub struct ImagesWriter {
    out: BlobWriter,
    index: Index,
}

impl ImagesWriter {
    /// Packs into `out`.
    #[must_use]
    pub fn new(out: BlobWriter) -> Self {
        Self { out, index: Index::default() }
    }

    /// Appends one encoded picture.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn push(&mut self, name: &str, encoded: &[u8]) -> io::Result<()> {
        self.index.push(name, encoded.len())?;
        self.out.write_all(encoded)
    }

    /// Writes the index; the result is a view of the finished file.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn finish(mut self) -> io::Result<Images> {
        self.index.write(&mut self.out)?;
        Images::decode(self.out.finish().map_err(io::Error::other)?)
    }
}

/// The index while it grows; only lengths and names, never pictures.
#[derive(Default)]
struct Index {
    encoded: Vec<u8>,
    count: u64,
    offset: u64,
}

impl Index {
    fn push(&mut self, name: &str, length: usize) -> io::Result<()> {
        let name_length = u32::try_from(name.len()).map_err(|_| invalid("a name is too long"))?;
        self.encoded.extend_from_slice(&self.offset.to_le_bytes());
        self.encoded.extend_from_slice(&(length as u64).to_le_bytes());
        self.encoded.extend_from_slice(&name_length.to_le_bytes());
        self.encoded.extend_from_slice(name.as_bytes());
        self.count += 1;
        self.offset += length as u64;
        Ok(())
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.encoded)?;
        out.write_all(&self.offset.to_le_bytes())?;
        out.write_all(&self.count.to_le_bytes())?;
        out.write_all(MAGIC)
    }
}

fn read_index(blob: &[u8]) -> io::Result<Vec<Entry>> {
    let footer_at = blob.len().checked_sub(FOOTER_BYTES).ok_or_else(damaged)?;
    let mut footer = Cursor { bytes: blob, at: footer_at };
    let (index_at, count) = (footer.length()?, footer.length()?);
    if &blob[footer.at..] != MAGIC || index_at > footer_at {
        return Err(damaged());
    }
    let mut cursor = Cursor { bytes: &blob[..footer_at], at: index_at };
    let mut entries = Vec::new();
    for _ in 0..count {
        let entry = cursor.entry()?;
        if entry.picture.end > index_at {
            return Err(damaged());
        }
        entries.push(entry);
    }
    if cursor.at == footer_at { Ok(entries) } else { Err(damaged()) }
}

fn damaged() -> io::Error {
    invalid("the index of the packed images does not fit the file")
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, length: usize) -> io::Result<Range<usize>> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let range = self.at..end.ok_or_else(damaged)?;
        self.at = range.end;
        Ok(range)
    }

    fn length(&mut self) -> io::Result<usize> {
        let range = self.take(8)?;
        let bytes = &self.bytes[range];
        let number = u64::from_le_bytes(bytes.try_into().expect("eight bytes were taken"));
        usize::try_from(number).map_err(|_| damaged())
    }

    fn entry(&mut self) -> io::Result<Entry> {
        let (offset, length) = (self.length()?, self.length()?);
        let range = self.take(4)?;
        let bytes = &self.bytes[range];
        let name_length = u32::from_le_bytes(bytes.try_into().expect("four bytes were taken"));
        let name = self.take(name_length as usize)?;
        std::str::from_utf8(&self.bytes[name.clone()]).map_err(|_| damaged())?;
        let end = offset.checked_add(length).ok_or_else(damaged)?;
        Ok(Entry { picture: offset..end, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_back_by_position() {
        let images = Images::in_memory(&[("a.png", b"first"), ("ä.jpg", b""), ("c", b"third")]);
        assert_eq!(images.len(), 3);
        assert_eq!((images.name(1), images.bytes(1)), ("ä.jpg", &b""[..]));
        assert_eq!((images.name(2), images.bytes(2)), ("c", &b"third"[..]));
    }

    #[test]
    fn a_writer_gives_the_same_bytes_as_memory() {
        let folder = tempfile::tempdir().unwrap();
        let out = BlobWriter::create(folder.path().join("images")).unwrap();
        let mut writer = ImagesWriter::new(out);
        writer.push("a", b"xyz").unwrap();
        let images = writer.finish().unwrap();
        assert_eq!(&images.blob[..], &Images::in_memory(&[("a", b"xyz")]).blob[..]);
        assert!(images.sealed().unwrap().sealed().is_some());
    }

    #[test]
    fn a_shortened_file_is_refused() {
        let blob = Images::in_memory(&[("a", b"xyz"), ("b", b"uvw")]).blob;
        for length in 0..blob.len() {
            assert!(Images::decode(Blob::from_bytes(&blob[..length])).is_err(), "{length} bytes");
            assert!(Images::decode(Blob::from_bytes(&blob[length + 1..])).is_err());
        }
    }
}
