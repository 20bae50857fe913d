//! The three text files in which attribute data sets describe their classes.
//!
//! ```text
//! classes, names:  one a line, "  12<tab>giant+panda"; the number counts lines and may be left out
//! matrix:          one line a class, one number an attribute, blanks between them
//! ```
//!
//! Entries of -1, which mark a missing judgement in Animals with Attributes, are kept as they are:
//! that is what the published normalised matrix does.

/// What is wrong with one of the files; lines and columns count from 1.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeFileError {
    /// A line's number is not its position.
    #[error("line {line}: the number is {got}, expected {expected}")]
    Numbering {
        /// The line.
        line: usize,
        /// The number there.
        got: usize,
        /// Its position among the lines that are not blank.
        expected: usize,
    },
    /// A matrix has the wrong number of rows.
    #[error("{got} rows of numbers for {expected} classes")]
    Rows {
        /// The number of rows.
        got: usize,
        /// The number of classes.
        expected: usize,
    },
    /// A row has the wrong number of values.
    #[error("line {line} (class `{class}`): {got} numbers for {expected} attributes")]
    Columns {
        /// The line.
        line: usize,
        /// The class it stands for.
        class: String,
        /// How many numbers it has.
        got: usize,
        /// The number of attributes.
        expected: usize,
    },
    /// Something is not a finite number.
    #[error("line {line}, column {column} (attribute `{attribute}`): `{text}` is not a number")]
    Number {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The attribute it stands for.
        attribute: String,
        /// What stands there.
        text: String,
    },
}

/// Reads a list of classes or attributes.
///
/// # Errors
/// [`AttributeFileError::Numbering`].
pub fn parse_names(text: &str) -> Result<Vec<String>, AttributeFileError> {
    let mut names = Vec::new();
    for (line, content) in lines(text) {
        let expected = names.len() + 1;
        let numbered = content.split_once(char::is_whitespace);
        let numbered = numbered.and_then(|(number, name)| Some((number.parse().ok()?, name)));
        let (got, name) = numbered.unwrap_or((expected, content));
        if got != expected {
            return Err(AttributeFileError::Numbering { line, got, expected });
        }
        names.push(name.trim().to_owned());
    }
    Ok(names)
}

/// How many numbers stand on the first line of a matrix.
#[must_use]
pub fn first_width(text: &str) -> usize {
    lines(text).next().map_or(0, |(_, line)| line.split_whitespace().count())
}

/// Reads the matrix, one row a class.
///
/// # Errors
/// [`AttributeFileError`].
pub fn parse_matrix(
    text: &str,
    classes: &[String],
    attributes: &[String],
) -> Result<Vec<Vec<f64>>, AttributeFileError> {
    let got = lines(text).count();
    if got != classes.len() {
        return Err(AttributeFileError::Rows { got, expected: classes.len() });
    }
    let rows = lines(text).zip(classes);
    rows.map(|((line, content), class)| parse_row(line, content, class, attributes)).collect()
}

fn parse_row(
    line: usize,
    content: &str,
    class: &str,
    attributes: &[String],
) -> Result<Vec<f64>, AttributeFileError> {
    let got = content.split_whitespace().count();
    if got != attributes.len() {
        let (class, expected) = (class.to_owned(), attributes.len());
        return Err(AttributeFileError::Columns { line, class, got, expected });
    }
    let cells = content.split_whitespace().zip(attributes).enumerate();
    let number = |(at, (text, attribute)): (usize, (&str, &String))| {
        let value: Option<f64> = text.parse().ok();
        value.filter(|value| value.is_finite()).ok_or_else(|| AttributeFileError::Number {
            line,
            column: at + 1,
            attribute: attribute.clone(),
            text: text.to_owned(),
        })
    };
    cells.map(number).collect()
}

/// The lines that are not blank, trimmed, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn names_come_with_and_without_numbers() {
        let numbered = "     1\tantelope\n     2\tgrizzly+bear\n\n";
        assert_eq!(parse_names(numbered).unwrap(), ["antelope", "grizzly+bear"]);
        assert_eq!(parse_names("antelope\nox\n").unwrap(), ["antelope", "ox"]);
        let skipped = parse_names("1 a\n3 b\n").unwrap_err();
        assert_eq!(skipped.to_string(), "line 2: the number is 3, expected 2");
    }

    #[test]
    fn a_matrix_is_read_row_by_row() {
        let rows =
            parse_matrix(" -1.00  2.5\n\n 0 1e-3\n", &names(&["a", "b"]), &names(&["x", "y"]));
        assert_eq!(rows.unwrap(), [[-1.0, 2.5], [0.0, 0.001]]);
    }

    #[test]
    fn messages_name_line_column_class_and_attribute() {
        let message = |text: &str| {
            let (classes, attributes) = (names(&["ant", "bee"]), names(&["legs", "wings"]));
            parse_matrix(text, &classes, &attributes).unwrap_err().to_string()
        };
        assert_eq!(message("1 2\n"), "1 rows of numbers for 2 classes");
        assert_eq!(message("1 2\n3\n"), "line 2 (class `bee`): 1 numbers for 2 attributes");
        assert_eq!(
            message("1 2\n3 x4\n"),
            "line 2, column 2 (attribute `wings`): `x4` is not a number"
        );
        assert!(message("NaN 2\n3 4\n").starts_with("line 1, column 1 (attribute `legs`)"));
    }
}
