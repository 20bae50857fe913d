//! Writes MATLAB files of level 5, sound ones and broken ones.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Codes of classes.
pub(crate) const CELL: u8 = 1;
pub(crate) const CHAR: u8 = 4;
pub(crate) const DOUBLE: u8 = 6;

/// Codes of stored types.
pub(crate) const MI_U16: u32 = 4;
pub(crate) const MI_F64: u32 = 9;

const MI_I8: u32 = 1;
const MI_I32: u32 = 5;
const MI_U32: u32 = 6;
const MI_MATRIX: u32 = 14;
const MI_COMPRESSED: u32 = 15;

/// A file that grows variable by variable.
#[derive(Clone)]
pub(crate) struct MatWriter {
    bytes: Vec<u8>,
    is_big: bool,
    is_compressed: bool,
}

impl MatWriter {
    /// A file with the lower byte first and nothing compressed.
    pub(crate) fn new() -> Self {
        Self::with_version(0x0100, false, false)
    }

    /// A file whose variables are compressed.
    pub(crate) fn compressed() -> Self {
        Self::with_version(0x0100, false, true)
    }

    /// A file with another version, byte order or compression.
    pub(crate) fn with_version(version: u16, is_big: bool, is_compressed: bool) -> Self {
        let mut bytes = b"MATLAB 5.0 MAT-file, made by a test".to_vec();
        bytes.resize(124, b' ');
        let mut writer = Self { bytes, is_big, is_compressed };
        let (version, order) = (writer.unsigned(version.into(), 2), writer.unsigned(0x4d49, 2));
        writer.bytes.extend(version);
        writer.bytes.extend(order);
        writer
    }

    /// Adds doubles, column by column.
    pub(crate) fn doubles(self, name: &str, dims: [u32; 2], values: &[f64]) -> Self {
        let content = self.numbers(MI_F64, values);
        self.matrix(name, DOUBLE, &dims, &content)
    }

    /// Adds a column of doubles that are stored in two bytes each, as MATLAB stores indices.
    pub(crate) fn indices(self, name: &str, values: &[u16]) -> Self {
        let values: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let content = self.numbers(MI_U16, &values);
        let count = u32::try_from(values.len()).expect("few values");
        self.matrix(name, DOUBLE, &[count, 1], &content)
    }

    /// Adds a column of cells with a string each.
    pub(crate) fn texts(self, name: &str, texts: &[&str]) -> Self {
        let cells: Vec<u8> = texts.iter().flat_map(|text| self.cell(text)).collect();
        let count = u32::try_from(texts.len()).expect("few texts");
        self.matrix(name, CELL, &[count, 1], &cells)
    }

    /// Adds any matrix.
    pub(crate) fn matrix(mut self, name: &str, class: u8, dims: &[u32], content: &[u8]) -> Self {
        let matrix = self.plain_matrix(name, class, dims, content);
        if !self.is_compressed {
            self.bytes.extend(matrix);
            return self;
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&matrix).expect("memory takes everything");
        let stream = encoder.finish().expect("memory takes everything");
        self.bytes.extend(self.tag(MI_COMPRESSED, stream.len()));
        self.bytes.extend(stream);
        self
    }

    /// The element with numbers, stored as `storage`.
    pub(crate) fn numbers(&self, storage: u32, values: &[f64]) -> Vec<u8> {
        let number = |value: &f64| match storage {
            MI_F64 => self.ordered(&value.to_le_bytes()),
            MI_U16 => self.unsigned(*value as u64, 2),
            other => panic!("type {other} is not written here"),
        };
        let content: Vec<u8> = values.iter().flat_map(number).collect();
        self.element(storage, &content)
    }

    /// An element; short content stands in the tag.
    pub(crate) fn element(&self, kind: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = if (1..=4).contains(&content.len()) {
            self.unsigned((content.len() as u64) << 16 | u64::from(kind), 4)
        } else {
            self.tag(kind, content.len())
        };
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    /// The whole file.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn cell(&self, text: &str) -> Vec<u8> {
        let units: Vec<u8> =
            text.encode_utf16().flat_map(|unit| self.unsigned(unit.into(), 2)).collect();
        let count = u32::try_from(text.encode_utf16().count()).expect("a short text");
        let content = self.element(MI_U16, &units);
        self.plain_matrix("", CHAR, &[1, count], &content)
    }

    fn plain_matrix(&self, name: &str, class: u8, dims: &[u32], content: &[u8]) -> Vec<u8> {
        let words = |words: &[u32]| -> Vec<u8> {
            words.iter().flat_map(|word| self.unsigned((*word).into(), 4)).collect()
        };
        let inner = [
            self.element(MI_U32, &words(&[class.into(), 0])),
            self.element(MI_I32, &words(dims)),
            self.element(MI_I8, name.as_bytes()),
            content.to_vec(),
        ]
        .concat();
        [self.tag(MI_MATRIX, inner.len()), inner].concat()
    }

    fn tag(&self, kind: u32, bytes: usize) -> Vec<u8> {
        [self.unsigned(kind.into(), 4), self.unsigned(bytes as u64, 4)].concat()
    }

    fn unsigned(&self, value: u64, width: usize) -> Vec<u8> {
        self.ordered(&value.to_le_bytes()[..width])
    }

    fn ordered(&self, little: &[u8]) -> Vec<u8> {
        let mut bytes = little.to_vec();
        if self.is_big {
            bytes.reverse();
        }
        bytes
    }
}
