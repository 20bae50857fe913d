//! The first 128 bytes of a file.

use std::io::{self, Read};

use super::error::MatError;

/// Bytes before the first variable.
pub(super) const HEADER_BYTES: usize = 128;

const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// The version in the header of a file that is HDF5 behind it.
const VERSION_73: u16 = 0x0200;

/// Which byte of a number comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// Whether a file that begins with these bytes may be one of MATLAB's, of whatever version.
#[must_use]
pub fn looks_like_mat(start: &[u8]) -> bool {
    let order = start.get(HEADER_BYTES - 2..HEADER_BYTES);
    start.starts_with(b"MATLAB") || start.starts_with(HDF5) || matches!(order, Some(b"IM" | b"MI"))
}

/// Reads the header; says which byte comes first.
pub(super) fn read_header(reader: &mut impl Read) -> Result<ByteOrder, MatError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    reader.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    if header.starts_with(HDF5) {
        return Err(MatError::Version73);
    }
    let Ok(header) = <[u8; HEADER_BYTES]>::try_from(header) else {
        return Err(MatError::NotMat("it is shorter than a header"));
    };
    let order = match &header[126..] {
        b"IM" => ByteOrder::Little,
        b"MI" => ByteOrder::Big,
        // A version 4 file begins with small numbers, a later one with text.
        _ if header[..4].contains(&0) && header[..4] != [0; 4] => return Err(MatError::Version4),
        _ => return Err(MatError::NotMat("bytes 127 and 128 are neither `IM` nor `MI`")),
    };
    match order.u16([header[124], header[125]]) {
        VERSION_73 => Err(MatError::Version73),
        _ => Ok(order),
    }
}

/// The length of a file.
pub(super) fn length(reader: &mut impl io::Seek) -> io::Result<u64> {
    let length = reader.seek(io::SeekFrom::End(0))?;
    reader.seek(io::SeekFrom::Start(0))?;
    Ok(length)
}
