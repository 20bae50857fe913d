//! Features of images: named tensors, one row an image.
//!
//! ```text
//! "erpcfeat"  header length (u64)  header (JSON, padded with blanks to 64 bytes)
//! record 0:   tensor 0 | tensor 1 | …
//! record 1:   …
//! ```
//!
//! A tensor in a record is its `f32` values, or one `f32` scale and `f16` values that are multiplied
//! by it, padded to four bytes. The scale is a power of two, chosen for each image and tensor so that
//! the largest value is near the top of what an `f16` holds: feature maps of real networks overflow
//! it otherwise. Numbers are little-endian. Records have one length, so a row is found without an
//! index, and a reader touches only the pages that it asks for.

use std::io::{self, Write as _};

use half::f16;
use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, BlobWriter, invalid};

const MAGIC: &[u8; 8] = b"erpcfeat";

/// Records start at a multiple of this.
const ALIGNMENT_BYTES: usize = 64;

/// The power of two that the largest value of a scaled row is brought just below.
const TOP_EXPONENT: u32 = 14;

/// How the values of a tensor are stored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Storage {
    /// 32-bit floats, as computed.
    #[default]
    F32,
    /// 16-bit floats with a scale for each image and tensor: half the space, 11 significant bits.
    F16,
}

/// The name, shape and storage of a tensor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TensorInfo {
    /// The name.
    pub name: String,
    /// The shape for one image.
    pub shape: Vec<usize>,
    /// How it is stored.
    pub storage: Storage,
}

impl TensorInfo {
    /// A tensor with this name and shape.
    #[must_use]
    pub fn new(name: impl Into<String>, shape: Vec<usize>, storage: Storage) -> Self {
        Self { name: name.into(), shape, storage }
    }

    /// How many values an image has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    fn bytes(&self) -> usize {
        match self.storage {
            Storage::F32 => 4 * self.width(),
            Storage::F16 => 4 + (2 * self.width()).next_multiple_of(4),
        }
    }
}

/// A tensor that features do not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureError {
    /// No tensor has this name.
    #[error("the features hold no tensor `{name}`, only {}", offered.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        offered: Vec<String>,
    },
    /// There are several, and none was named.
    #[error("the features hold several tensors ({}); name one", offered.join(", "))]
    Ambiguous {
        /// The names there are.
        offered: Vec<String>,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    images: usize,
    tensors: Vec<TensorInfo>,
}

/// Named tensors of many images, memory-mapped.
#[derive(Clone)]
pub struct Features {
    blob: Blob,
    header: std::sync::Arc<Header>,
    start: usize,
}

/// One tensor of all images.
#[derive(Clone)]
pub struct TensorView<'a> {
    info: &'a TensorInfo,
    records: &'a [u8],
    stride: usize,
    offset: usize,
}

impl Features {
    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.header.images
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tensors, in the order in which they were written.
    #[must_use]
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.header.tensors
    }

    /// A tensor by name; without a name, the only one.
    ///
    /// # Errors
    /// [`FeatureError`] that lists the names.
    pub fn tensor(&self, name: Option<&str>) -> Result<TensorView<'_>, FeatureError> {
        let offered = || self.tensors().iter().map(|info| info.name.clone()).collect();
        let index = match name {
            Some(name) => {
                self.tensors().iter().position(|info| info.name == name).ok_or_else(|| {
                    FeatureError::Unknown { name: name.to_owned(), offered: offered() }
                })?
            }
            None if self.tensors().len() == 1 => 0,
            None => return Err(FeatureError::Ambiguous { offered: offered() }),
        };
        Ok(TensorView {
            info: &self.tensors()[index],
            records: &self.blob[self.start..],
            stride: self.header.stride(),
            offset: self.tensors()[..index].iter().map(TensorInfo::bytes).sum(),
        })
    }

    /// One tensor, given as a matrix with a row an image.
    ///
    /// # Panics
    /// If a value is not finite.
    #[must_use]
    pub fn in_memory(name: &str, rows: &Array2<f32>) -> Self {
        let tensors = vec![TensorInfo::new(name, vec![rows.ncols()], Storage::F32)];
        let header = Header { images: rows.nrows(), tensors };
        let mut bytes = header.encode();
        for (image, row) in rows.outer_iter().enumerate() {
            check(image, name, row.iter()).expect("features in memory are finite");
            bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
        }
        Self::decode(Blob::from_bytes(&bytes)).expect("what was just encoded decodes")
    }
}

impl Header {
    fn stride(&self) -> usize {
        self.tensors.iter().map(TensorInfo::bytes).sum()
    }

