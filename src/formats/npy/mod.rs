//! NumPy's `.npy`: one array.
//!
//! ```text
//! "\x93NUMPY"  version (2 bytes)  header length (u16; u32 from version 2 on)
//! header: {'descr': '<f4', 'fortran_order': False, 'shape': (37322, 2048), }  blanks  "\n"
//! the numbers, until the end of the file
//! ```
//!
//! Versions 1 to 3 are read. Plain numbers only: tables with named fields, texts, dates, complex
//! numbers and pickled Python objects are refused by name.

mod header;
mod writer;

use super::array::{ArrayError, ArrayInfo};

pub use writer::NpyWriter;

/// How every such file begins.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// Why bytes are no `.npy` file that can be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NpyError {
    /// It begins with something else.
    #[error("not a .npy file: it does not begin with \\x93NUMPY")]
    Magic,
    /// A version from the future.
    #[error("version {0} of the .npy format; expected 1, 2 or 3")]
    Version(u8),
    /// It ends inside its header.
    #[error("the header is cut off")]
    CutOff,
    /// The header is not what NumPy writes.
    #[error("the header `{header}` is not that of an array: {reason}")]
    Header {
        /// The header.
        header: String,
        /// What was expected.
        reason: String,
    },
    /// Its elements are no plain numbers.
    #[error("the array holds {what} (dtype `{descr}`); expected real numbers or booleans")]
    Element {
        /// The type as NumPy writes it.
        descr: String,
        /// The type in words.
        what: &'static str,
    },
    /// The numbers do not fit the header.
    #[error(transparent)]
    Array(#[from] ArrayError),
}

/// Describes the array of a whole file.
///
/// # Errors
/// [`NpyError`].
pub fn parse(file: &[u8]) -> Result<ArrayInfo, NpyError> {
    let rest = file.strip_prefix(MAGIC).ok_or(NpyError::Magic)?;
    let (&[major, _], rest) = rest.split_first_chunk().ok_or(NpyError::CutOff)?;
    let (length, rest) = match major {
        1 => {
            let (length, rest) = rest.split_first_chunk().ok_or(NpyError::CutOff)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk().ok_or(NpyError::CutOff)?;
            let length = usize::try_from(u32::from_le_bytes(*length));
            (length.map_err(|_| NpyError::CutOff)?, rest)
        }
        _ => return Err(NpyError::Version(major)),
    };
    let text = rest.get(..length).ok_or(NpyError::CutOff)?;
    let (element, order, layout, shape) = header::parse(&String::from_utf8_lossy(text))?;
    let start = file.len() - rest.len() + length;
    Ok(ArrayInfo::new(element, order, layout, shape, start..file.len())?)
}

#[cfg(test)]
mod tests;
