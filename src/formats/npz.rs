//! NumPy's `.npz`: a zip archive with one `.npy` file an array.
//!
//! A member that is stored is used where it lies. One that is compressed must be inflated first,
//! somewhere that need not be memory.

use std::io::{self, Cursor, Read as _, Write};
use std::ops::Range;

use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// How an archive with members begins.
const MAGIC: &[u8] = b"PK\x03\x04";

/// How an archive without members begins.
const EMPTY_MAGIC: &[u8] = b"PK\x05\x06";

/// A deflated byte holds no more than this: a member that announces more would only fill a disk.
const MOST_INFLATED: u64 = 1032;

/// What members are called behind the name of their array.
const SUFFIX: &str = ".npy";

/// An archive of arrays.
pub struct Npz<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NpzError {
    /// It is no zip archive, or a damaged one.
    #[error("not a complete .npz archive: {0}")]
    Archive(#[from] ZipError),
    /// A member is encrypted or compressed in a way that NumPy does not use.
    #[error("array `{name}` is encrypted, or compressed by {method}; expected stored or deflated")]
    Method {
        /// The array.
        name: String,
        /// The method.
        method: String,
    },
    /// A member's content is not what the archive says.
    #[error("array `{name}` is damaged: {source}")]
    Damaged {
        /// The array.
        name: String,
        /// What the archive noticed.
        source: io::Error,
    },
    /// A member could not be written out.
    #[error("array `{name}` could not be unpacked: {source}")]
    Write {
        /// The array.
        name: String,
        /// What the system says.
        source: io::Error,
    },
}

impl<'a> Npz<'a> {
    /// Whether a file looks like a zip archive.
    #[must_use]
    pub fn is_zip(file: &[u8]) -> bool {
        file.starts_with(MAGIC) || file.starts_with(EMPTY_MAGIC)
    }

    /// Reads the list of members.
    ///
    /// # Errors
    /// [`NpzError::Archive`].
    pub fn open(file: &'a [u8]) -> Result<Self, NpzError> {
        Ok(Self { archive: ZipArchive::new(Cursor::new(file))? })
    }

    /// The names of the arrays, in the order of the archive.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let array = |name: &str| name.strip_suffix(SUFFIX).map(str::to_owned);
        self.archive.file_names().filter_map(|name| array(&name.ok()?)).collect()
    }

    /// Where a stored array's `.npy` file lies in the archive, once its checksum has been found right;
    /// none if it is compressed.
    ///
    /// # Errors
    /// [`NpzError`].
    pub fn stored(&mut self, name: &str) -> Result<Option<Range<usize>>, NpzError> {
        let mut member = self.member(name)?;
        if member.compression() != CompressionMethod::Stored {
            return Ok(None);
        }
        let size = member.size();
        copy(name, size, &mut member, &mut io::sink())?;
        let start = member.data_start().and_then(|start| usize::try_from(start).ok());
        let size = usize::try_from(size).ok();
        let range = start.zip(size).map(|(start, size)| start..start + size);
        Ok(Some(range.ok_or(ZipError::FileNotFound)?))
    }

    /// Writes an array's `.npy` file to `out` and checks it against its checksum.
    ///
    /// # Errors
    /// [`NpzError`].
    pub fn unpack(&mut self, name: &str, out: &mut impl Write) -> Result<(), NpzError> {
        let mut member = self.member(name)?;
        let (size, packed) = (member.size(), member.compressed_size());
        if size > packed.saturating_mul(MOST_INFLATED).saturating_add(MOST_INFLATED) {
            let message =
                format!("{size} bytes are announced, more than {packed} can hold deflated");
            let source = io::Error::new(io::ErrorKind::InvalidData, message);
            return Err(NpzError::Damaged { name: name.to_owned(), source });
        }
        copy(name, size, &mut member, out)
    }

    fn member(&mut self, name: &str) -> Result<ZipFile<'_, Cursor<&'a [u8]>>, NpzError> {
        let member = self.archive.by_name(&format!("{name}{SUFFIX}"))?;
        let method = member.compression();
        let known = [CompressionMethod::Stored, CompressionMethod::Deflated].contains(&method);
        if member.encrypted() || !known {
            return Err(NpzError::Method { name: name.to_owned(), method: method.to_string() });
        }
        Ok(member)
    }
}

/// Copies a member of the announced size; reading to its end makes the archive check its sum.
fn copy(
    name: &str,
    size: u64,
    member: &mut impl io::Read,
    out: &mut impl Write,
) -> Result<(), NpzError> {
    let damaged = |source| NpzError::Damaged { name: name.to_owned(), source };
    // One byte more than announced: a member that goes on must not fill a disk.
    let mut member = member.take(size.saturating_add(1));
    let mut chunk = vec![0; 1 << 16];
    let mut copied = 0;
    loop {
        let length = member.read(&mut chunk).map_err(damaged)?;
        if length == 0 {
            break;
        }
        copied += length as u64;
        out.write_all(&chunk[..length])
            .map_err(|source| NpzError::Write { name: name.to_owned(), source })?;
    }
    if copied == size {
        return Ok(());
    }
    let message = format!("{copied} bytes where {size} are announced");
    Err(damaged(io::Error::new(io::ErrorKind::InvalidData, message)))
}

#[cfg(test)]
mod tests {
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(members: &[(&str, CompressionMethod, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, method, content) in members {
            let options = SimpleFileOptions::default().compression_method(*method);
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn stored_and_deflated_arrays_are_found() {
        let (stored, deflated) = (CompressionMethod::Stored, CompressionMethod::Deflated);
        let long = [7; 5000];
        let bytes = archive(&[("a.npy", stored, b"one"), ("b.npy", deflated, &long)]);
        let mut npz = Npz::open(&bytes).unwrap();
        assert!(Npz::is_zip(&bytes));
        assert_eq!(npz.names(), ["a", "b"]);
        let range = npz.stored("a").unwrap().unwrap();
        assert_eq!(&bytes[range], b"one");
        assert_eq!(npz.stored("b").unwrap(), None);
        for (name, content) in [("a", &b"one"[..]), ("b", &long)] {
            let mut out = Vec::new();
            npz.unpack(name, &mut out).unwrap();
            assert_eq!(out, content);
        }
        assert!(npz.stored("c").is_err());
    }

    #[test]
    fn a_member_that_announces_more_than_it_can_hold_is_not_unpacked() {
        let mut bytes = archive(&[("a.npy", CompressionMethod::Deflated, &[7; 500])]);
        // The size stands in the central directory, 24 bytes behind its mark.
        let directory = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        bytes[directory + 24..directory + 28].copy_from_slice(&1_000_000_000_u32.to_le_bytes());
        let mut out = Vec::new();
        let error = Npz::open(&bytes).unwrap().unpack("a", &mut out).unwrap_err().to_string();
        assert!(error.contains("1000000000 bytes are announced, more than"), "{error}");
        assert!(out.is_empty());
    }

    #[test]
    fn damage_is_noticed() {
        let bytes = archive(&[("a.npy", CompressionMethod::Stored, b"content")]);
        assert!(Npz::open(&bytes[..bytes.len() - 10]).is_err(), "a cut-off archive");
        assert!(Npz::open(b"PK\x03\x04 nothing").is_err());
        let at = bytes.windows(7).position(|bytes| bytes == b"content").unwrap();
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let error = Npz::open(&damaged).unwrap().stored("a").unwrap_err().to_string();
        assert!(error.starts_with("array `a` is damaged: "), "{error}");
    }
}