    fn encode(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec(self).expect("a header is plain data");
        let fixed = MAGIC.len() + size_of::<u64>();
        json.resize((fixed + json.len()).next_multiple_of(ALIGNMENT_BYTES) - fixed, b' ');
        let mut bytes = MAGIC.to_vec();
        bytes.extend((json.len() as u64).to_le_bytes());
        bytes.extend(json);
        bytes
    }
}

impl TensorView<'_> {
    /// The shape for one image.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.info.shape
    }

    /// How many values an image has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.info.width()
    }

    /// Copies the values of one image.
    ///
    /// # Panics
    /// If there is no such image, or `out` is not [`width`](Self::width) long.
    pub fn read_row(&self, sample: usize, out: &mut [f32]) {
        assert_eq!(out.len(), self.width(), "a row of `{}` has this length", self.info.name);
        let start = sample * self.stride + self.offset;
        let bytes = &self.records[start..start + self.info.bytes()];
        match self.info.storage {
            Storage::F32 => {
                for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
            Storage::F16 => {
                let (scale, bytes) = bytes.split_at(4);
                let scale = f32::from_le_bytes(scale.try_into().expect("four bytes"));
                for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *value = scaled(*bytes, scale);
                }
            }
        }
    }
}

impl Artifact for Features {
    const KIND: ArtifactKind = ArtifactKind("features");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.blob)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let fixed = MAGIC.len() + size_of::<u64>();
        let length = blob.strip_prefix(MAGIC).and_then(|rest| rest.first_chunk());
        let length = length.ok_or_else(|| invalid("expected the head of a features file"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok();
        let json = length.and_then(|length| blob.get(fixed..fixed.checked_add(length)?));
        let json = json.ok_or_else(|| invalid("the header of the features is cut off"))?;
        let header: Header = serde_json::from_slice(json)?;
        let start = fixed + json.len();
        let expected = header.images.checked_mul(header.stride());
        if expected != Some(blob.len() - start) {
            let (images, stride) = (header.images, header.stride());
            return Err(invalid(format!(
                "expected {images} records of {stride} bytes, found {} bytes",
                blob.len() - start
            )));
        }
        Ok(Self { blob, header: std::sync::Arc::new(header), start })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

/// Writes features image by image.
pub struct FeaturesWriter {
    writer: BlobWriter,
    header: Header,
    written: usize,
    record: Vec<u8>,
}

impl FeaturesWriter {
    /// Begins a file for `images` images.
    ///
    /// # Errors
    /// What the system reports.
    pub fn new(
        mut writer: BlobWriter,
        tensors: Vec<TensorInfo>,
        images: usize,
    ) -> io::Result<Self> {
        let header = Header { images, tensors };
        writer.write_all(&header.encode())?;
        Ok(Self { writer, header, written: 0, record: Vec::new() })
    }

    /// Adds the next image: the values of each tensor.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidData`] for a value that is not finite.
    ///
    /// # Panics
    /// If the rows are not those of the tensors.
    pub fn push(&mut self, rows: &[&[f32]]) -> io::Result<()> {
        assert_eq!(rows.len(), self.header.tensors.len(), "a row a tensor");
        self.record.clear();
        for (info, row) in self.header.tensors.iter().zip(rows) {
            assert_eq!(row.len(), info.width(), "a row of `{}` has this length", info.name);
            check(self.written, &info.name, row.iter())?;
            match info.storage {
                Storage::F32 => {
                    self.record.extend(row.iter().flat_map(|value| value.to_le_bytes()));
                }
                Storage::F16 => encode_scaled(row, &mut self.record),
            }
        }
        self.written += 1;
        self.writer.write_all(&self.record)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidData`] if images are missing.
    pub fn finish(self) -> io::Result<Features> {
        if self.written != self.header.images {
            let (written, images) = (self.written, self.header.images);
            return Err(invalid(format!("{written} images were written, {images} announced")));
        }
        Features::decode(self.writer.finish().map_err(io::Error::other)?)
    }
}

fn check<'a>(image: usize, tensor: &str, values: impl Iterator<Item = &'a f32>) -> io::Result<()> {
    match values.enumerate().find(|(_, value)| !value.is_finite()) {
        Some((at, value)) => {
            Err(invalid(format!("image {image}: tensor `{tensor}` is {value} at position {at}")))
        }
        None => Ok(()),
    }
}

/// The value that a half and its scale stand for. Rounding up next to the largest float must not
/// give infinity.
fn scaled(half: [u8; 2], scale: f32) -> f32 {
    (f16::from_le_bytes(half).to_f32() * scale).clamp(f32::MIN, f32::MAX)
}

/// Appends a scale and the values divided by it. The scale is a power of two, so dividing is exact.
fn encode_scaled(row: &[f32], record: &mut Vec<u8>) {
    let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = power_above(largest) / f32::from(1_u16 << TOP_EXPONENT);
    record.extend(scale.to_le_bytes());
    record.extend(row.iter().flat_map(|value| f16::from_f32(value / scale).to_le_bytes()));
    if row.len() % 2 == 1 {
        record.extend([0; 2]);
    }
}

/// The power of two just above a value, kept where its inverse and its 2^-14 are normal numbers.
fn power_above(value: f32) -> f32 {
    const SMALLEST: f32 = 1.0e-30;
    let exponent = value.max(SMALLEST).to_bits() >> 23;
    f32::from_bits((exponent + 1).min(0xfe) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> (tempfile::TempDir, BlobWriter) {
        let folder = tempfile::tempdir().unwrap();
        let writer = BlobWriter::create(folder.path().join("features")).unwrap();
        (folder, writer)
    }

    fn read(features: &Features, name: &str, sample: usize) -> Vec<f32> {
        let view = features.tensor(Some(name)).unwrap();
        let mut row = vec![0.0; view.width()];
        view.read_row(sample, &mut row);
        row
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let (_folder, writer) = writer();
        let tensors = vec![
            TensorInfo::new("map", vec![3, 1, 1], Storage::F16),
            TensorInfo::new("pooled", vec![2], Storage::F32),
        ];
        let mut writer = FeaturesWriter::new(writer, tensors.clone(), 2).unwrap();
        writer.push(&[&[1.0, -2.0, 0.25], &[0.1, 0.2]]).unwrap();
        writer.push(&[&[83_554.0, 0.0, -1.0], &[3.0, f32::MAX]]).unwrap();
        let features = writer.finish().unwrap();
        assert_eq!((features.len(), features.tensors()), (2, &tensors[..]));
        assert_eq!(read(&features, "map", 0), [1.0, -2.0, 0.25]);
        assert_eq!(read(&features, "pooled", 1), [3.0, f32::MAX]);
        let scaled = read(&features, "map", 1);
        assert!((scaled[0] - 83_554.0).abs() < 83_554.0 / 2048.0, "{scaled:?}");
        assert_eq!(scaled[1..], [0.0, -1.0]);
    }

    #[test]
    fn halves_keep_eleven_bits_at_any_size() {
        for size in [0.0, 1.0e-30, 3.0e-8, 1.0, 65_504.0, 1.0e30, f32::MAX] {
            let row = [size, -size / 3.0, size / 1000.0];
            let mut record = Vec::new();
            encode_scaled(&row, &mut record);
            let scale = f32::from_le_bytes(record[..4].try_into().unwrap());
            for (value, bytes) in row.iter().zip(record[4..].as_chunks().0) {
                let found = scaled(*bytes, scale);
                assert!((found - value).abs() <= value.abs() / 2048.0, "{size}: {found} {value}");
            }
        }
    }

    #[test]
    fn a_value_that_is_not_finite_is_refused_with_its_place() {
        let (_folder, writer) = writer();
        let tensors = vec![TensorInfo::new("pooled", vec![2], Storage::F32)];
        let mut writer = FeaturesWriter::new(writer, tensors, 2).unwrap();
        writer.push(&[&[1.0, 2.0]]).unwrap();
        let error = writer.push(&[&[1.0, f32::NAN]]).unwrap_err();
        assert_eq!(error.to_string(), "image 1: tensor `pooled` is NaN at position 1");
        assert!(writer.finish().is_err(), "an image is missing");
    }

    #[test]
    fn a_tensor_must_be_named_where_there_are_several() {
        let features = Features::in_memory("pooled", &Array2::ones((2, 3)));
        assert_eq!(features.tensor(None).unwrap().width(), 3);
        assert_eq!(read(&features, "pooled", 1), [1.0; 3]);
        let error = features.tensor(Some("map")).err().unwrap();
        assert_eq!(error.to_string(), "the features hold no tensor `map`, only pooled");
    }

    #[test]
    fn bytes_that_are_no_features_are_refused() {
        let mut bytes = Vec::new();
        Features::in_memory("x", &Array2::ones((2, 3))).encode(&mut bytes).unwrap();
        assert!(Features::decode(Blob::from_bytes(&bytes)).is_ok());
        for end in [0, 7, 15, 30, bytes.len() - 1] {
            assert!(Features::decode(Blob::from_bytes(&bytes[..end])).is_err(), "{end} bytes");
        }
        bytes.push(0);
        assert!(Features::decode(Blob::from_bytes(&bytes)).is_err());
    }
}
