//! Forward kernels for the CPU: what a convolutional backbone is made of.
//!
//! Everything is `f32` in [N, C, H, W] order. A kernel runs on the thread that calls it and adds in
//! a fixed order, so that how many threads run *different* images cannot change a byte. Letters:
//! `N` images, `C` channels, `H` and `W` height and width, `O` output channels.
//!
//! This module knows nothing of files, of ONNX or of training.

mod affine;
mod conv;
mod elementwise;
mod join;
mod linear;
mod matmul;
mod pool;
mod tensor;
#[cfg(test)]
mod testing;
mod window;

pub use affine::Affine;
pub use conv::Conv2d;
pub use elementwise::{BinaryOperator, binary, relu};
pub use join::{concat, flatten, reshape};
pub use linear::Linear;
pub use matmul::{Matrix, MatrixMut, multiply};
pub use pool::{AveragePool, MaxPool, Padding, global_average_pool};
pub use tensor::{ShapeError, Tensor};
pub use window::{Rounding, Window};

/// What follows a layer in the same pass over its output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activation {
    /// Nothing.
    None,
    /// max(x, 0).
    Relu,
}
