//! Data.

pub mod images;

pub use images::{Images, ImagesWriter};
