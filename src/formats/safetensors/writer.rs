//! Writing named arrays, block by block.

use std::io::{self, Write};

use super::super::element::Element;
use super::dtype;
use super::header::Entry;

/// The data begins at a multiple of this.
const ALIGNMENT_BYTES: usize = 8;

/// Writes the arrays that its header names, one after another; numbers may come in blocks.
pub struct SafetensorsWriter<W> {
    out: W,
    /// The arrays that are not complete: type, and how many numbers are missing. The last is first.
    missing: Vec<(Element, usize)>,
    encoded: Vec<u8>,
}

impl<W: Write> SafetensorsWriter<W> {
    /// Begins a file of these arrays: name, type and shape.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidInput`] for a name that is there twice or
    /// a shape beyond all memory.
    pub fn new(mut out: W, arrays: &[(&str, Element, &[usize])]) -> io::Result<Self> {
        let mut header = serde_json::Map::new();
        let mut missing = Vec::new();
        let mut begin = 0_usize;
        for (name, element, shape) in arrays {
            let size = |size: usize, side: &usize| size.checked_mul(*side);
            let length = shape.iter().try_fold(1, size);
            let bytes = length.and_then(|length| length.checked_mul(element.bytes()));
            let end = bytes.and_then(|bytes| begin.checked_add(bytes));
            let (Some(length), Some(end)) = (length, end) else {
                return Err(invalid(format!("array `{name}` is larger than any file")));
            };
            missing.push((*element, length));
            let (dtype, shape) = (dtype(*element).to_owned(), shape.to_vec());
            let entry = serde_json::to_value(Entry { dtype, shape, data_offsets: [begin, end] })?;
            if header.insert((*name).to_owned(), entry).is_some() {
                return Err(invalid(format!("array `{name}` is there twice")));
            }
            begin = end;
        }
        let mut text = serde_json::to_vec(&header)?;
        text.resize(text.len().next_multiple_of(ALIGNMENT_BYTES), b' ');
        out.write_all(&(text.len() as u64).to_le_bytes())?;
        out.write_all(&text)?;
        missing.reverse();
        Ok(Self { out, missing, encoded: Vec::new() })
    }

    /// Writes the next numbers of the array that is not complete yet.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidInput`] for an integer that does not fit
    /// or for more numbers than the array has.
    pub fn push(&mut self, values: &[f64]) -> io::Result<()> {
        while self.missing.last().is_some_and(|(_, missing)| *missing == 0) {
            self.missing.pop();
        }
        let Some((element, missing)) = self.missing.last_mut() else {
            return if values.is_empty() { Ok(()) } else { Err(too_many()) };
        };
        *missing = missing.checked_sub(values.len()).ok_or_else(too_many)?;
        self.encoded.clear();
        let encoded = element.encode(values, &mut self.encoded);
        encoded.map_err(|error| invalid(error.to_string()))?;
        self.out.write_all(&self.encoded)
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidInput`] if numbers are missing.
    pub fn finish(mut self) -> io::Result<W> {
        let missing: usize = self.missing.iter().map(|(_, missing)| missing).sum();
        if missing > 0 {
            return Err(invalid(format!("{missing} numbers are missing")));
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

fn too_many() -> io::Error {
    invalid("more numbers than announced".to_owned())
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
