//! The table that goes with an archive of photos: one row a photo, with its path and class.

use std::collections::BTreeMap;
use std::io::Read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// It is not a table of comma-separated values.
    #[error("not a table of comma-separated values: {0}")]
    Csv(#[from] csv::Error),
    /// A column is not there.
    #[error("there is no column `{column}`; the columns are {}", available.join(", "))]
    Column {
        /// The column.
        column: String,
        /// Those there are.
        available: Vec<String>,
    },
    /// A path or class is empty.
    #[error("line {line}: the column `{column}` is empty")]
    EmptyCell {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// A path occurs twice.
    #[error("line {line}: the path `{path}` is on line {first} already")]
    Duplicate {
        /// The later line.
        line: u64,
        /// The earlier line.
        first: u64,
        /// The path.
        path: String,
    },
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
    let mut reader = csv::Reader::from_reader(input);
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let column = |name: &str| {
        header.iter().position(|column| column == name).ok_or_else(|| PhotoIndexError::Column {
            column: name.to_owned(),
            available: header.clone(),
        })
    };
    let (path_at, class_at) = (column("path")?, column("class")?);
    let match_at = if filter.matches.is_empty() { None } else { Some(column("match")?) };
    let kept = filter.columns.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
    let mut photos: BTreeMap<String, Photo> = BTreeMap::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let (path, class) = (cell(path_at), cell(class_at));
        for (column, value) in [("path", &path), ("class", &class)] {
            if value.is_empty() {
                return Err(PhotoIndexError::EmptyCell { line, column });
            }
        }
        if let Some(earlier) = photos.get(&path) {
            return Err(PhotoIndexError::Duplicate { line, first: earlier.line, path });
        }
        let columns = kept.iter().map(|at| cell(*at)).collect();
        let wanted = match_at.is_none_or(|at| filter.matches.contains(&cell(at)));
        // Unwanted rows stay until the end, so that duplicates among them are found as well.
        let class = if wanted { class } else { String::new() };
        photos.insert(path, Photo { line, class, columns });
    }
    photos.retain(|_, photo| !photo.class.is_empty());
    if let Some(limit) = filter.max_per_class {
        thin_out(&mut photos, limit, filter.kept_per_class);
    }
    if photos.is_empty() {
        return Err(PhotoIndexError::Nothing { matches: filter.matches.clone() });
    }
    Ok(photos)
}

fn thin_out(photos: &mut BTreeMap<String, Photo>, limit: usize, kept: Kept) {
    let mut by_class: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (path, photo) in photos.iter() {
        by_class.entry(photo.class.clone()).or_default().push((photo.line, path.clone()));
    }
    for mut rows in by_class.into_values() {
        match kept {
            Kept::Digest => rows.sort_by_key(|(_, path)| Digest::of(path.as_bytes())),
            Kept::First => rows.sort(),
        }
        for (_, path) in rows.into_iter().skip(limit) {
            photos.remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, filter: &PhotoFilter) -> Result<BTreeMap<String, Photo>, String> {
        read_photo_index(text.as_bytes(), filter).map_err(|error| error.to_string())
    }

    fn matching(matches: &[&str]) -> PhotoFilter {
        let matches = matches.iter().map(|word| (*word).to_owned()).collect();
        PhotoFilter { matches, ..PhotoFilter::default() }
    }

    #[test]
    fn rows_are_filtered_and_columns_kept() {
        let text = "path,class,match,source\na,cat,exact,x\nb,dog,approx,y\nc,dog,exact,z\n";
        let filter = PhotoFilter { columns: vec!["source".into()], ..matching(&["exact"]) };
        let photos = read(text, &filter).unwrap();
        assert_eq!(photos.keys().collect::<Vec<_>>(), ["a", "c"]);
        let expected = Photo { line: 4, class: "dog".into(), columns: vec!["z".into()] };
        assert_eq!(photos["c"], expected);
    }

    #[test]
    fn a_limit_chooses_by_path_not_by_order() {
        let filter = PhotoFilter { max_per_class: Some(2), ..PhotoFilter::default() };
        let one = read("path,class\na,cat\nb,cat\nc,cat\nd,cat\n", &filter).unwrap();
        let other = read("path,class\nd,cat\nc,cat\nb,cat\na,cat\n", &filter).unwrap();
        assert_eq!(one.len(), 2);
        assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        let filter = PhotoFilter { kept_per_class: Kept::First, ..filter };
        let first = read("path,class\nd,cat\nc,cat\nb,cat\na,cat\n", &filter).unwrap();
        assert_eq!(first.keys().collect::<Vec<_>>(), ["c", "d"]);
    }

    #[test]
    fn messages_name_line_and_column() {
        let all = PhotoFilter::default();
        assert_eq!(
            read("path,label\na,cat\n", &all).unwrap_err(),
            "there is no column `class`; the columns are path, label"
        );
        assert_eq!(
            read("path,class\na,cat\nb,\n", &all).unwrap_err(),
            "line 3: the column `class` is empty"
        );
        assert_eq!(
            read("path,class\na,cat\nb,cat\na,dog\n", &all).unwrap_err(),
            "line 4: the path `a` is on line 2 already"
        );
        assert!(read("path,class\na,cat\nb,cat,extra\n", &all).unwrap_err().contains("line: 3"));
        assert_eq!(
            read("path,class,match\na,cat,exact\n", &matching(&["near"])).unwrap_err(),
            "no row is left after the filter `matches = [near]`"
        );
    }
}
