//! What tables of evaluations and measurements have in common: the columns of the axes and how they are
//! printed; and what those of evaluations have: the numbers that they can show, the identity of splits.

mod printed;
mod splits;

use super::metric::Metric;
use crate::artifact::Values;
use crate::stage::StageError;
use crate::zsl::Evaluation;

pub(super) use printed::{Printed, column_or_note, distinct, peeked};
pub(super) use splits::{several, short_split, split_in_brief, split_of};

/// The tidy columns of a table, by their names.
pub(super) type Columns = Vec<(String, Values)>;

/// The labels of a row on the axes of its table.
pub(super) type Key = [(String, String)];

/// The most digits after the point of a percentage.
const MOST_DIGITS: u8 = 6;

/// Checks the numbers that a manifest asks for.
///
/// # Errors
/// [`StageError::Parameter`] if there is none, or one twice, or too many digits are wanted.
pub(super) fn check(metrics: &[Metric], digits: u8) -> Result<(), StageError> {
    if metrics.is_empty() {
        return Err(StageError::parameter("metrics", "is empty; expected at least one"));
    }
    for (position, metric) in metrics.iter().enumerate() {
        if metrics[..position].contains(metric) {
            let message = format!("`{}` stands there twice", metric.name());
            return Err(StageError::parameter("metrics", message));
        }
    }
    if digits > MOST_DIGITS {
        let message = format!("is {digits}; expected at most {MOST_DIGITS}");
        return Err(StageError::parameter("digits", message));
    }
    Ok(())
}

/// Refuses an evaluation in which one of `metrics` was not measured; `place` names it.
///
/// # Errors
/// [`StageError::Data`] with what to do about it.
pub(super) fn check_numbers(
    evaluation: &Evaluation,
    metrics: &[Metric],
    place: impl Fn() -> String,
) -> Result<(), StageError> {
    let values = metrics.iter().map(|metric| (metric, metric.of(evaluation)));
    match values.into_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((metric, value)) => {
            let (name, place) = (metric.name(), place());
            Err(StageError::data_with_help(
                format!("`{name}` of {place} is {value}; expected a finite number"),
                metric.remedy(),
            ))
        }
    }
}

/// The tidy column of an axis: its name, unless a column of the table's `own` is called so.
pub(super) fn axis_column(axis: &str, own: &[&str]) -> String {
    if own.contains(&axis) { format!("axis.{axis}") } else { axis.to_owned() }
}

/// The columns of the axes, then `columns`; `keys` has the labels of each tidy row.
pub(super) fn with_axes(keys: &[&Key], own: &[&str], columns: Columns) -> Columns {
    debug_assert!(columns.iter().all(|(name, _)| own.contains(&name.as_str())));
    let axes = keys.first().map_or(0, |key| key.len());
    let axis_columns = (0..axes).map(|axis| {
        let labels = keys.iter().map(|key| key[axis].1.clone()).collect();
        (axis_column(&keys[0][axis].0, own), Values::Text(labels))
    });
    axis_columns.collect::<Columns>().into_iter().chain(columns).collect()
}
