//! Stages.

pub mod extract;
pub mod import_onnx;
pub mod synthesize_backbone;

pub use extract::Extract;
pub use import_onnx::ImportOnnx;
pub use synthesize_backbone::SynthesizeBackbone;
