//! The identity of the splits behind a row, short enough to be read.

use crate::zsl::Evaluation;

/// How many digits of a split's identity are shown.
const SPLIT_DIGITS: usize = 12;

/// What stands before the identities of several splits.
const SEVERAL: &str = "several: ";

/// The distinct values in order of appearance, joined.
pub(in super::super) fn several(values: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct.join(", ")
}

/// The identity of the split of all `evaluations`, or of all splits.
pub(in super::super) fn split_of<'a>(evaluations: impl Iterator<Item = &'a Evaluation>) -> String {
    let splits = several(evaluations.map(|evaluation| short_split(&evaluation.split)));
    if splits.contains(", ") { format!("{SEVERAL}{splits}") } else { splits }
}

/// [`split_of`], short enough for a column: of several the first, and how many more.
pub(in super::super) fn split_in_brief(split: &str) -> String {
    let mut splits = split.strip_prefix(SEVERAL).unwrap_or(split).split(", ");
    let first = splits.next().unwrap_or_default();
    match splits.count() {
        0 => first.to_owned(),
        more => format!("{first} and {more} more"),
    }
}

/// The first digits of a split's identity.
pub(in super::super) fn short_split(split: &str) -> String {
    split.chars().take(SPLIT_DIGITS).collect()
}
