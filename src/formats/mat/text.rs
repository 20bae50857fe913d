//! Text: cell arrays of strings, and matrices of letters with a string a row.

use std::io::Read;

use super::element::{Elements, MATRIX, Tag};
use super::error::Problem;
use super::header::ByteOrder;
use super::variable::{Class, Variable};

/// Bytes that one string may take.
const STRING_BYTES: u32 = 1 << 16;

/// Bytes that a matrix of letters may take.
const LETTERS_BYTES: u32 = 1 << 26;

/// The strings of a cell array, in the order of the file, or the rows of a matrix of letters.
pub(super) fn read_texts<R: Read>(
    variable: &Variable,
    elements: &mut Elements<R>,
    limit: u64,
) -> Result<Vec<String>, Problem> {
    let count = match variable.class {
        Class::Cell => variable.len,
        Class::Char => variable.dims[0],
        other => {
            let message = format!("it is of class {other}, expected a cell array of strings");
            return Err(Problem::content(message));
        }
    };
    if count > limit {
        let message = format!("it holds {count} strings, expected {limit} at most");
        return Err(Problem::content(message));
    }
    if variable.class == Class::Char {
        return rows(variable, elements);
    }
    let mut texts = Vec::new();
    for position in 1..=count {
        let text = cell(elements).map_err(|problem| match problem {
            Problem::Content(message) => Problem::content(format!("cell {position}: {message}")),
            Problem::Damaged(message) => Problem::damaged(format!("cell {position}: {message}")),
            other @ Problem::Io(_) => other,
        })?;
        texts.push(text);
    }
    Ok(texts)
}

/// The string in the next cell.
fn cell<R: Read>(elements: &mut Elements<R>) -> Result<String, Problem> {
    let tag = elements.tag()?;
    if tag.kind != MATRIX {
        return Err(Problem::content("expected a string"));
    }
    let end = elements.left() - u64::from(tag.bytes);
    if tag.bytes == 0 {
        return Ok(String::new());
    }
    let inner = Variable::read(elements)?;
    let is_empty = inner.len == 0;
    if !is_empty && (inner.class != Class::Char || inner.dims[0] != 1 || inner.dims.len() != 2) {
        let (size, class) = (inner.size(), inner.class);
        let message = format!("it is {class} of size {size}, expected one string");
        return Err(Problem::content(message));
    }
    let text = if is_empty { String::new() } else { string(&inner, elements)? };
    match elements.left().checked_sub(end) {
        Some(rest) => elements.skip(rest)?,
        None => return Err(Problem::damaged("it is longer than it states")),
    }
    Ok(text)
}

fn string<R: Read>(variable: &Variable, elements: &mut Elements<R>) -> Result<String, Problem> {
    let tag = elements.tag()?;
    let bytes = elements.content(tag, STRING_BYTES)?;
    Ok(letters(variable, tag, &bytes, elements.order())?.into_iter().collect())
}

/// The rows of a matrix of letters, without the blanks that fill them up.
fn rows<R: Read>(variable: &Variable, elements: &mut Elements<R>) -> Result<Vec<String>, Problem> {
    if variable.dims.len() != 2 {
        let message = format!("its size is {}, expected a string a row", variable.size());
        return Err(Problem::content(message));
    }
    if variable.len == 0 {
        return Ok(Vec::new());
    }
    let tag = elements.tag()?;
    let bytes = elements.content(tag, LETTERS_BYTES)?;
    let letters = letters(variable, tag, &bytes, elements.order())?;
    let count = usize::try_from(variable.dims[0]).expect("there are as many letters");
    let row = |row: usize| letters.iter().skip(row).step_by(count).collect::<String>();
    Ok((0..count).map(|at| row(at).trim_end().to_owned()).collect())
}

/// Decodes text in whatever form it is stored.
fn letters(
    variable: &Variable,
    tag: Tag,
    bytes: &[u8],
    order: ByteOrder,
) -> Result<Vec<char>, Problem> {
    let wrong = || Problem::damaged("its text is not valid Unicode");
    let letters: Vec<char> = match tag.kind {
        // One byte a letter: ASCII as far as MATLAB writes it, Latin-1 beyond.
        1 | 2 => bytes.iter().copied().map(char::from).collect(),
        16 => std::str::from_utf8(bytes).map_err(|_| wrong())?.chars().collect(),
        4 | 17 => {
            let units = bytes.as_chunks().0.iter().map(|unit| order.u16(*unit));
            char::decode_utf16(units).collect::<Result<_, _>>().map_err(|_| wrong())?
        }
        18 => {
            let units = bytes.as_chunks().0.iter().map(|unit| order.u32(*unit));
            units.map(char::from_u32).collect::<Option<_>>().ok_or_else(wrong)?
        }
        other => {
            let message = format!("its text is stored as type {other}, which is none of text");
            return Err(Problem::damaged(message));
        }
    };
    // Sizes count UTF-16 units in some files and letters in others; they agree for common text.
    let units: usize = letters.iter().map(|letter| letter.len_utf16()).sum();
    let utf8: usize = letters.iter().map(|letter| letter.len_utf8()).sum();
    if ![letters.len(), units, utf8].iter().any(|&count| count as u64 == variable.len) {
        let (size, count) = (variable.size(), letters.len());
        let message = format!("it states the size {size}, but holds {count} letters");
        return Err(Problem::damaged(message));
    }
    Ok(letters)
}
