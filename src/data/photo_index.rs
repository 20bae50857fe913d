//! The table that goes with an archive of photos: one row a photo, with its path and class.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::sample_table::{SampleRow, SampleTableError, read_sample_table};
use crate::id::Digest;

/// A row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Photo {
    /// The line in the file, counted from 1; the header is line 1.
    pub line: u64,
    /// The class.
    pub class: String,
    /// The values of the columns asked for, in that order.
    pub columns: Vec<String>,
}

/// Which rows and columns of the table are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PhotoFilter {
    /// Values of the column `match` that are wanted; empty for all rows.
    pub matches: Vec<String>,
    /// Further columns to keep.
    pub columns: Vec<String>,
    /// The largest number of photos a class.
    pub max_per_class: Option<usize>,
    /// Which photos stay under such a limit.
    pub kept_per_class: Kept,
}

/// Which photos of a class stay where not all may.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Those whose path has the smallest digest: a choice that depends neither on the order of the
    /// table nor on a seed.
    #[default]
    Digest,
    /// The first ones of the table.
    First,
}

/// What is wrong with the table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoIndexError {
    /// It is no table of samples.
    #[error(transparent)]
    Table(#[from] SampleTableError),
    /// No row is left.
    #[error("no row is left after the filter `matches = [{}]`", matches.join(", "))]
    Nothing {
        /// The filter.
        matches: Vec<String>,
    },
}

/// Reads the wanted rows, by path.
///
/// # Errors
/// [`PhotoIndexError`].
pub fn read_photo_index(
    input: impl Read,
    filter: &PhotoFilter,
) -> Result<BTreeMap<String, Photo>, PhotoIndexError> {
    let mut kept = filter.columns.clone();
    // The column of the filter is read behind those that are kept.
    kept.extend((!filter.matches.is_empty()).then(|| "match".to_owned()));
    let mut photos: BTreeMap<String, Photo> = BTreeMap::new();
    for SampleRow { line, name, class, mut columns } in read_sample_table(input, &["path"], &kept)?
    {
        let matched = columns.drain(filter.columns.len()..).next();
        if matched.is_none_or(|matched| filter.matches.contains(&matched)) {
            photos.insert(name, Photo { line, class, columns });
        }
    }
    if let Some(limit) = filter.max_per_class {
        let rows = photos.iter().map(|(path, photo)| {
            let place = usize::try_from(photo.line).unwrap_or(usize::MAX);
            (place, path.clone(), photo.class.clone())
        });
        for path in surplus(rows, limit, filter.kept_per_class) {
            photos.remove(&path);
        }
    }
    if photos.is_empty() {
        return Err(PhotoIndexError::Nothing { matches: filter.matches.clone() });
    }
    Ok(photos)
}

/// Of samples, given as place, name and class, the names of those that are too many in their class.
pub fn surplus(
    samples: impl Iterator<Item = (usize, String, String)>,
    limit: usize,
    kept: Kept,
) -> BTreeSet<String> {
    let mut by_class: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (place, name, class) in samples {
        by_class.entry(class).or_default().push((place, name));
    }
    let too_many = |mut names: Vec<(usize, String)>| {
        match kept {
            Kept::Digest => names.sort_by_key(|(_, name)| Digest::of(name.as_bytes())),
            Kept::First => names.sort(),
        }
        names.into_iter().skip(limit).map(|(_, name)| name)
    };
    by_class.into_values().flat_map(too_many).collect()
}

#[cfg(test)]
mod tests;
