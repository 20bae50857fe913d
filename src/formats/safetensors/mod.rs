//! Safetensors: named arrays.
//!
//! ```text
//! header length (u64)
//! header: {"name": {"dtype": "F32", "shape": [10, 3], "data_offsets": [0, 120]}, …}  blanks
//! the numbers of all arrays, without gaps, little-endian, the last index running fastest
//! ```
//!
//! Offsets are checked as a whole: every byte behind the header belongs to exactly one array.
//! Entries of `__metadata__` are left alone.

mod header;
mod writer;

use super::array::{ArrayError, ArrayInfo, Layout};
use super::element::{ByteOrder, Element};
use header::Entries;

pub use writer::SafetensorsWriter;

/// Arrays and their names, in the order of the file.
pub type NamedArrays = Vec<(String, ArrayInfo)>;

/// The largest header that is read. The reference implementation has the same limit.
const LARGEST_HEADER_BYTES: usize = 100_000_000;

/// Why bytes are no safetensors file that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SafetensorsError {
    /// It ends inside its header, or is something else.
    #[error("the header should take {claimed} bytes, but {got} are left")]
    CutOff {
        /// What the file says.
        claimed: u64,
        /// What there is.
        got: usize,
    },
    /// The header is no JSON object of arrays.
    #[error("the header is not that of a safetensors file: {0}")]
    Header(serde_json::Error),
    /// The type of an array's numbers is unknown.
    #[error(
        "array `{name}` holds `{dtype}`; expected BOOL, I8 to I64, U8 to U64, F16, BF16, F32 or F64"
    )]
    Element {
        /// The array.
        name: String,
        /// The type.
        dtype: String,
    },
    /// An array begins where another one has not ended, or leaves bytes between them.
    #[error("array `{name}` begins at byte {begin} of the data, expected {expected}: {what}")]
    Offsets {
        /// The array.
        name: String,
        /// Where it begins.
        begin: usize,
        /// Where the one before it ends.
        expected: usize,
        /// Whether they overlap.
        what: &'static str,
    },
    /// An array ends before it begins, or beyond the file.
    #[error("array `{name}` takes the bytes {begin} to {end} of {length} bytes of data")]
    Range {
        /// The array.
        name: String,
        /// Where it begins.
        begin: usize,
        /// Where it ends.
        end: usize,
        /// How many there are.
        length: usize,
    },
    /// Bytes belong to no array.
    #[error("the arrays end at byte {end} of the data, but there are {length} bytes")]
    Trailing {
        /// The end of the last array.
        end: usize,
        /// The length of the data.
        length: usize,
    },
    /// The shape of an array does not fit its bytes.
    #[error("array `{name}`: {source}")]
    Array {
        /// The array.
        name: String,
        /// What does not fit.
        source: ArrayError,
    },
}

/// Whether a file looks like this format: a length, then an object.
#[must_use]
pub fn is_safetensors(file: &[u8]) -> bool {
    let Some((length, rest)) = file.split_first_chunk() else { return false };
    u64::from_le_bytes(*length) <= LARGEST_HEADER_BYTES as u64 && rest.starts_with(b"{")
}

/// Describes the arrays of a whole file.
///
/// # Errors
/// [`SafetensorsError`].
pub fn parse(file: &[u8]) -> Result<NamedArrays, SafetensorsError> {
    let cut_off = |claimed, got| SafetensorsError::CutOff { claimed, got };
    let (length, rest) = file.split_first_chunk().ok_or_else(|| cut_off(8, file.len()))?;
    let claimed = u64::from_le_bytes(*length);
    let length = usize::try_from(claimed).ok().filter(|length| *length <= LARGEST_HEADER_BYTES);
    let split = length.and_then(|length| rest.split_at_checked(length));
    let (header, data) = split.ok_or_else(|| cut_off(claimed, rest.len()))?;
    let Entries(mut entries) = serde_json::from_slice(header).map_err(SafetensorsError::Header)?;
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let start = file.len() - data.len();
    let mut arrays = Vec::with_capacity(entries.len());
    let mut expected = 0;
    for (name, entry) in entries {
        let [begin, end] = entry.data_offsets;
        if begin > end || end > data.len() {
            return Err(SafetensorsError::Range { name, begin, end, length: data.len() });
        }
        if begin != expected {
            let what = if begin < expected { "arrays overlap" } else { "bytes lie between arrays" };
            return Err(SafetensorsError::Offsets { name, begin, expected, what });
        }
        let Some(element) = element(&entry.dtype) else {
            return Err(SafetensorsError::Element { name, dtype: entry.dtype });
        };
        let place = start + begin..start + end;
        let info = ArrayInfo::new(element, ByteOrder::Little, Layout::RowMajor, entry.shape, place);
        match info {
            Ok(info) => arrays.push((name, info)),
            Err(source) => return Err(SafetensorsError::Array { name, source }),
        }
        expected = end;
    }
    if expected != data.len() {
        return Err(SafetensorsError::Trailing { end: expected, length: data.len() });
    }
    Ok(arrays)
}

/// Every type of number and its name in this format.
const ELEMENTS: [(Element, &str); 13] = [
    (Element::Bool, "BOOL"),
    (Element::I8, "I8"),
    (Element::U8, "U8"),
    (Element::I16, "I16"),
    (Element::U16, "U16"),
    (Element::I32, "I32"),
    (Element::U32, "U32"),
    (Element::I64, "I64"),
    (Element::U64, "U64"),
    (Element::F16, "F16"),
    (Element::Bf16, "BF16"),
    (Element::F32, "F32"),
    (Element::F64, "F64"),
];

fn element(dtype: &str) -> Option<Element> {
    let found = ELEMENTS.iter().find(|(_, name)| *name == dtype);
    found.map(|(element, _)| *element)
}

fn dtype(element: Element) -> &'static str {
    let found = ELEMENTS.iter().find(|(other, _)| *other == element);
    found.expect("every element has a name").1
}

#[cfg(test)]
mod tests;
