//! The domain of zero-shot learning: metrics, calibration, selection, classical methods.

mod evaluation;

pub use evaluation::{ClassAccuracy, CurvePoint, Evaluation};
