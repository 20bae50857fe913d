//! The stage kinds, one file or folder each, and the list of them.
//!
//! To add one, copy the shape of `evaluate.rs` (parameters, inputs, outputs, `run`, tests) and add
//! a line to [`registry`].

pub mod concatenate;
pub mod control_attributes;
mod estimate;
pub mod evaluate;
pub mod extract;
#[cfg(test)]
mod fake;
pub mod fit_eszsl;
pub mod import_attributes;
pub mod import_class_tree;
pub mod import_file;
pub mod import_onnx;
pub mod import_photos;
mod metric;
pub mod plot;
mod pool;
mod rows;
pub mod score;
pub mod split_classes;
pub mod synthesize_backbone;
pub mod synthesize_glyphs;
pub mod tabulate;
pub mod write_text;

use crate::stage::Registry;

pub use metric::Metric;

/// Every kind that a manifest may name.
#[must_use]
pub fn registry() -> Registry {
    Registry::default()
        .with::<concatenate::Concatenate>()
        .with::<control_attributes::ControlAttributes>()
        .with::<evaluate::Evaluate>()
        .with::<extract::Extract>()
        .with::<fit_eszsl::FitEszsl>()
        .with::<import_attributes::ImportAttributes>()
        .with::<import_class_tree::ImportClassTree>()
        .with::<import_file::ImportFile>()
        .with::<import_onnx::ImportOnnx>()
        .with::<import_photos::ImportPhotos>()
        .with::<plot::Plot>()
        .with::<plot::attributes::PlotAttributes>()
        .with::<plot::examples::PlotExamples>()
        .with::<score::Score>()
        .with::<split_classes::SplitClasses>()
        .with::<synthesize_backbone::SynthesizeBackbone>()
        .with::<synthesize_glyphs::SynthesizeGlyphs>()
        .with::<tabulate::Tabulate>()
        .with::<write_text::WriteText>()
}
