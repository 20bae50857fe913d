//! Features of images: named tensors, one row an image.
//!
//! ```text
//! "erpcfeat"  header length (u64)  header (JSON, padded with blanks to 64 bytes)
//! record 0:   tensor 0 | tensor 1 | …
//! record 1:   …
//! ```
//!
//! A tensor in a record is one of
//!
//! - its `f32` values;
//! - one `f32` scale and `f16` values that are multiplied by it, padded to four bytes. The scale is
//!   a power of two, chosen for each image and tensor so that the largest value is near the top of
//!   what an `f16` holds: feature maps of real networks overflow it otherwise;
//! - an `f32` scale and an `f32` offset for each group, then bytes, padded to four. The groups are
//!   what one position on the first axis has: a channel of a map, a token of a sequence. A tensor
//!   of one axis is one group.
//!
//! Numbers are little-endian. Records have one length, so a row is found without an index, and a
//! reader touches only the pages that it asks for. Where only some images are stored, the header lists
//! them in rising order.

mod error;
mod loss;
mod quantised;
mod scaled;
mod writer;

use std::io;
use std::sync::Arc;

use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};

pub use error::FeatureError;
pub use loss::Loss;
pub use writer::FeaturesWriter;
use writer::check;

const MAGIC: &[u8; 8] = b"erpcfeat";

/// Records start at a multiple of this.
const ALIGNMENT_BYTES: usize = 64;

/// How the values of a tensor are stored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Storage {
    /// 32-bit floats, as computed.
    #[default]
    F32,
    /// 16-bit floats with a scale for each image and tensor: half the space, 11 significant bits.
    F16,
    /// 8-bit numbers with a scale and an offset for each image and channel: a quarter of the space.
    U8,
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
            Storage::U8 => quantised::bytes(self.width(), self.group()),
        }
    }

    /// How many values share a scale and an offset as bytes.
    fn group(&self) -> usize {
        match self.shape.as_slice() {
            [] | [_] => self.width(),
            [_, rest @ ..] => rest.iter().product(),
        }
    }

    /// Appends the values of an image.
    fn encode(&self, row: &[f32], record: &mut Vec<u8>) {
        match self.storage {
            Storage::F32 => record.extend(row.iter().flat_map(|value| value.to_le_bytes())),
            Storage::F16 => scaled::encode(row, record),
            Storage::U8 => quantised::encode(row, self.group(), record),
        }
    }

    /// The values of an image out of its bytes.
    fn decode(&self, bytes: &[u8], out: &mut [f32]) {
        match self.storage {
            Storage::F32 => {
                for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
            Storage::F16 => {
                let (scale, bytes) = bytes.split_at(4);
                let scale = f32::from_le_bytes(scale.try_into().expect("four bytes"));
                scaled::decode(bytes, scale, out);
            }
            Storage::U8 => quantised::decode(bytes, self.group(), out),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    images: usize,
    tensors: Vec<TensorInfo>,
    /// The images that are stored, in rising order; all where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<Vec<usize>>,
}

/// Named tensors of many images, memory-mapped.
#[derive(Clone)]
pub struct Features {
    blob: Blob,
    header: Arc<Header>,
    start: usize,
}

/// One tensor of all images.
#[derive(Clone)]
pub struct TensorView<'a> {
    info: &'a TensorInfo,
    records: &'a [u8],
    stride: usize,
    offset: usize,
    stored: Option<&'a [usize]>,
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

    /// A tensor of all images by name; without a name, the only one.
    ///
    /// # Errors
    /// [`FeatureError`] that lists the names, or says that some images are not stored.
    pub fn tensor(&self, name: Option<&str>) -> Result<TensorView<'_>, FeatureError> {
        match &self.header.stored {
            None => self.partial_tensor(name),
            Some(stored) => Err(FeatureError::Partial { stored: stored.len(), images: self.len() }),
        }
    }

    /// The same, though it may be stored of some images alone: for readers who make sure with
    /// [`TensorView::missing`] that those that they ask for are there.
    ///
    /// # Errors
    /// [`FeatureError`] that lists the names.
    pub fn partial_tensor(&self, name: Option<&str>) -> Result<TensorView<'_>, FeatureError> {
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
            records: self.records(),
            stride: self.header.stride(),
            offset: self.tensors()[..index].iter().map(TensorInfo::bytes).sum(),
            stored: self.header.stored.as_deref(),
        })
    }

    /// All records, one after another.
    #[must_use]
    pub fn records(&self) -> &[u8] {
        &self.blob[self.start..]
    }

    /// One tensor, given as a matrix with a row an image.
    ///
    /// # Panics
    /// If a value is not finite.
    #[must_use]
    pub fn in_memory(name: &str, rows: &Array2<f32>) -> Self {
        let tensors = vec![TensorInfo::new(name, vec![rows.ncols()], Storage::F32)];
        let header = Header { images: rows.nrows(), tensors, stored: None };
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

    /// How many images are stored.
    fn count(&self) -> usize {
        self.stored.as_ref().map_or(self.images, Vec::len)
    }

    /// The image of a record.
    fn image(&self, record: usize) -> usize {
        self.stored.as_ref().and_then(|stored| stored.get(record)).copied().unwrap_or(record)
    }

    fn is_sound(&self) -> bool {
        let Some(stored) = &self.stored else { return true };
        stored.is_sorted_by(|one, next| one < next)
            && stored.last().is_none_or(|last| *last < self.images)
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
        let record = self.record(sample).expect("the image is stored");
        let start = record * self.stride + self.offset;
        self.info.decode(&self.records[start..start + self.info.bytes()], out);
    }

    /// The first of some images that is not stored.
    #[must_use]
    pub fn missing(&self, images: &[usize]) -> Option<usize> {
        images.iter().copied().find(|image| self.record(*image).is_none())
    }

    /// Where an image is stored.
    fn record(&self, image: usize) -> Option<usize> {
        match self.stored {
            None => Some(image),
            Some(stored) => stored.binary_search(&image).ok(),
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
        if !header.is_sound() {
            return Err(invalid("the images of the features are out of order"));
        }
        let expected = header.count().checked_mul(header.stride());
        if expected != Some(blob.len() - start) {
            let (images, stride) = (header.count(), header.stride());
            return Err(invalid(format!(
                "expected {images} records of {stride} bytes, found {} bytes",
                blob.len() - start
            )));
        }
        Ok(Self { blob, header: Arc::new(header), start })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

#[cfg(test)]
mod tests;
