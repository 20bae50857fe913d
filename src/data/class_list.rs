//! Lists of class names, which say what the rows of a matrix or the numbers of labels stand for.
//!
//! ```text
//! text:  one a line, with or without its number: "12 laysan+albatross"
//! JSON:  a list of names, or an object with such a list as `allclasses_names`
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::data::attribute_files::{AttributeFileError, parse_names};

/// Why a list of classes cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassListError {
    /// A line is wrong.
    #[error(transparent)]
    Line(#[from] AttributeFileError),
    /// It begins like JSON and is none, or holds something else.
    #[error(
        "expected a JSON list of class names, or an object with one as `allclasses_names`: {0}"
    )]
    Json(#[from] serde_json::Error),
    /// It names nothing.
    #[error("the list names no class")]
    Empty,
    /// It names a class twice.
    #[error("class `{class}` is listed twice, as numbers {first} and {second}")]
    Duplicate {
        /// The class.
        class: String,
        /// Where it is first, counted from 1.
        first: usize,
        /// Where it is again.
        second: usize,
    },
}

/// The object of which one field is read.
#[derive(Deserialize)]
struct Splits {
    allclasses_names: Vec<String>,
}

/// Reads a list of classes; each is there once.
///
/// # Errors
/// [`ClassListError`].
pub fn parse_class_list(text: &str) -> Result<Vec<String>, ClassListError> {
    let classes = match text.trim_start().chars().next() {
        Some('[') => serde_json::from_str(text)?,
        Some('{') => serde_json::from_str::<Splits>(text)?.allclasses_names,
        _ => parse_names(text)?,
    };
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for (class, second) in classes.iter().zip(1..) {
        if let Some(first) = numbers.insert(class, second) {
            return Err(ClassListError::Duplicate { class: class.clone(), first, second });
        }
    }
    if classes.is_empty() { Err(ClassListError::Empty) } else { Ok(classes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_text_and_json() {
        let expected = ["giant+panda", "ox"];
        assert_eq!(parse_class_list("giant+panda\n ox\n").unwrap(), expected);
        assert_eq!(parse_class_list(" 1\tgiant+panda\n 2\tox\n").unwrap(), expected);
        assert_eq!(parse_class_list("[\"giant+panda\", \"ox\"]").unwrap(), expected);
        let splits = "{\"train_loc\": [1, 2], \"allclasses_names\": [\"giant+panda\", \"ox\"]}";
        assert_eq!(parse_class_list(splits).unwrap(), expected);
    }

    #[test]
    fn lists_that_cannot_be_used_say_why() {
        let message = |text: &str| parse_class_list(text).unwrap_err().to_string();
        assert_eq!(message("\n"), "the list names no class");
        assert_eq!(message("ox\npig\nox\n"), "class `ox` is listed twice, as numbers 1 and 3");
        assert_eq!(message("1 ox\n3 pig\n"), "line 2: the number is 3, expected 2");
        assert!(message("[1, 2]").starts_with("expected a JSON list of class names"));
        assert!(message("{\"train_loc\": []}").contains("missing field `allclasses_names`"));
    }
}
