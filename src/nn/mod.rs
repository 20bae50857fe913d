//! Kernels for the CPU: what networks compute with and learn with.
//!
//! The kernels of this folder run a whole backbone forward, `f32` in [N, C, H, W] order. Each runs
//! on the thread that calls it and adds in a fixed order, so that how many threads run *different*
//! images cannot change a byte. [`tape`] differentiates and [`optimiser`] learns. Letters: `N`
//! images, `C` channels, `H` and `W` height and width, `O` output channels.
//!
//! Forward kernels and those of the tape share products, windows and shapes, and differ in layout, on
//! purpose. A file's filters and a feature's maps are [.., C, H, W]: there a 1x1 convolution, which is
//! most of a backbone, multiplies an image as it lies in memory, normalisations vanish in the filters,
//! and one thread has one image. Training wants [N, H, W, C]: rows of pixels for batch statistics, and
//! lines of a look's window that are one run. Neither layout serves the other half without turning
//! every map; tests hold both against each other and against ONNX Runtime.
//!
//! This module knows nothing of files or of ONNX.

mod affine;
mod conv;
mod elementwise;
mod exponential;
mod join;
mod layout;
mod linear;
pub mod matmul;
pub mod optimiser;
mod pool;
mod real;
pub mod tape;
mod tensor;
#[cfg(test)]
mod testing;
mod vector;
mod window;
mod workspace;

pub use affine::Affine;
pub use conv::Conv2d;
pub use elementwise::{BinaryOperator, binary, relu};
pub use join::{concat, flatten, reshape};
pub use layout::{channels_last, turn};
pub use linear::Linear;
pub use matmul::{Matrix, MatrixMut, multiply};
pub use pool::{AveragePool, MaxPool, Padding, global_average_pool};
pub use real::Real;
pub use tensor::{ShapeError, Tensor};
pub use window::{Rounding, Window};
pub use workspace::Workspace;

/// What follows a layer in the same pass over its output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activation {
    /// Nothing.
    None,
    /// max(x, 0).
    Relu,
}
