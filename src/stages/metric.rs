//! The numbers of an evaluation that a table or a figure can show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Scale;
use crate::zsl::Evaluation;
use crate::zsl::hierarchy::Hierarchy;
use crate::zsl::search_summary::SearchSummary;

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
    /// Expected calibration error over bins of equal width; see `evaluate`.
    Ece,
    /// The same over bins of equal counts.
    EceCounts,
    /// The same over bins of equal width, images shared by the two nearest.
    EceLinear,
    /// The same over bins of equal counts, images shared by the two nearest.
    EceCountsLinear,
    /// The same by kernel density estimates.
    EceDensity,
    /// F over the groups of a class tree; needs the input `tree` of `evaluate`.
    HierarchicalF,
    /// Mean number of links between label and prediction in the class tree.
    Tie,
    /// Mean height of the lowest common group in the class tree.
    Lca,
    /// Looks at an image in the generalised setting, for methods that search.
    Steps,
    /// Looks at an image of an unseen class when only unseen classes are candidates.
    StepsZeroShot,
    /// Share of the first looks, as many as an object has parts, that hit one.
    Hits,
}

impl Metric {
    /// Its value; NaN where it was not measured.
    pub(super) fn of(self, evaluation: &Evaluation) -> f64 {
        match self {
            Self::T1 => evaluation.t1,
            Self::Unseen => evaluation.unseen,
            Self::Seen => evaluation.seen,
            Self::Harmonic => evaluation.harmonic,
            Self::AccInstance => evaluation.acc_instance,
            Self::Ausuc => evaluation.ausuc,
            Self::Delta => evaluation.delta,
            Self::Ece => evaluation.calibration_error.equal_widths,
            Self::EceCounts => evaluation.calibration_error.equal_counts,
            Self::EceLinear => evaluation.calibration_error.equal_widths_linear,
            Self::EceCountsLinear => evaluation.calibration_error.equal_counts_linear,
            Self::EceDensity => evaluation.calibration_error.density,
            Self::HierarchicalF => of_tree(evaluation, |tree| tree.f),
            Self::Tie => of_tree(evaluation, |tree| tree.tie),
            Self::Lca => of_tree(evaluation, |tree| tree.lca),
            Self::Steps => of_search(evaluation, |search| Some(search.steps)),
            Self::StepsZeroShot => of_search(evaluation, |search| Some(search.steps_zero_shot)),
            Self::Hits => of_search(evaluation, |search| search.hits),
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
            Self::Ece => "ece",
            Self::EceCounts => "ece_counts",
            Self::EceLinear => "ece_linear",
            Self::EceCountsLinear => "ece_counts_linear",
            Self::EceDensity => "ece_density",
            Self::HierarchicalF => "hierarchical_f",
            Self::Tie => "tie",
            Self::Lca => "lca",
            Self::Steps => "steps",
            Self::StepsZeroShot => "steps_zero_shot",
            Self::Hits => "hits",
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
            Self::Ece => "ECE",
            Self::EceCounts => "ECE (counts)",
            Self::EceLinear => "ECE (linear)",
            Self::EceCountsLinear => "ECE (counts, linear)",
            Self::EceDensity => "ECE (density)",
            Self::HierarchicalF => "hier. F",
            Self::Tie => "TIE",
            Self::Lca => "LCA",
            Self::Steps => "steps",
            Self::StepsZeroShot => "steps (ZSL)",
            Self::Hits => "hits",
        }
    }

    /// The unit in which it is printed.
    pub(super) fn scale(self) -> Scale {
        match self {
            Self::Delta | Self::Tie | Self::Lca | Self::Steps | Self::StepsZeroShot => Scale::Plain,
            _ => Scale::Percent,
        }
    }

    /// Whether it is a share of right answers, or a mean of such.
    pub(super) fn is_accuracy(self) -> bool {
        use Metric::{AccInstance, Ausuc, Harmonic, Seen, T1, Unseen};
        matches!(self, T1 | Unseen | Seen | Harmonic | AccInstance | Ausuc)
    }

    /// Whether rows may lack it, as long as one has it: only some methods search.
    pub(super) fn is_optional(self) -> bool {
        matches!(self, Self::Steps | Self::StepsZeroShot | Self::Hits)
    }

    /// What to do where it was not measured.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::HierarchicalF | Self::Tie | Self::Lca => {
                "connect a class tree to the input `tree` of the stage `evaluate`"
            }
            Self::Steps | Self::StepsZeroShot | Self::Hits => {
                "only a method that searches takes steps; hits need the answer key of `score-search`"
            }
            _ => "look at the stage that made this evaluation",
        }
    }
}

fn of_tree(evaluation: &Evaluation, value: fn(&Hierarchy) -> f64) -> f64 {
    evaluation.hierarchy.as_ref().map_or(f64::NAN, value)
}

fn of_search(evaluation: &Evaluation, value: fn(&SearchSummary) -> Option<f64>) -> f64 {
    evaluation.search.as_ref().and_then(value).unwrap_or(f64::NAN)
}
