//! Studies put together into settings: what the trials of a setting have in common, seed by seed.

use std::collections::BTreeMap;

use crate::stage::{GatheredItem, StageError};
use crate::stages::rows::{NO_LABEL, SEED, default_axes, label_on};

/// The trials of one setting.
pub(super) struct Setting<T> {
    /// Axis and label, in the order in which they are shown.
    pub(super) key: Vec<(String, String)>,
    /// The labels of the seeds.
    pub(super) seeds: Vec<String>,
    /// What belongs to each seed.
    pub(super) members: Vec<T>,
}

/// The items that have the labels of `select`, or do not vary along its axes.
///
/// # Errors
/// If there is none, or no trial varies along an axis.
pub(in crate::stages) fn selected<'a, T>(
    items: &'a [GatheredItem<T>],
    select: &BTreeMap<String, String>,
) -> Result<Vec<&'a GatheredItem<T>>, StageError> {
    check_axes(items, "select", select.keys())?;
    let fits = |item: &&GatheredItem<T>| {
        let mut pairs = select.iter();
        pairs.all(|(axis, label)| label_on(item, axis).is_none_or(|found| found == label))
    };
    let found: Vec<&GatheredItem<T>> = items.iter().filter(fits).collect();
    match found.is_empty() {
        true => Err(StageError::parameter("select", "no trial has these labels")),
        false => Ok(found),
    }
}

/// Puts what was made of `items`, in their order, into settings.
///
/// # Errors
/// If an axis is unknown, or a setting would hold two trials of one seed.
pub(super) fn settings<A, T>(
    items: &[&GatheredItem<A>],
    made: Vec<T>,
    axes: &[String],
    select: &BTreeMap<String, String>,
) -> Result<Vec<Setting<T>>, StageError> {
    let axes = if axes.is_empty() { default_axes(items, select) } else { axes.to_vec() };
    let mut settings: Vec<Setting<T>> = Vec::new();
    for (item, made) in items.iter().zip(made) {
        let label = |axis: &String| label_on(item, axis).unwrap_or(NO_LABEL).to_owned();
        let key: Vec<(String, String)> =
            axes.iter().map(|axis| (axis.clone(), label(axis))).collect();
        let seed = item.trial.label(SEED).unwrap_or_default().to_owned();
        match settings.iter_mut().find(|setting| setting.key == key) {
            None => settings.push(Setting { key, seeds: vec![seed], members: vec![made] }),
            Some(setting) if setting.seeds.contains(&seed) => return Err(mixed(&key, &seed)),
            Some(setting) => {
                setting.seeds.push(seed);
                setting.members.push(made);
            }
        }
    }
    Ok(settings)
}

fn mixed(key: &[(String, String)], seed: &str) -> StageError {
    let key: Vec<String> = key.iter().map(|(axis, label)| format!("{axis}={label}")).collect();
    let key = key.join(", ");
    let message = format!(
        "the row `{key}` has two trials of seed `{seed}`; add the axis that tells them apart, or \
         choose with `select`"
    );
    StageError::parameter("rows", message)
}

/// Refuses axes along which no trial varies.
pub(super) fn check_axes<'a, T>(
    items: &[GatheredItem<T>],
    parameter: &str,
    axes: impl Iterator<Item = &'a String>,
) -> Result<(), StageError> {
    for axis in axes {
        if !items.iter().any(|item| label_on(item, axis).is_some()) {
            let message = format!("no trial varies along `{axis}`");
            return Err(StageError::parameter(parameter, message));
        }
    }
    Ok(())
}
