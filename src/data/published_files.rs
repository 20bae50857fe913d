//! The files in which splits are published: MATLAB's, which count images from 1, and JSON, which
//! counts them from 0. Both call the lists by the same names.

use std::io::{self, Read, Seek, SeekFrom};

use serde::Deserialize;

use crate::data::published_split::{List, PublishedSplit};
use crate::data::samples::SampleIndex;
use crate::formats::mat::{MatError, MatFile, looks_like_mat};

/// Images that a list may hold, and bytes that a JSON file may have for each of them.
const MAX_IMAGES: u64 = 1 << 24;
const JSON_BYTES: u64 = 1 << 28;

/// Classes that a file may name.
const MAX_CLASSES: u64 = 1 << 16;

/// What MATLAB files call the names of the classes.
pub const CLASS_NAMES: &str = "allclasses_names";

/// Why a file holds no split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedFileError {
    /// The MATLAB file or one of its variables is not what it must be.
    #[error(transparent)]
    Mat(#[from] MatError),
    /// The JSON is not what it must be.
    #[error("it is neither a MATLAB file nor JSON with five lists of positions: {0}")]
    Json(#[source] serde_json::Error),
    /// A number is no position of an image.
    #[error("`{list}`, row {row}: {value} is no position of an image; they count from {first}")]
    Position {
        /// The list.
        list: &'static str,
        /// The row, counted from 1.
        row: usize,
        /// What stands there.
        value: f64,
        /// The smallest position.
        first: u32,
    },
    /// The system could not read on.
    #[error("it could not be read: {0}")]
    Io(#[from] io::Error),
}

impl PublishedFileError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Mat(error) => error.help(),
            Self::Io(_) => None,
            Self::Json(_) | Self::Position { .. } => Some(
                "expected `trainval_loc`, `test_seen_loc`, `test_unseen_loc`, `train_loc` and \
                 `val_loc`: positions of images, from 1 in MATLAB files and from 0 in JSON"
                    .to_owned(),
            ),
        }
    }
}

/// Reads a split out of a MATLAB or JSON file, told apart by their content.
///
/// # Errors
/// [`PublishedFileError`].
pub fn read_published_split(
    mut reader: impl Read + Seek,
) -> Result<PublishedSplit, PublishedFileError> {
    let mut start = Vec::new();
    (&mut reader).take(128).read_to_end(&mut start)?;
    reader.seek(SeekFrom::Start(0))?;
    let is_json = start.trim_ascii_start().first() == Some(&b'{');
    if looks_like_mat(&start) || !is_json { read_mat(reader) } else { read_json(reader) }
}

fn read_mat(reader: impl Read + Seek) -> Result<PublishedSplit, PublishedFileError> {
    let mut file = MatFile::open(reader)?;
    let mut lists = <[Vec<SampleIndex>; 5]>::default();
    for (list, name) in lists.iter_mut().zip(List::ALL.map(List::name)) {
        *list = positions(name, &file.vector(name, MAX_IMAGES)?, 1)?;
    }
    let classes = match file.has(CLASS_NAMES) {
        true => Some(file.texts(CLASS_NAMES, MAX_CLASSES)?),
        false => None,
    };
    Ok(PublishedSplit::new(classes, lists))
}

#[derive(Deserialize)]
struct JsonSplit {
    trainval_loc: Vec<f64>,
    test_seen_loc: Vec<f64>,
    test_unseen_loc: Vec<f64>,
    train_loc: Vec<f64>,
    val_loc: Vec<f64>,
    #[serde(default)]
    allclasses_names: Option<Vec<String>>,
}

fn read_json(reader: impl Read) -> Result<PublishedSplit, PublishedFileError> {
    let reader = io::BufReader::new(reader.take(JSON_BYTES));
    let json: JsonSplit = serde_json::from_reader(reader).map_err(PublishedFileError::Json)?;
    let values = [
        &json.trainval_loc,
        &json.test_seen_loc,
        &json.test_unseen_loc,
        &json.train_loc,
        &json.val_loc,
    ];
    let mut lists = <[Vec<SampleIndex>; 5]>::default();
    for ((list, values), name) in lists.iter_mut().zip(values).zip(List::ALL.map(List::name)) {
        *list = positions(name, values, 0)?;
    }
    Ok(PublishedSplit::new(json.allclasses_names, lists))
}

/// Turns positions that count from `first` into those of this program, which count from 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only whole numbers of the range are converted"
)]
fn positions(
    list: &'static str,
    values: &[f64],
    first: u32,
) -> Result<Vec<SampleIndex>, PublishedFileError> {
    let position = |(at, &value): (usize, &f64)| {
        let range = f64::from(first)..=f64::from(u32::MAX);
        if value.fract() == 0.0 && range.contains(&value) {
            return Ok(SampleIndex(value as u32 - first));
        }
        Err(PublishedFileError::Position { list, row: at + 1, value, first })
    };
    values.iter().enumerate().map(position).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::formats::mat::writing::MatWriter;

    use super::*;

    fn writer() -> MatWriter {
        MatWriter::compressed()
            .indices("trainval_loc", &[1, 2])
            .indices("test_seen_loc", &[3])
            .indices("test_unseen_loc", &[4])
            .indices("train_loc", &[1, 3])
    }

    const JSON: &str = r#" {"note": "0-based", "trainval_loc": [0, 1], "test_seen_loc": [2],
        "test_unseen_loc": [3], "train_loc": [0, 2], "val_loc": [1], "allclasses_names": ["a"]}"#;

    #[test]
    fn matlab_and_json_give_one_split() {
        let mat = writer().indices("val_loc", &[2]).texts(CLASS_NAMES, &["a"]).finish();
        let mat = read_published_split(Cursor::new(mat)).unwrap();
        assert_eq!(mat, read_published_split(Cursor::new(JSON)).unwrap());
        assert_eq!(mat.list(List::Train), [SampleIndex(0), SampleIndex(2)]);
        assert_eq!(mat.classes().unwrap(), ["a"]);
    }

    #[test]
    fn what_is_no_position_is_named() {
        let message =
            |bytes: Vec<u8>| read_published_split(Cursor::new(bytes)).unwrap_err().to_string();
        let zero = writer().indices("val_loc", &[2, 0]).finish();
        let expected = "`val_loc`, row 2: 0 is no position of an image; they count from 1";
        assert_eq!(message(zero), expected);
        let half = writer().doubles("val_loc", [1, 1], &[1.5]).finish();
        assert!(message(half).starts_with("`val_loc`, row 1: 1.5 is no position"));
        assert_eq!(message(writer().finish()), "there is no variable `val_loc`");
        let negative = JSON.replace("[3]", "[-1]");
        assert!(message(negative.into_bytes()).starts_with("`test_unseen_loc`, row 1: -1 is no"));
        assert!(message(b"{\"train_loc\": 3}".to_vec()).contains("neither a MATLAB file nor JSON"));
        assert!(message(b"hello".to_vec()).contains("no MATLAB file"));
    }
}
