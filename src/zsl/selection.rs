//! On what hyper-parameters and the calibration are chosen.
//!
//! The default looks at validation classes only. The two policies that look at test images are
//! here because nearly all published numbers were made that way; what they choose is stamped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidates::Candidates;
use super::decision::{Decision, MetricError};
use super::metrics::Tally;
use super::stacking::Curve;

/// The selection policies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SelectOn {
    /// By the best H over all deltas on the validation classes and held-out seen images.
    #[default]
    ValGzsl,
    /// By T1 on the validation classes; delta still by H there.
    ValZsl,
    /// By the mean of the best H over five folds of the training classes, each fold in turn
    /// playing the unseen ones; delta is the mean of the deltas that reach it. As Chao et al. (ECCV
    /// 2016) choose the delta of calibrated stacking. Five times the work of `val-gzsl`.
    ClassCv5,
    /// By the best H over all deltas on the *test* images. Not a fair result.
    TestPeekH,
    /// By T1 on the *test* images of unseen classes, and delta by H there. Not a fair result.
    TestPeekZsl,
}

/// Which optional test parts are connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeekPorts {
    /// Neither.
    None,
    /// One of the two.
    One,
    /// Both.
    Both,
}

/// A policy that does not fit the test parts that are connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeekError {
    /// It may not look, but could.
    #[error(
        "`{0}` does not look at test images, but a peek port is connected; disconnect `peek_seen` \
         and `peek_unseen`, or choose `test-peek-h` or `test-peek-zsl`"
    )]
    NotAllowed(&'static str),
    /// It wants to look, but cannot.
    #[error(
        "`{0}` chooses on test images, but they are not connected; connect both `peek_seen` and \
         `peek_unseen`, or choose `val-gzsl`"
    )]
    NotConnected(&'static str),
}

impl SelectOn {
    /// The word in the manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ValGzsl => "val-gzsl",
            Self::ValZsl => "val-zsl",
            Self::ClassCv5 => "class-cv5",
            Self::TestPeekH => "test-peek-h",
            Self::TestPeekZsl => "test-peek-zsl",
        }
    }

    /// Whether it looks at test images.
    #[must_use]
    pub fn peeks(self) -> bool {
        matches!(self, Self::TestPeekH | Self::TestPeekZsl)
    }

    /// Checks that exactly the policies that look at test images are given some.
    ///
    /// # Errors
    /// [`PeekError`].
    pub fn check_ports(self, ports: PeekPorts) -> Result<(), PeekError> {
        match (self.peeks(), ports) {
            (false, PeekPorts::None) | (true, PeekPorts::Both) => Ok(()),
            (false, _) => Err(PeekError::NotAllowed(self.name())),
            (true, _) => Err(PeekError::NotConnected(self.name())),
        }
    }

    /// What the policy makes largest.
    #[must_use]
    pub fn criterion(self, judgement: &Judgement) -> f64 {
        match self {
            Self::ValGzsl | Self::ClassCv5 | Self::TestPeekH => judgement.harmonic,
            Self::ValZsl | Self::TestPeekZsl => judgement.t1,
        }
    }

    /// The position of the best judgement; the first among equals.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn choose(self, judgements: &[Judgement]) -> usize {
        let mut best = 0;
        for (position, judgement) in judgements.iter().enumerate() {
            if self.criterion(judgement) > self.criterion(&judgements[best]) {
                best = position;
            }
        }
        best
    }
}

/// How one model does on the images that selection looks at.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// T1 on the classes that play the unseen ones.
    pub t1: f64,
    /// U at `delta`.
    pub unseen: f64,
    /// S at `delta`.
    pub seen: f64,
    /// The largest H over all deltas.
    pub harmonic: f64,
    /// A delta that reaches it.
    pub delta: f64,
}

impl Judgement {
    /// Judges a model by its decisions on images of seen and of unseen classes.
    ///
    /// # Errors
    /// [`MetricError`].
    pub fn of(
        seen: &[Decision],
        unseen: &[Decision],
        candidates: &Candidates,
    ) -> Result<Self, MetricError> {
        let curve = Curve::of(seen, unseen, candidates)?;
        let best = curve.points()[curve.best()];
        let pairs = unseen.iter().map(|image| (image.label, image.unseen.candidate));
        let t1 = Tally::count(candidates.len(), pairs)
            .mean(candidates.seen().len()..candidates.len(), &|class| candidates.name(class))?;
        Ok(Self {
            t1,
            unseen: best.unseen,
            seen: best.seen,
            harmonic: best.harmonic,
            delta: curve.best_delta(),
        })
    }

    /// The mean of one model's judgements over folds.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are few folds")]
    pub fn mean(folds: &[Self]) -> Self {
        assert!(!folds.is_empty(), "a mean needs a fold");
        let mean =
            |value: fn(&Self) -> f64| folds.iter().map(value).sum::<f64>() / folds.len() as f64;
        Self {
            t1: mean(|fold| fold.t1),
            unseen: mean(|fold| fold.unseen),
            seen: mean(|fold| fold.seen),
            harmonic: mean(|fold| fold.harmonic),
            delta: mean(|fold| fold.delta),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides_what_is_best_and_the_first_wins_a_tie() {
        let judgement =
            |t1, harmonic| Judgement { t1, unseen: 0.0, seen: 0.0, harmonic, delta: 0.0 };
        let judgements = [judgement(0.1, 0.5), judgement(0.9, 0.2), judgement(0.3, 0.5)];
        assert_eq!(SelectOn::ValGzsl.choose(&judgements), 0);
        assert_eq!(SelectOn::TestPeekH.choose(&judgements), 0);
        assert_eq!(SelectOn::ValZsl.choose(&judgements), 1);
    }

    #[test]
    fn the_mean_over_folds_takes_every_number() {
        let fold = |value| Judgement {
            t1: value,
            unseen: 2.0 * value,
            seen: 3.0 * value,
            harmonic: 4.0 * value,
            delta: -value,
        };
        assert_eq!(Judgement::mean(&[fold(0.25)]), fold(0.25));
        assert_eq!(Judgement::mean(&[fold(0.125), fold(0.375)]), fold(0.25));
    }

    #[test]
    fn only_peeking_policies_get_test_images() {
        assert_eq!(SelectOn::ValGzsl.check_ports(PeekPorts::None), Ok(()));
        assert_eq!(SelectOn::TestPeekH.check_ports(PeekPorts::Both), Ok(()));
        let error = SelectOn::ValGzsl.check_ports(PeekPorts::Both).unwrap_err();
        assert!(error.to_string().starts_with("`val-gzsl` does not look at test images"));
        let error = SelectOn::TestPeekZsl.check_ports(PeekPorts::One).unwrap_err();
        assert!(error.to_string().starts_with("`test-peek-zsl` chooses on test images"));
    }
}
