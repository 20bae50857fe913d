//! Numbers of a variable, a piece at a time.

use std::io::Read;

use super::element::{Elements, Tag, finish};
use super::error::{MatError, Problem};
use super::header::ByteOrder;
use super::variable::{Class, Variable};

/// Bytes that are converted at once.
const PIECE_BYTES: usize = 1 << 16;

/// Whole numbers above this are not all doubles.
const LARGEST_EXACT: u64 = 1 << 53;

/// The type in which numbers are stored, whatever their class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Storage {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

impl Storage {
    fn of(kind: u32) -> Option<Self> {
        Some(match kind {
            1 => Self::I8,
            2 => Self::U8,
            3 => Self::I16,
            4 => Self::U16,
            5 => Self::I32,
            6 => Self::U32,
            7 => Self::F32,
            9 => Self::F64,
            12 => Self::I64,
            13 => Self::U64,
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }
}

/// The numbers of a variable in the order of the file: column by column.
pub struct Numbers<'a> {
    variable: Variable,
    source: Box<dyn Read + 'a>,
    storage: Storage,
    order: ByteOrder,
    left: u64,
    piece: Vec<u8>,
}

impl<'a> Numbers<'a> {
    /// The numbers in the elements after the head of `variable`.
    pub(super) fn new<R: Read + 'a>(
        variable: Variable,
        mut elements: Elements<R>,
    ) -> Result<Self, Problem> {
        if !matches!(variable.class, Class::Numeric(_) | Class::Logical) {
            let help = match variable.class {
                Class::Sparse => "; make it `full` in MATLAB",
                Class::Complex => "; take its real part",
                _ => "",
            };
            let message = format!("it is of class {}, expected numbers{help}", variable.class);
            return Err(Problem::content(message));
        }
        let (tag, order) = (elements.tag()?, elements.order());
        let storage = check(&variable, tag)?;
        let source = elements.into_content(tag);
        let left = variable.len;
        Ok(Self { variable, source, storage, order, left, piece: Vec::new() })
    }

    /// What the numbers belong to.
    #[must_use]
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    /// How many numbers are left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Reads the next numbers: as many as `out` takes.
    ///
    /// # Errors
    /// [`MatError::Variable`] if the content is damaged, ends too early, or holds a whole number
    /// that no double is equal to.
    ///
    /// # Panics
    /// If `out` is longer than what is [`left`](Self::left).
    pub fn read(&mut self, out: &mut [f64]) -> Result<(), MatError> {
        assert!(out.len() as u64 <= self.left, "a caller asks for what there is");
        let width = self.storage.width();
        for part in out.chunks_mut(PIECE_BYTES / width) {
            self.piece.resize(part.len() * width, 0);
            let read = self.source.read_exact(&mut self.piece);
            read.map_err(|error| Problem::from(error).of(&self.variable.name))?;
            let exact = convert(self.storage, self.order, &self.piece, part);
            exact.map_err(|problem| problem.of(&self.variable.name))?;
            self.left -= part.len() as u64;
        }
        if self.left > 0 {
            return Ok(());
        }
        finish(&mut self.source).map_err(|problem| problem.of(&self.variable.name))
    }
}

/// The storage type, if it is one and the length is that of the size.
fn check(variable: &Variable, tag: Tag) -> Result<Storage, Problem> {
    let Some(storage) = Storage::of(tag.kind) else {
        let message = format!("its numbers are stored as type {}, which is none", tag.kind);
        return Err(Problem::damaged(message));
    };
    let expected = variable.len.checked_mul(storage.width() as u64);
    if expected != Some(u64::from(tag.bytes)) {
        let (size, bytes) = (variable.size(), tag.bytes);
        let message = format!(
            "it states the size {size}, but holds {bytes} bytes, {} a number",
            storage.width()
        );
        return Err(Problem::damaged(message));
    }
    Ok(storage)
}

/// Turns stored numbers into doubles.
fn convert(
    storage: Storage,
    order: ByteOrder,
    bytes: &[u8],
    out: &mut [f64],
) -> Result<(), Problem> {
    macro_rules! each {
        ($type:ty, $number:expr) => {{
            let number = $number;
            for (bytes, out) in bytes.as_chunks().0.iter().zip(out) {
                *out = number(match order {
                    ByteOrder::Little => <$type>::from_le_bytes(*bytes),
                    ByteOrder::Big => <$type>::from_be_bytes(*bytes),
                });
            }
        }};
    }
    match storage {
        Storage::I8 => each!(i8, f64::from),
        Storage::U8 => each!(u8, f64::from),
        Storage::I16 => each!(i16, f64::from),
        Storage::U16 => each!(u16, f64::from),
        Storage::I32 => each!(i32, f64::from),
        Storage::U32 => each!(u32, f64::from),
        Storage::F32 => each!(f32, f64::from),
        Storage::F64 => each!(f64, |value: f64| value),
        Storage::I64 | Storage::U64 => {
            let is_signed = storage == Storage::I64;
            for (bytes, out) in bytes.as_chunks().0.iter().zip(out) {
                let bits = match order {
                    ByteOrder::Little => u64::from_le_bytes(*bytes),
                    ByteOrder::Big => u64::from_be_bytes(*bytes),
                };
                *out = whole(bits, is_signed)?;
            }
        }
    }
    Ok(())
}

/// A 64-bit whole number as a double, if one is equal to it.
#[expect(clippy::cast_precision_loss, reason = "larger numbers are refused before")]
fn whole(bits: u64, is_signed: bool) -> Result<f64, Problem> {
    let signed = bits.cast_signed();
    let (is_negative, size) =
        if is_signed { (signed < 0, signed.unsigned_abs()) } else { (false, bits) };
    if size > LARGEST_EXACT {
        return Err(Problem::content(format!("{size} is too large a whole number")));
    }
    Ok(if is_negative { -(size as f64) } else { size as f64 })
}
