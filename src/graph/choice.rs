//! A choice on each axis: what tells the trials of a stage apart, and which of them are left out.

use crate::experiment::{Experiment, Pin};
use crate::id::TrialId;

use super::connect::Wired;

/// Axis position and option position, rising by axis.
pub(super) type Options = Vec<(usize, usize)>;

/// A choice on each axis and of a seed, as far as a stage can see them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Choice {
    pub(super) options: Options,
    pub(super) seed: Option<u64>,
}

impl Choice {
    /// What `pins` choose, which the experiment has checked.
    pub(super) fn of(pins: &[Pin], experiment: &Experiment) -> Self {
        let mut choice = Self { options: Vec::new(), seed: None };
        for pin in pins {
            match experiment.axes.iter().position(|axis| axis.name == pin.axis) {
                Some(axis) => {
                    let mut options = experiment.axes[axis].options.iter();
                    let option = options.position(|option| option.label == pin.label);
                    choice.options.push((axis, option.expect("every label has been checked")));
                }
                None => {
                    choice.seed = Some(pin.label.parse().expect("every seed has been checked"));
                }
            }
        }
        choice.options.sort_unstable();
        choice
    }

    /// Whether the two agree wherever both chose.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let options_agree = self.options.iter().all(|(axis, option)| {
            other.options.iter().all(|(theirs, choice)| theirs != axis || choice == option)
        });
        let seeds_agree = match (self.seed, other.seed) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        };
        options_agree && seeds_agree
    }

    /// It with everything that `held` adds.
    pub(super) fn with(&self, held: &Self) -> Self {
        let mut options: Options = self.options.iter().chain(&held.options).copied().collect();
        options.sort_unstable();
        Self { options, seed: self.seed.or(held.seed) }
    }

    /// The part of it that `stage` can see.
    pub(super) fn seen_by(&self, stage: &Wired<'_>) -> Self {
        let visible = |(axis, _): &&(usize, usize)| stage.axes.contains(axis);
        Self {
            options: self.options.iter().filter(visible).copied().collect(),
            seed: self.seed.filter(|_| stage.is_seeded),
        }
    }

    /// Whether it chooses all that `other` chooses.
    fn includes(&self, other: &Self) -> bool {
        let has_seed = other.seed.is_none() || other.seed == self.seed;
        has_seed && other.options.iter().all(|option| self.options.contains(option))
    }

    pub(super) fn trial(&self, experiment: &Experiment) -> TrialId {
        let label = |(axis, option): &(usize, usize)| {
            let axis = &experiment.axes[*axis];
            (axis.name.clone(), axis.options[*option].label.clone())
        };
        let mut labels: Vec<_> = self.options.iter().map(label).collect();
        labels.extend(self.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
        TrialId(labels)
    }
}

/// The combinations that are left out of the cross of all axes.
///
/// A stage that one of them reaches on every axis that it names does not stand there; one that cannot
/// tell it from others does.
pub(super) struct Exclusions(Vec<Choice>);

impl Exclusions {
    pub(super) fn of(experiment: &Experiment) -> Self {
        let combinations = experiment.excluded.iter();
        Self(combinations.map(|one| Choice::of(one, experiment)).collect())
    }

    /// Whether a choice, with all that a stage is held to, is left out.
    pub(super) fn cover(&self, choice: &Choice) -> bool {
        self.0.iter().any(|excluded| choice.includes(excluded))
    }
}
