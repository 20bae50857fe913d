//! The domain of zero-shot learning: metrics, calibration, selection, classical methods.
//!
//! `C` classes, `A` attributes, `D` feature width, `N` images.

pub mod calibration_error;
pub mod candidates;
pub mod compact;
pub mod conse;
pub mod dap;
pub mod decision;
pub mod eszsl;
pub mod evaluate;
mod evaluation;
pub mod failure;
pub mod grid;
pub mod head;
pub mod hierarchy;
pub mod jury;
pub mod likelihood;
pub mod linear;
pub mod link;
pub mod metrics;
pub mod model;
pub mod moments;
pub mod purity;
pub mod ranking;
pub mod retrieval;
pub mod rows;
pub mod sae;
pub mod scaling;
pub mod scores;
pub mod search_summary;
pub mod selection;
pub mod stacking;

pub use evaluation::{ClassAccuracy, CurvePoint, Evaluation};
