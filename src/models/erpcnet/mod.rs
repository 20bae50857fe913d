//! ERPCNet (arXiv 2111.02139): attributes from a whole image and from a few looks at its parts.
//!
//! A backbone gives a map E and, behind it, a global embedding g. A look at a cell of E is one
//! position of a 5x5 [partial convolution](network::Network::look), which a trainable copy of the
//! backbone's tail turns into a local embedding v. Predictors map g, each v and their
//! [fusion](network::Network::pass) to attributes, and classes are scored by their signatures.
//!
//! Stage I trains all that on random cells with four [losses]; the rewards of stage II weigh
//! probabilities by the [entropy] of what was looked at.
//!
//! Letters: `N` images, `T` looks, `D` width of an embedding, `A` attributes, `C` classes.

mod affine;
pub mod build;
pub mod calibration;
pub mod cells;
pub mod ending;
pub mod entropy;
pub mod exported;
pub mod gains;
pub mod hard;
pub mod judge;
pub mod learner;
pub mod losses;
pub mod network;
pub mod outcome;
pub mod recorder;
pub mod searcher;
pub mod sight;
pub mod traces;
pub mod trained;
pub mod unseen;
pub mod verdict;

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
