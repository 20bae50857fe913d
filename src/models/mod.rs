//! The papers' methods, one folder each.

pub mod erpcnet;
pub mod saved;
