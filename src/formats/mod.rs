//! File formats of other programs, read from bytes or from `impl Read` and written to `impl Write`.
//!
//! A reader believes nothing that a header claims: lengths are checked against what is there before
//! anything is read, and memory is taken only for data that has arrived. An array stays where it
//! lies, usually in a memory map; its [`ArrayInfo`](array::ArrayInfo) says where its rows are, and
//! rows are decoded a block at a time, so memory does not grow with their number.
//!
//! Errors say what was expected and what was found; they do not know the name of the file, which the
//! caller adds. Nothing here knows what the numbers mean.

pub mod array;
pub mod element;
pub mod gzip;
pub mod idx;
pub mod mat;
pub mod npy;
pub mod npz;
pub mod safetensors;
