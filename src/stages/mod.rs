//! The stage kinds, one file or folder each, and the list of them.
//!
//! To add one, copy the shape of `evaluate.rs` (parameters, inputs, outputs, `run`, tests) and add
//! a line to [`registry`].

mod answer_key;
mod array_file;
pub mod audit_beta;
pub mod audit_splits;
mod candidate_labels;
pub mod compare;
pub mod compare_measures;
pub mod concatenate;
pub mod control_attributes;
pub mod embed_images;
pub mod embed_looks;
mod estimate;
pub mod evaluate;
mod evaluation_table;
pub mod export_erpcnet;
pub mod export_onnx;
pub mod extract;
#[cfg(test)]
mod fake;
mod fit;
pub mod fit_conse;
pub mod fit_dap;
pub mod fit_eszsl;
pub mod fit_prototype;
pub mod fit_ranking;
pub mod fit_sae;
pub mod import_attributes;
pub mod import_class_tree;
pub mod import_features;
pub mod import_file;
pub mod import_folder;
pub mod import_idx;
pub mod import_mat_attributes;
pub mod import_mat_features;
pub mod import_measures;
pub mod import_onnx;
pub mod import_photos;
pub mod import_split;
pub mod initialise_backbone;
mod look_rows;
mod map_rows;
mod mat_source;
pub mod measure_curves;
mod measured;
mod metric;
mod paired;
pub mod parameters_file;
mod partners;
mod pictures;
#[cfg(test)]
mod planted_world;
pub mod plot;
mod pool;
pub mod prefer_cells;
mod residual;
mod rows;
mod same_images;
mod same_network;
mod saved_training;
pub mod score;
pub mod score_search;
pub mod search;
mod search_end;
mod seer;
mod signatures;
pub mod split_classes;
pub mod study_search;
pub mod synthesize_backbone;
pub mod synthesize_glyphs;
pub mod synthesize_maps;
pub mod tabulate;
pub mod tabulate_measures;
pub mod trace_table;
pub mod train_backbone;
pub mod train_erpcnet;
pub mod train_search;
mod training_set;
pub mod tsne_search;
pub mod weigh_cells;
pub mod write_text;

use crate::stage::Registry;

pub use metric::Metric;

/// Every kind that a manifest may name.
#[must_use]
pub fn registry() -> Registry {
    with_reports(with_methods(with_data(Registry::default())))
}

/// Where data comes from, and what is made of it before anything learns.
fn with_data(registry: Registry) -> Registry {
    registry
        .with::<concatenate::Concatenate>()
        .with::<control_attributes::ControlAttributes>()
        .with::<extract::Extract>()
        .with::<import_attributes::ImportAttributes>()
        .with::<import_class_tree::ImportClassTree>()
        .with::<import_features::ImportFeatures>()
        .with::<import_file::ImportFile>()
        .with::<import_folder::ImportFolder>()
        .with::<import_idx::ImportIdx>()
        .with::<import_mat_attributes::ImportMatAttributes>()
        .with::<import_mat_features::ImportMatFeatures>()
        .with::<import_measures::ImportMeasures>()
        .with::<import_onnx::ImportOnnx>()
        .with::<import_photos::ImportPhotos>()
        .with::<import_split::ImportSplit>()
        .with::<initialise_backbone::InitialiseBackbone>()
        .with::<split_classes::SplitClasses>()
        .with::<synthesize_backbone::SynthesizeBackbone>()
        .with::<synthesize_glyphs::SynthesizeGlyphs>()
        .with::<synthesize_maps::SynthesizeMaps>()
        .with::<write_text::WriteText>()
}

/// What learns, searches and is scored.
fn with_methods(registry: Registry) -> Registry {
    registry
        .with::<embed_images::EmbedImages>()
        .with::<embed_looks::EmbedLooks>()
        .with::<evaluate::Evaluate>()
        .with::<fit_conse::FitConse>()
        .with::<fit_dap::FitDap>()
        .with::<fit_eszsl::FitEszsl>()
        .with::<fit_prototype::FitPrototype>()
        .with::<fit_ranking::FitRanking<fit_ranking::Ale>>()
        .with::<fit_ranking::FitRanking<fit_ranking::Devise>>()
        .with::<fit_ranking::FitRanking<fit_ranking::Sje>>()
        .with::<fit_sae::FitSae>()
        .with::<prefer_cells::PreferCells>()
        .with::<score::Score>()
        .with::<score_search::ScoreSearch>()
        .with::<search::Search>()
        .with::<train_backbone::TrainBackbone>()
        .with::<train_erpcnet::TrainErpcnet>()
        .with::<train_search::TrainSearch>()
        .with::<weigh_cells::WeighCells>()
}

/// What is measured, tabulated and drawn.
fn with_reports(registry: Registry) -> Registry {
    registry
        .with::<audit_beta::AuditBeta>()
        .with::<audit_splits::AuditSplits>()
        .with::<compare::Compare>()
        .with::<compare_measures::CompareMeasures>()
        .with::<export_erpcnet::ExportErpcnet>()
        .with::<export_onnx::ExportOnnx>()
        .with::<measure_curves::MeasureCurves>()
        .with::<plot::Plot>()
        .with::<plot::attributes::PlotAttributes>()
        .with::<plot::examples::PlotExamples>()
        .with::<plot::looks::PlotLooks>()
        .with::<plot::measures::PlotMeasures>()
        .with::<plot::over_epochs::PlotCurves>()
        .with::<plot::search::PlotSearch>()
        .with::<plot::tsne::PlotTsne>()
        .with::<study_search::StudySearch>()
        .with::<tabulate::Tabulate>()
        .with::<tabulate_measures::TabulateMeasures>()
        .with::<trace_table::TraceTable>()
        .with::<tsne_search::TsneSearch>()
}
