//! The numbers of an evaluation that a table or a figure can show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Scale;
use crate::zsl::Evaluation;

/// A number of an [`Evaluation`], under the name that it has there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// T1: mean per-class accuracy on unseen classes, candidates unseen only.
    T1,
    /// U: mean per-class accuracy on unseen classes, candidates seen and unseen.
    Unseen,
    /// S: mean per-class accuracy on seen classes, candidates seen and unseen.
    Seen,
    /// H: the harmonic mean of U and S.
    Harmonic,
    /// Share of correct images on unseen classes, candidates unseen only.
    AccInstance,
    /// Area under the seen-unseen curve.
    Ausuc,
    /// The calibration subtracted from seen classes.
    Delta,
}

impl Metric {
    /// Its value.
    pub(super) fn of(self, evaluation: &Evaluation) -> f64 {
        match self {
            Self::T1 => evaluation.t1,
            Self::Unseen => evaluation.unseen,
            Self::Seen => evaluation.seen,
            Self::Harmonic => evaluation.harmonic,
            Self::AccInstance => evaluation.acc_instance,
            Self::Ausuc => evaluation.ausuc,
            Self::Delta => evaluation.delta,
        }
    }

    /// Its name in manifests and tidy data.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::T1 => "t1",
            Self::Unseen => "unseen",
            Self::Seen => "seen",
            Self::Harmonic => "harmonic",
            Self::AccInstance => "acc_instance",
            Self::Ausuc => "ausuc",
            Self::Delta => "delta",
        }
    }

    /// What stands above it unless the manifest gives another heading.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::T1 => "T1",
            Self::Unseen => "U",
            Self::Seen => "S",
            Self::Harmonic => "H",
            Self::AccInstance => "instance acc.",
            Self::Ausuc => "AUSUC",
            Self::Delta => "δ",
        }
    }

    /// The unit in which it is printed.
    pub(super) fn scale(self) -> Scale {
        if self == Self::Delta { Scale::Plain } else { Scale::Percent }
    }
}
