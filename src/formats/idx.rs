//! IDX, the format of MNIST: one array, item after item.
//!
//! ```text
//! 0 0  element (0x08 = u8, 0x09 = i8, 0x0b = i16, 0x0c = i32, 0x0d = f32, 0x0e = f64)  axes (u8)
//! the length of each axis (u32)
//! the numbers; everything is big-endian
//! ```

use std::io::{self, Read};

use super::element::{ByteOrder, Element};

/// Reads the items of an IDX file in their order. An item is a part along the first axis.
pub struct IdxReader<R> {
    input: R,
    element: Element,
    shape: Vec<usize>,
    item_bytes: u64,
    read: usize,
}

/// Why bytes are no IDX file that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// It begins with something else.
    #[error("not an IDX file: it begins with {found:02x?}, expected two zeros, a type and axes")]
    Magic {
        /// The first bytes.
        found: [u8; 4],
    },
    /// It ends early.
    #[error("the file ends inside item {item} of {items}, counted from 0")]
    CutOff {
        /// The item.
        item: usize,
        /// How many the header announces.
        items: usize,
    },
    /// It ends inside its header.
    #[error("the header is cut off")]
    Header,
    /// It goes on after its last item.
    #[error("the file goes on after the {items} items that its header announces")]
    TooLong {
        /// How many the header announces.
        items: usize,
    },
    /// An item is larger than any memory.
    #[error("an item is larger than any file")]
    TooLarge,
    /// Reading failed.
    #[error("{0}")]
    Read(#[from] io::Error),
}

impl<R: Read> IdxReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`IdxError`].
    pub fn new(mut input: R) -> Result<Self, IdxError> {
        let found = four(&mut input)?;
        let [0, 0, code, axes] = found else { return Err(IdxError::Magic { found }) };
        if axes == 0 {
            return Err(IdxError::Magic { found });
        }
        let element = match code {
            0x08 => Element::U8,
            0x09 => Element::I8,
            0x0b => Element::I16,
            0x0c => Element::I32,
            0x0d => Element::F32,
            0x0e => Element::F64,
            _ => return Err(IdxError::Magic { found }),
        };
        let mut shape = Vec::new();
        for _ in 0..axes {
            let side = u32::from_be_bytes(four(&mut input)?);
            shape.push(usize::try_from(side).map_err(|_| IdxError::TooLarge)?);
        }
        let size = |size: usize, side: &usize| size.checked_mul(*side);
        let item = shape[1..].iter().try_fold(element.bytes(), size).ok_or(IdxError::TooLarge)?;
        Ok(Self { input, element, shape, item_bytes: item as u64, read: 0 })
    }

    /// The length of each axis, that of the items first.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of the numbers.
    #[must_use]
    pub fn element(&self) -> Element {
        self.element
    }

    /// Puts the bytes of the next item into `item`; false once there is none, and nothing after it.
    ///
    /// # Errors
    /// [`IdxError`].
    pub fn next(&mut self, item: &mut Vec<u8>) -> Result<bool, IdxError> {
        item.clear();
        let items = self.shape[0];
        if self.read == items {
            let rest = (&mut self.input).take(1).read_to_end(item)?;
            return if rest == 0 { Ok(false) } else { Err(IdxError::TooLong { items }) };
        }
        // `take` grows with what arrives, not with what the header claims.
        match (&mut self.input).take(self.item_bytes).read_to_end(item) {
            Ok(length) if length as u64 == self.item_bytes => {}
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error.into()),
            _ => return Err(IdxError::CutOff { item: self.read, items }),
        }
        self.read += 1;
        Ok(true)
    }

    /// Decodes the numbers of an item.
    #[must_use]
    pub fn decode(&self, item: &[u8]) -> Vec<f64> {
        let mut values = vec![0.0; item.len() / self.element.bytes()];
        self.element.decode(ByteOrder::Big, item, &mut values);
        values
    }
}

fn four(input: &mut impl Read) -> Result<[u8; 4], IdxError> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => IdxError::Header,
        _ => IdxError::Read(error),
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two images of 1 x 3 bytes.
    const IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60];

    fn items(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let mut reader = IdxReader::new(bytes).map_err(|error| error.to_string())?;
        let (mut items, mut item) = (Vec::new(), Vec::new());
        while reader.next(&mut item).map_err(|error| error.to_string())? {
            items.push(item.clone());
        }
        Ok(items)
    }

    #[test]
    fn items_come_one_after_another() {
        let reader = IdxReader::new(IMAGES).unwrap();
        assert_eq!((reader.shape(), reader.element()), (&[2, 1, 3][..], Element::U8));
        assert_eq!(items(IMAGES).unwrap(), [[10, 20, 30], [40, 50, 60]]);
        let reader = IdxReader::new(&[0, 0, 0x0b, 1, 0, 0, 0, 1][..]).unwrap();
        assert_eq!(reader.decode(&[0xff, 0xfe]), [-2.0]);
    }

    #[test]
    fn a_header_that_lies_is_found_out() {
        assert_eq!(
            items(&IMAGES[..20]).unwrap_err(),
            "the file ends inside item 1 of 2, counted from 0"
        );
        assert_eq!(items(&IMAGES[..10]).unwrap_err(), "the header is cut off");
        assert_eq!(
            items(&[IMAGES, &[1]].concat()).unwrap_err(),
            "the file goes on after the 2 items that its header announces"
        );
        assert!(items(b"\x89PNG").unwrap_err().starts_with("not an IDX file: it begins with [89,"));
        assert!(items(&[0, 0, 7, 1, 0, 0, 0, 0]).unwrap_err().starts_with("not an IDX file"));
        let mut huge = vec![0, 0, 8, 4];
        huge.extend([0xff; 16]);
        assert_eq!(items(&huge).unwrap_err(), "an item is larger than any file");
        let mut large = vec![0, 0, 8, 2, 0, 0, 0, 1];
        large.extend([0xff; 4]);
        assert!(items(&large).unwrap_err().contains("ends inside item 0 of 1"));
    }
}
