//! Loops for the vector unit of the machine that they run on.
//!
//! The program is compiled for any machine of its kind, whose registers hold four numbers at a time.
//! What stands in `widest!` is compiled for wider ones as well, and the widest that is there runs. It does
//! what is written, value by value: the compiler neither reorders sums nor fuses products into them, so
//! the bits are the same in all of them.

use pulp::Arch;

/// An expression, which is a loop over values, for the widest vector unit that is there.
macro_rules! widest {
    ($work:expr) => {
        // What is not inlined would not be compiled for the unit.
        $crate::nn::vector::run(
            #[inline(always)]
            || $work,
        )
    };
}

pub(super) use widest;

pub(super) fn run<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}
