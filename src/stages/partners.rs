//! Gathered artifacts that belong to one another: of the same trial, from stages in the same order.
//!
//! `traces = ["see", "see_random"], validation = ["see_fit", "see_random_fit"]` pairs `see` with
//! `see_fit` in each trial. A single stage belongs to all.

use std::fmt::Write as _;

use crate::stage::{GatheredItem, StageError};

/// For each of `items` the one of `others` that belongs to it; `ports` are the names of both.
///
/// # Errors
/// If the stages are not equally many, or an item has no partner or several.
pub(super) fn partners<'a, A, B>(
    items: &[&GatheredItem<A>],
    all: &[GatheredItem<A>],
    others: &'a [GatheredItem<B>],
    ports: [&str; 2],
) -> Result<Vec<&'a B>, StageError> {
    let (stages, other_stages) = (stages(all), stages(others));
    if other_stages.len() != 1 && other_stages.len() != stages.len() {
        let [own, other] = ports;
        let (expected, found) = (stages.len(), other_stages.len());
        let message = format!("`{own}` gathers {expected} stages, `{other}` {found} of them");
        let help =
            format!("name for each stage of `{own}` its partner in `{other}`, in that order");
        return Err(StageError::data_with_help(message, help));
    }
    let partner = |item: &&GatheredItem<A>| {
        let place = stages.iter().position(|stage| *stage == item.stage).unwrap_or(0);
        let stage = other_stages[if other_stages.len() == 1 { 0 } else { place }];
        let agrees = |other: &&GatheredItem<B>| {
            let mut labels = other.trial.0.iter();
            other.stage == stage
                && labels.all(|(axis, label)| item.trial.label(axis) == Some(label))
        };
        let found: Vec<&GatheredItem<B>> = others.iter().filter(agrees).collect();
        match found.as_slice() {
            [only] => Ok(&only.value),
            found => Err(no_partner(item, stage, found.len())),
        }
    };
    items.iter().map(partner).collect()
}

fn no_partner<A>(item: &GatheredItem<A>, stage: &str, found: usize) -> StageError {
    let mut name = item.stage.clone();
    if !item.trial.is_shared() {
        write!(name, "@{}", item.trial).expect("writing to memory cannot fail");
    }
    let message = format!("`{name}` has {found} partners among the trials of `{stage}`");
    StageError::data_with_help(message, "sweep both stages along the same axes")
}

/// The stages in the order of gathering.
fn stages<A>(items: &[GatheredItem<A>]) -> Vec<&str> {
    let mut stages: Vec<&str> = Vec::new();
    for item in items {
        if !stages.contains(&item.stage.as_str()) {
            stages.push(&item.stage);
        }
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TrialId;

    fn item(stage: &str, labels: &[(&str, &str)], value: u8) -> GatheredItem<u8> {
        let pair = |&(axis, label): &(&str, &str)| (axis.to_owned(), label.to_owned());
        let trial = TrialId(labels.iter().map(pair).collect());
        GatheredItem { stage: stage.to_owned(), trial, value }
    }

    fn found(items: &[GatheredItem<u8>], others: &[GatheredItem<u8>]) -> Result<Vec<u8>, String> {
        let all: Vec<&GatheredItem<u8>> = items.iter().collect();
        let found = partners(&all, items, others, ["traces", "validation"]);
        found.map(|found| found.into_iter().copied().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn stages_are_paired_by_their_order_and_trials_by_their_labels() {
        let items = [
            item("see", &[("method", "b"), ("seed", "1")], 0),
            item("see", &[("method", "a"), ("seed", "2")], 0),
            item("random", &[("seed", "2")], 0),
        ];
        let others = [
            item("see_fit", &[("method", "a"), ("seed", "2")], 1),
            item("see_fit", &[("method", "b"), ("seed", "1")], 2),
            item("random_fit", &[("seed", "2")], 3),
        ];
        assert_eq!(found(&items, &others).unwrap(), [2, 1, 3]);
        // One stage that does not vary along all axes belongs to all.
        let others = [item("photos", &[("seed", "1")], 4), item("photos", &[("seed", "2")], 5)];
        assert_eq!(found(&items, &others).unwrap(), [4, 5, 5]);
        assert_eq!(found(&items, &[item("photos", &[], 6)]).unwrap(), [6, 6, 6]);
    }

    #[test]
    fn a_partner_that_is_missing_or_ambiguous_is_named() {
        let items = [item("see", &[("seed", "1")], 0)];
        let message = found(&items, &[item("fit", &[("seed", "2")], 1)]).unwrap_err();
        assert_eq!(message, "`see@seed=1` has 0 partners among the trials of `fit`");
        let two = [item("fit", &[("seed", "1")], 1), item("fit", &[("seed", "1")], 1)];
        let message = found(&items, &two).unwrap_err();
        assert_eq!(message, "`see@seed=1` has 2 partners among the trials of `fit`");
        let two = [item("fit", &[], 1), item("other", &[], 1)];
        let message = found(&items, &two).unwrap_err();
        assert_eq!(message, "`traces` gathers 1 stages, `validation` 2 of them");
    }
}
