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

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(points: f64, deviations: f64, roots: f64) -> Metric {
        let within = format!("points = {points:?}, deviations = {deviations:?}, roots = {roots:?}");
        toml::from_str(&format!("name = \"x\"\nours = \"x\"\nwithin = {{ {within} }}")).unwrap()
    }

    fn ours(mean: f64, sd: Option<f64>) -> Estimate {
        Estimate { mean, sd, n: 3, seeds: String::new(), peeked: false, about: None }
    }

    #[test]
    fn the_widest_of_three_tolerances_counts() {
        let mark = |sd, metric: &Metric| judge(Some(64.0), &ours(61.0, sd), metric);
        assert_eq!(mark(None, &metric(3.0, 2.0, 0.0)), Mark::Reproduced);
        assert_eq!(mark(None, &metric(2.9, 2.0, 0.0)), Mark::Differs(-3.0));
        assert_eq!(mark(Some(1.5), &metric(1.0, 2.0, 0.0)), Mark::Reproduced);
        assert_eq!(mark(Some(1.4), &metric(1.0, 2.0, 0.0)), Mark::Differs(-3.0));
        // The root of 64 is 8.
        assert_eq!(mark(None, &metric(1.0, 0.0, 0.375)), Mark::Reproduced);
        assert_eq!(mark(None, &metric(1.0, 0.0, 0.374)), Mark::Differs(-3.0));
    }

    #[test]
    fn what_looked_at_the_test_is_not_compared() {
        let peeked = Estimate { peeked: true, ..ours(64.0, None) };
        let mark = judge(Some(64.0), &peeked, &metric(1.0, 0.0, 0.0));
        assert_eq!(mark.name(), "not comparable");
        let mark = judge(None, &ours(64.0, None), &metric(1.0, 0.0, 0.0));
        assert_eq!(mark.reason(), Some("the paper has no such number"));
    }
}
