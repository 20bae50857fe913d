//! What a file says of a variable before its content.

use std::fmt;
use std::io::Read;

use super::element::Elements;
use super::error::Problem;

/// MATLAB allows 63 letters; other writers take more.
const NAME_BYTES: u32 = 4096;

/// Bytes of the dimensions: four each.
const DIMENSION_BYTES: u32 = 4 * 32;

const COMPLEX: u32 = 0x0800;
const LOGICAL: u32 = 0x0200;

/// The class of a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A cell array.
    Cell,
    /// Text.
    Char,
    /// Numbers of one of MATLAB's ten types.
    Numeric(&'static str),
    /// Truth values.
    Logical,
    /// Numbers with an imaginary part.
    Complex,
    /// A sparse matrix.
    Sparse,
    /// A structure, an object, a function handle: whatever is not read here.
    Other(&'static str),
}

impl Class {
    fn of(flags: u32) -> Self {
        const NUMERIC: [&str; 10] = [
            "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
            "uint64",
        ];
        match flags & 0xff {
            1 => Self::Cell,
            2 => Self::Other("struct"),
            3 => Self::Other("object"),
            4 => Self::Char,
            5 => Self::Sparse,
            6..=15 if flags & LOGICAL != 0 => Self::Logical,
            6..=15 if flags & COMPLEX != 0 => Self::Complex,
            code @ 6..=15 => Self::Numeric(NUMERIC[code as usize - 6]),
            16 => Self::Other("function handle"),
            17 => Self::Other("opaque object"),
            _ => Self::Other("unknown class"),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cell => "cell",
            Self::Char => "char",
            Self::Numeric(name) | Self::Other(name) => name,
            Self::Logical => "logical",
            Self::Complex => "complex",
            Self::Sparse => "sparse",
        })
    }
}

/// Name, class and size of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The class.
    pub class: Class,
    /// The size along each dimension, at least two of them.
    pub dims: Vec<u64>,
    /// How many values it has.
    pub len: u64,
}

impl Variable {
    /// Reads the head of a matrix.
    pub(super) fn read<R: Read>(elements: &mut Elements<R>) -> Result<Self, Problem> {
        let order = elements.order();
        let words = |bytes: &[u8]| -> Vec<u32> {
            bytes.as_chunks().0.iter().map(|word| order.u32(*word)).collect()
        };
        let tag = elements.tag()?;
        let flags = words(&elements.content(tag, 8)?);
        let Some(&flags) = flags.first() else {
            return Err(Problem::damaged("the flags of the variable are missing"));
        };
        let tag = elements.tag()?;
        let dims = words(&elements.content(tag, DIMENSION_BYTES)?);
        let tag = elements.tag()?;
        let name = elements.content(tag, NAME_BYTES)?;
        let name = String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned();
        if dims.len() < 2 || dims.iter().any(|&size| i32::try_from(size).is_err()) {
            return Err(Problem::damaged(format!("the size {dims:?} cannot be")));
        }
        let dims: Vec<u64> = dims.into_iter().map(u64::from).collect();
        let len = dims.iter().try_fold(1_u64, |len, size| len.checked_mul(*size));
        let len = len.ok_or_else(|| Problem::damaged(format!("the size {dims:?} cannot be")))?;
        Ok(Self { name, class: Class::of(flags), dims, len })
    }

    /// The size as MATLAB writes it, `2048x37322`.
    #[must_use]
    pub fn size(&self) -> String {
        self.dims.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
    }
}
