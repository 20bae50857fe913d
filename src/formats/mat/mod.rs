//! MATLAB's level 5 files (`.mat`, versions 5 to 7), the form in which many data sets come.
//!
//! ```text
//! header      116 bytes of text, 8 of subsystem offset, version (0x0100), "IM" or "MI"
//! element     kind (u32), length (u32), content padded to 8 bytes
//!             or, for at most 4 bytes, length << 16 | kind, then the content
//! matrix      flags, dimensions, name, then what its class asks for
//! compressed  a whole matrix element as a zlib stream
//! ```
//!
//! "IM" means that the lower byte comes first. Matrices stand column by column. Numbers may be
//! stored in a smaller type than their class, so a matrix of doubles can hold `u16`.
//!
//! [`MatFile::open`] looks at headers only: it skips over content, and inflates no more of a
//! compressed variable than its name takes. Numbers are read in the order of the file through
//! [`Numbers`], a piece at a time.
//!
//! Source: "MAT-File Format", The `MathWorks`, chapter 1 (level 5).

mod element;
mod error;
mod file;
mod header;
mod numbers;
mod text;
mod variable;
#[cfg(test)]
#[path = "../../../tests/support/mat.rs"]
pub(crate) mod writing;

pub use error::MatError;
pub use file::MatFile;
pub use header::looks_like_mat;
pub use numbers::Numbers;
pub use variable::{Class, Variable};

#[cfg(test)]
mod tests;
