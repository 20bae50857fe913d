//! Backbones: an ONNX network as data, and two ways to run it.
//!
//! A [`Graph`] is parsed, asked what it offers and *cut* at the tensors that somebody wants. What
//! is left runs in a [`Session`] of ONNX Runtime, a shared library that is looked for when the
//! program runs ([`locate`]), or in a [`Network`] on this crate's own kernels, which need nothing
//! installed. [`Backbone`] is either; the two agree to 1e-4 of the largest value. A [`Tail`] is the
//! part of a graph between two tensors, on a tape, for a model to train further.
//!
//! Nothing here reads images.

mod attributes;
mod backbone;
mod build;
mod embedded;
mod error;
mod graph;
mod locate;
mod model;
mod offer;
mod operation;
mod parsed;
mod part;
mod part_error;
pub mod proto;
mod runtime;
mod shapes;
mod tail;
#[cfg(test)]
mod tests;

pub use backbone::{Backbone, Runner};
pub use build::{ModelBuilder, NodeBuilder};
pub use embedded::{Network, Workspace};
pub use error::{OnnxError, SUPPORTED};
pub use graph::{Graph, declared_shape};
pub use locate::{Library, locate, searched_folders};
pub use model::{OnnxFile, OnnxModel};
pub use offer::Offer;
pub use part_error::PartError;
pub use runtime::{Feed, Session};
pub use shapes::{Axis, declared_type, shape_text};
pub use tail::{Extent, Tail, TailCopy};
