//! File formats of other programs, read as streams: bytes in, numbers and names out.
//!
//! A reader here knows the format and nothing of zero-shot learning, takes anything that reads, and
//! trusts no size that a file states: memory follows what is really there and what the caller allows.

pub mod mat;
