//! What became of a cell.

use super::answer::Estimate;
use super::outline::{Metric, Tolerance};

/// What became of a cell of ours beside the paper's.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    /// The paper's number lies within the tolerance.
    Reproduced,
    /// It does not; ours minus the paper's.
    Differs(f64),
    /// The two may not be compared, and why.
    NotComparable(String),
    /// There is no number of ours, and why.
    NotRun(String),
}

impl Mark {
    /// All names, in the order of tables.
    pub const NAMES: [&'static str; 4] = ["reproduced", "differs", "not comparable", "not run"];

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        Self::NAMES[match self {
            Self::Reproduced => 0,
            Self::Differs(_) => 1,
            Self::NotComparable(_) => 2,
            Self::NotRun(_) => 3,
        }]
    }

    /// Why, where that needs saying.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::NotComparable(reason) | Self::NotRun(reason) => Some(reason),
            Self::Reproduced | Self::Differs(_) => None,
        }
    }
}

/// The mark of an estimate whose experiment asks what the paper asks.
pub(super) fn judge(paper: Option<f64>, ours: &Estimate, metric: &Metric) -> Mark {
    if ours.peeked {
        return Mark::NotComparable("something was chosen by looking at test images".to_owned());
    }
    let Some(paper) = paper else {
        return Mark::NotComparable("the paper has no such number".to_owned());
    };
    let difference = ours.mean - paper;
    match difference.abs() <= width(&metric.within, paper, ours.sd) {
        true => Mark::Reproduced,
        false => Mark::Differs(difference),
    }
}

fn width(within: &Tolerance, paper: f64, sd: Option<f64>) -> f64 {
    let deviations = within.deviations * sd.unwrap_or(0.0);
    within.points.max(deviations).max(within.roots * paper.max(0.0).sqrt())
}
