//! The stage kinds, one file each.

pub mod control_attributes;
pub mod evaluate;
pub mod fit_eszsl;
pub mod import_attributes;
pub mod import_photos;
mod pool;
pub mod score;
pub mod split_classes;
pub mod synthesize_glyphs;
