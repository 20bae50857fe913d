//! Writing a `.npy` file, block by block.

use std::io::{self, Write};

use super::super::element::Element;
use super::MAGIC;

/// The numbers begin at a multiple of this, as NumPy has it.
const ALIGNMENT_BYTES: usize = 64;

/// Writes one array; its numbers may come in blocks of any length.
pub struct NpyWriter<W> {
    out: W,
    element: Element,
    missing: usize,
    encoded: Vec<u8>,
}

impl<W: Write> NpyWriter<W> {
    /// Begins an array, its last index running fastest. A bfloat16, which NumPy does not have, is
    /// written as a float.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidInput`] for a shape beyond all memory.
    pub fn new(mut out: W, element: Element, shape: &[usize]) -> io::Result<Self> {
        let element = if element == Element::Bf16 { Element::F32 } else { element };
        let missing = shape.iter().try_fold(1_usize, |size, side| size.checked_mul(*side));
        let missing = missing.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        out.write_all(&header(element, shape)?)?;
        Ok(Self { out, element, missing, encoded: Vec::new() })
    }

    /// Writes the next numbers.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidInput`] for an integer that does not fit
    /// or for more numbers than the shape has.
    pub fn push(&mut self, values: &[f64]) -> io::Result<()> {
        let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidInput, message);
        let missing = self.missing.checked_sub(values.len());
        self.missing = missing.ok_or_else(|| invalid("more numbers than announced".to_owned()))?;
        self.encoded.clear();
        let encoded = self.element.encode(values, &mut self.encoded);
        encoded.map_err(|error| invalid(error.to_string()))?;
        self.out.write_all(&self.encoded)
    }

    /// Ends the array and gives back what it was written to.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidInput`] if numbers are missing.
    pub fn finish(mut self) -> io::Result<W> {
        if self.missing > 0 {
            let message = format!("{} numbers are missing", self.missing);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

fn header(element: Element, shape: &[usize]) -> io::Result<Vec<u8>> {
    let descr = match element {
        Element::Bool => "|b1",
        Element::I8 => "|i1",
        Element::U8 => "|u1",
        Element::I16 => "<i2",
        Element::U16 => "<u2",
        Element::I32 => "<i4",
        Element::U32 => "<u4",
        Element::I64 => "<i8",
        Element::U64 => "<u8",
        Element::F16 => "<f2",
        Element::Bf16 | Element::F32 => "<f4",
        Element::F64 => "<f8",
    };
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let sides = sides.join(", ");
    let mut text =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sides}{comma}), }}");
    let fixed = MAGIC.len() + 4;
    let length = (fixed + text.len() + 1).next_multiple_of(ALIGNMENT_BYTES) - fixed;
    text.push_str(&" ".repeat(length - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(length).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend(length.to_le_bytes());
    bytes.extend(text.into_bytes());
    Ok(bytes)
}
