//! What a handful of paired runs can say about two methods.
//!
//! Runs of one seed share their data, their split and their order of images, so the difference of two
//! methods within a seed varies far less than either method over seeds. Two tests look at these
//! differences: Student's paired t, which takes them for draws of a normal distribution and gives an
//! interval, and Wilcoxon's signed ranks, which asks for symmetry alone, but cannot call five pairs
//! significant at 5 %, whatever they are.
//!
//! Everything up to 25 pairs is made of sums, products, quotients and roots, so the bits are the same
//! on every machine; the libraries that offer these distributions take logarithms and exponentials of
//! the system. Beyond that the `erfc` of `libm` comes in, which is the same everywhere too.

mod paired;
mod signed_rank;
mod student;
mod tsne;

pub use paired::{PairedDifference, Side, Spread, Verdict};
pub use signed_rank::{SignedRank, signed_rank};
pub use student::{quantile, two_sided_p};
pub use tsne::Tsne;
