//! Bytes of an artifact, in memory or mapped from the store, and the writer that makes them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::fs::{self, FsResult};
use crate::id::{Digest, Hasher};

/// Immutable bytes that are cheap to clone; they read like a slice.
#[derive(Clone)]
pub struct Blob {
    bytes: Bytes,
    file: Option<Arc<SealedFile>>,
}

#[derive(Clone)]
enum Bytes {
    Memory(Arc<[u8]>),
    Mapped(Arc<Mmap>),
}

/// A finished file in a scratch folder.
#[derive(Debug)]
struct SealedFile {
    path: PathBuf,
    digest: Digest,
}

impl Blob {
    /// Holds `bytes` in memory.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: Bytes::Memory(bytes.into()), file: None }
    }

    /// Maps a file that nobody changes any more.
    pub fn map(path: &Path) -> FsResult<Self> {
        let bytes = match fs::map(path)? {
            Some(map) => Bytes::Mapped(Arc::new(map)),
            None => Bytes::Memory(Arc::new([])),
        };
        Ok(Self { bytes, file: None })
    }

    /// The scratch file and digest of a blob that a [`BlobWriter`] finished.
    #[must_use]
    pub fn sealed(&self) -> Option<(&Path, Digest)> {
        self.file.as_ref().map(|file| (file.path.as_path(), file.digest))
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Memory(bytes) => bytes,
            Bytes::Mapped(map) => map,
        }
    }
}

/// Writes a scratch file and hashes it on the way.
pub struct BlobWriter {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Hasher,
}

impl BlobWriter {
    /// Creates the file at `path`.
    pub fn create(path: PathBuf) -> FsResult<Self> {
        let file = BufWriter::with_capacity(1 << 18, fs::create(&path)?);
        Ok(Self { path, file, hasher: Hasher::default() })
    }

    /// Flushes and syncs; the content is final from here on.
    pub fn finish(self) -> FsResult<Blob> {
        let Self { path, file, hasher } = self;
        let file = fs::context("write", &path, file.into_inner().map_err(io::Error::from))?;
        fs::context("sync", &path, file.sync_all())?;
        let blob = Blob::map(&path)?;
        let sealed = SealedFile { path, digest: hasher.finish() };
        Ok(Blob { file: Some(Arc::new(sealed)), ..blob })
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
