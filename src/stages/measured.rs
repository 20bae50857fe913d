//! The names of the numbers that a table of measurements shows.

use std::collections::BTreeMap;

use super::rows::shown_label;
use crate::artifact::Measures;
use crate::stage::StageError;
use crate::suggest::advice;

/// The most digits after the point.
const MOST_DIGITS: u8 = 6;

/// Digits after the point, unless a manifest says how many.
pub(super) const DIGITS: u8 = 3;

/// What the printed means say.
pub(super) const MEANS: &str = "Mean ± standard deviation (n - 1) over n runs.";

/// What the counts beside them say.
pub(super) const COUNTS: &str =
    "In brackets: how many of the runs have the number, where some lack it.";

/// Checks what a manifest asks for.
///
/// # Errors
/// [`StageError::Parameter`] if a name stands there twice, or too many digits are wanted.
pub(super) fn check(measures: &[String], digits: u8) -> Result<(), StageError> {
    for (position, name) in measures.iter().enumerate() {
        if measures[..position].contains(name) {
            let message = format!("`{name}` stands there twice");
            return Err(StageError::parameter("measures", message));
        }
    }
    if digits > MOST_DIGITS {
        let message = format!("is {digits}; expected at most {MOST_DIGITS}");
        return Err(StageError::parameter("digits", message));
    }
    Ok(())
}

/// The names that are wanted, or all of the first measurement if that is left open.
///
/// # Errors
/// [`StageError::Parameter`] if no measurement has a name; [`StageError::Data`] if there is none to
/// show.
pub(super) fn names(wanted: &[String], gathered: &[&Measures]) -> Result<Vec<String>, StageError> {
    let mut known: Vec<&str> = Vec::new();
    for name in gathered.iter().flat_map(|measures| measures.names()) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    for name in wanted {
        if !known.contains(&name.as_str()) {
            let advice = advice(name, "measures", &known);
            let message = format!("no measurement has `{name}`; {advice}");
            return Err(StageError::parameter("measures", message));
        }
    }
    if !wanted.is_empty() {
        return Ok(wanted.to_vec());
    }
    let first: Vec<String> =
        gathered.iter().take(1).flat_map(|measures| measures.names()).map(str::to_owned).collect();
    if first.is_empty() {
        let message = "the first measurement holds no number; name the `measures` to show";
        return Err(StageError::data(message));
    }
    Ok(first)
}

/// What stands above a number: the words of the manifest for `metric=NAME` or for `NAME`, else the
/// name itself.
pub(super) fn heading(headings: &BTreeMap<String, String>, name: &str) -> String {
    let shown = shown_label(headings, &("metric".to_owned(), name.to_owned()));
    if shown == name { name.replace('_', " ") } else { shown }
}
