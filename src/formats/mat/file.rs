//! A file as a list of variables, each of which can be read on its own.

use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::bufread::ZlibDecoder;

use crate::suggest::{listing, nearest};

use super::element::{COMPRESSED, Elements, MATRIX, TAG_BYTES, Tag};
use super::error::{MatError, Problem};
use super::header::{ByteOrder, HEADER_BYTES, length, read_header};
use super::numbers::Numbers;
use super::text::read_texts;
use super::variable::Variable;

/// Bytes that are read from the file at once.
const BUFFER_BYTES: usize = 1 << 16;

/// Variables that a file may have; those of data sets have a dozen.
const MAX_VARIABLES: usize = 1 << 16;

/// A MATLAB file whose variables are known.
pub struct MatFile<R> {
    reader: R,
    order: ByteOrder,
    entries: Vec<Entry>,
}

struct Entry {
    variable: Variable,
    place: Place,
}

/// Where an element is.
#[derive(Clone, Copy)]
struct Place {
    /// The first byte of its content.
    start: u64,
    bytes: u32,
    is_compressed: bool,
}

type Body<'a> = Elements<Box<dyn Read + 'a>>;

impl<R: Read + Seek> MatFile<R> {
    /// Lists the variables, without reading their content.
    ///
    /// # Errors
    /// [`MatError`].
    pub fn open(mut reader: R) -> Result<Self, MatError> {
        let length = length(&mut reader)?;
        let order = read_header(&mut reader)?;
        let mut file = Self { reader, order, entries: Vec::new() };
        let mut at = HEADER_BYTES as u64;
        while at < length {
            let place = file.place(at, length)?;
            let variable = file.head(place).map_err(|problem| problem.at(at))?;
            if file.entries.len() == MAX_VARIABLES {
                let problem = format!("there are more than {MAX_VARIABLES} variables");
                return Err(MatError::Damaged { at, problem });
            }
            file.entries.push(Entry { variable, place });
            at = place.start + u64::from(place.bytes);
        }
        Ok(file)
    }

    /// The element whose tag stands at byte `at` of a file of `length` bytes.
    fn place(&mut self, at: u64, length: u64) -> Result<Place, MatError> {
        let damaged = |problem: String| MatError::Damaged { at, problem };
        let start = at + TAG_BYTES;
        if start > length {
            return Err(damaged("the file ends in the head of a variable".to_owned()));
        }
        self.reader.seek(SeekFrom::Start(at))?;
        let tag = Tag::read(&mut self.reader, self.order).map_err(|problem| problem.at(at))?;
        if ![MATRIX, COMPRESSED].contains(&tag.kind) {
            return Err(damaged(format!("expected a variable, found type {}", tag.kind)));
        }
        let (bytes, left) = (tag.bytes, length - start);
        if u64::from(bytes) > left {
            return Err(damaged(format!(
                "a variable states {bytes} bytes, but the file ends after {left}"
            )));
        }
        Ok(Place { start, bytes, is_compressed: tag.kind == COMPRESSED })
    }

    fn head(&mut self, place: Place) -> Result<Variable, Problem> {
        Variable::read(&mut self.body(place)?)
    }

    /// The elements of the variable at `place`.
    fn body(&mut self, place: Place) -> Result<Body<'_>, Problem> {
        self.reader.seek(SeekFrom::Start(place.start))?;
        let bytes = u64::from(place.bytes);
        let reader = BufReader::with_capacity(BUFFER_BYTES, (&mut self.reader).take(bytes));
        if !place.is_compressed {
            return Ok(Elements::new(Box::new(reader), self.order, bytes));
        }
        let mut reader = ZlibDecoder::new(reader);
        let tag = Tag::read(&mut reader, self.order)?;
        if tag.kind != MATRIX {
            let message = format!("expected a compressed variable, found type {}", tag.kind);
            return Err(Problem::damaged(message));
        }
        Ok(Elements::new(Box::new(reader), self.order, u64::from(tag.bytes)))
    }

    /// The variables, in the order of the file.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.entries.iter().map(|entry| &entry.variable)
    }

    /// What is known of a variable before its content.
    ///
    /// # Errors
    /// [`MatError::NoVariable`].
    pub fn variable(&self, name: &str) -> Result<&Variable, MatError> {
        self.find(name).map(|entry| &entry.variable)
    }

    /// Whether there is a variable of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.variables().any(|variable| variable.name == name)
    }

    /// The numbers of a variable.
    ///
    /// # Errors
    /// [`MatError`], also where the variable holds no numbers.
    pub fn numbers(&mut self, name: &str) -> Result<Numbers<'_>, MatError> {
        let place = self.find(name)?.place;
        self.numbers_at(place).map_err(|problem| problem.of(name))
    }

    fn numbers_at(&mut self, place: Place) -> Result<Numbers<'_>, Problem> {
        let mut body = self.body(place)?;
        let variable = Variable::read(&mut body)?;
        Numbers::new(variable, body)
    }

    /// The numbers of a variable that may have `limit` at most, all at once.
    ///
    /// # Errors
    /// [`MatError`].
    pub fn vector(&mut self, name: &str, limit: u64) -> Result<Vec<f64>, MatError> {
        const STEP: u64 = 1 << 13;
        let mut numbers = self.numbers(name)?;
        if numbers.left() > limit {
            let (size, problem) = (numbers.variable().size(), "expected at most");
            let problem = format!("its size is {size}, {problem} {limit} numbers");
            return Err(MatError::Variable { variable: name.to_owned(), problem });
        }
        // Grows with what is really read: the stated size may be a lie.
        let mut values = Vec::new();
        while numbers.left() > 0 {
            let start = values.len();
            let step = usize::try_from(numbers.left().min(STEP)).expect("a step is short");
            values.resize(start + step, 0.0);
            numbers.read(&mut values[start..])?;
        }
        Ok(values)
    }

    /// The strings of a cell array, or the rows of a matrix of letters, `limit` at most.
    ///
    /// # Errors
    /// [`MatError`].
    pub fn texts(&mut self, name: &str, limit: u64) -> Result<Vec<String>, MatError> {
        let place = self.find(name)?.place;
        self.texts_at(place, limit).map_err(|problem| problem.of(name))
    }

    fn texts_at(&mut self, place: Place, limit: u64) -> Result<Vec<String>, Problem> {
        let mut body = self.body(place)?;
        let variable = Variable::read(&mut body)?;
        let texts = read_texts(&variable, &mut body, limit)?;
        body.finish()?;
        Ok(texts)
    }

    fn find(&self, name: &str) -> Result<&Entry, MatError> {
        if let Some(entry) = self.entries.iter().find(|entry| entry.variable.name == name) {
            return Ok(entry);
        }
        let names: Vec<&str> = self.variables().map(|variable| variable.name.as_str()).collect();
        let all = listing("variables", &names);
        let advice = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? {all}"),
            None => all,
        };
        Err(MatError::NoVariable { name: name.to_owned(), advice })
    }
}
