//! The two kinds of number that kernels compute with.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use super::exponential;

/// `f32`, which networks are trained in, or `f64`, which derivatives are checked in.
///
/// Functions are those of `libm`, so that their bits are the same everywhere.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Sum
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The nearest value to a number.
    fn of(value: f64) -> Self;
    /// The value, without loss.
    fn wide(self) -> f64;
    /// e to the power of the value.
    #[must_use]
    fn exp(self) -> Self;
    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// The square root.
    #[must_use]
    fn sqrt(self) -> Self;
    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;
    /// The larger value; the other one if one is not a number.
    #[must_use]
    fn largest(self, other: Self) -> Self;
    /// Whether it is neither infinite nor no number.
    fn is_finite(self) -> bool;

    /// 1 / (1 + e^-x).
    #[must_use]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }

    /// [`sigmoid`](Self::sigmoid) of every value.
    fn sigmoid_all(values: &mut [Self]) {
        values.iter_mut().for_each(|value| *value = value.sigmoid());
    }

    /// [`tanh`](Self::tanh) of every value.
    fn tanh_all(values: &mut [Self]) {
        values.iter_mut().for_each(|value| *value = value.tanh());
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
    fn of(value: f64) -> Self {
        value as Self
    }
    fn wide(self) -> f64 {
        f64::from(self)
    }
    fn exp(self) -> Self {
        libm::expf(self)
    }
    fn ln(self) -> Self {
        libm::logf(self)
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn tanh(self) -> Self {
        libm::tanhf(self)
    }
    fn sigmoid_all(values: &mut [Self]) {
        exponential::sigmoid(values);
    }
    fn tanh_all(values: &mut [Self]) {
        exponential::tanh(values);
    }
    fn largest(self, other: Self) -> Self {
        self.max(other)
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn of(value: f64) -> Self {
        value
    }
    fn wide(self) -> f64 {
        self
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn ln(self) -> Self {
        libm::log(self)
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    fn largest(self, other: Self) -> Self {
        self.max(other)
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
}
