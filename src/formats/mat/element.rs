//! Elements one after another: kind, length, content, padding.

use std::io::{self, Cursor, Read};

use super::error::Problem;
use super::header::ByteOrder;

pub(super) const MATRIX: u32 = 14;
pub(super) const COMPRESSED: u32 = 15;

/// Bytes of the head of an element.
pub(super) const TAG_BYTES: u64 = 8;

/// Content is padded to a multiple of this, unless it stands in the tag.
const ALIGNMENT: u64 = 8;

/// The head of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag {
    pub(super) kind: u32,
    /// Bytes of content, without padding.
    pub(super) bytes: u32,
    /// The content, if it is so short that it stands here.
    inline: Option<[u8; 4]>,
}

impl Tag {
    /// Reads the two words of a tag.
    pub(super) fn read(reader: &mut impl Read, order: ByteOrder) -> Result<Self, Problem> {
        let (mut first, mut inline) = ([0; 4], [0; 4]);
        reader.read_exact(&mut first)?;
        reader.read_exact(&mut inline)?;
        let (first, second) = (order.u32(first), order.u32(inline));
        if first >> 16 == 0 {
            return Ok(Self { kind: first, bytes: second, inline: None });
        }
        let (kind, bytes) = (first & 0xffff, first >> 16);
        if bytes > 4 {
            let message = format!("a short element states {bytes} bytes, expected 4 at most");
            return Err(Problem::damaged(message));
        }
        Ok(Self { kind, bytes, inline: Some(inline) })
    }
}

/// The elements inside of a matrix.
pub(super) struct Elements<R> {
    reader: R,
    order: ByteOrder,
    /// Bytes of the matrix that are not read yet.
    left: u64,
}

impl<R: Read> Elements<R> {
    /// The elements in the next `bytes` of `reader`.
    pub(super) fn new(reader: R, order: ByteOrder, bytes: u64) -> Self {
        Self { reader, order, left: bytes }
    }

    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    /// Bytes that are not read yet.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The head of the next element, whose content must fit into what is left.
    pub(super) fn tag(&mut self) -> Result<Tag, Problem> {
        self.claim(TAG_BYTES)?;
        let tag = Tag::read(&mut self.reader, self.order)?;
        if tag.inline.is_none() && u64::from(tag.bytes) > self.left {
            let (bytes, left) = (tag.bytes, self.left);
            let message = format!("an element states {bytes} bytes where {left} are left");
            return Err(Problem::damaged(message));
        }
        Ok(tag)
    }

    /// The whole content of an element of at most `limit` bytes.
    pub(super) fn content(&mut self, tag: Tag, limit: u32) -> Result<Vec<u8>, Problem> {
        if tag.bytes > limit {
            let message = format!("an element of {} bytes, expected {limit} at most", tag.bytes);
            return Err(Problem::content(message));
        }
        if let Some(inline) = tag.inline {
            return Ok(inline[..tag.bytes as usize].to_vec());
        }
        self.claim(u64::from(tag.bytes))?;
        let mut content = Vec::new();
        (&mut self.reader).take(u64::from(tag.bytes)).read_to_end(&mut content)?;
        if content.len() != tag.bytes as usize {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.skip_padding(tag)?;
        Ok(content)
    }

    /// Leaves `bytes` out.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Problem> {
        self.claim(bytes)?;
        let skipped = io::copy(&mut (&mut self.reader).take(bytes), &mut io::sink())?;
        if skipped == bytes {
            Ok(())
        } else {
            Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
        }
    }

    fn claim(&mut self, bytes: u64) -> Result<(), Problem> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Problem::damaged("its elements are longer than it is")),
        }
    }

    /// The last element of a matrix may lack its padding.
    fn skip_padding(&mut self, tag: Tag) -> Result<(), Problem> {
        let bytes = u64::from(tag.bytes);
        self.skip((bytes.next_multiple_of(ALIGNMENT) - bytes).min(self.left))
    }
}

impl<'a, R: Read + 'a> Elements<R> {
    /// The content of an element as a stream, with whatever follows it.
    pub(super) fn into_content(self, tag: Tag) -> Box<dyn Read + 'a> {
        match tag.inline {
            Some(inline) => Box::new(Cursor::new(inline).chain(self.reader)),
            None => Box::new(self.reader),
        }
    }

    /// Reads to the end of the matrix; see [`finish`].
    pub(super) fn finish(self) -> Result<(), Problem> {
        finish(self.reader)
    }
}

/// Reads the padding at the end of a matrix. What is compressed ends with a checksum, which is
/// looked at only here.
pub(super) fn finish(reader: impl Read) -> Result<(), Problem> {
    // What is left of a tag with content in it, and of the padding.
    const LONGEST: u64 = 4 + ALIGNMENT;
    let rest = io::copy(&mut reader.take(LONGEST + 1), &mut io::sink())?;
    if rest > LONGEST {
        return Err(Problem::damaged("its content is longer than it states"));
    }
    Ok(())
}
