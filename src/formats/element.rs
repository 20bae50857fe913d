//! The numbers that arrays are made of, and how they are decoded and encoded.

use half::{bf16, f16};

/// The type of one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element {
    /// A byte that is zero or not.
    Bool,
    /// A signed byte.
    I8,
    /// An unsigned byte.
    U8,
    /// 16 bits, signed.
    I16,
    /// 16 bits, unsigned.
    U16,
    /// 32 bits, signed.
    I32,
    /// 32 bits, unsigned.
    U32,
    /// 64 bits, signed.
    I64,
    /// 64 bits, unsigned.
    U64,
    /// A half.
    F16,
    /// The upper half of an `f32`.
    Bf16,
    /// A float.
    F32,
    /// A double.
    F64,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

/// A value that a type of number cannot hold.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{value} does not fit into {element:?}")]
pub struct Unfit {
    /// The value.
    pub value: f64,
    /// The type.
    pub element: Element,
}

impl Element {
    /// How many bytes one takes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 | Self::Bf16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// Decodes as many numbers as `out` takes. All but 64-bit integers beyond 2^53 stay exact.
    ///
    /// # Panics
    /// If `bytes` has another length than they.
    #[expect(clippy::cast_precision_loss, reason = "the documentation says so")]
    pub fn decode(self, order: ByteOrder, bytes: &[u8], out: &mut [f64]) {
        assert_eq!(bytes.len(), out.len() * self.bytes(), "a number takes {self:?}");
        match self {
            Self::Bool => each(order, bytes, out, |[byte]| f64::from(u8::from(byte != 0))),
            Self::I8 => each(order, bytes, out, |bytes| i8::from_le_bytes(bytes).into()),
            Self::U8 => each(order, bytes, out, |[byte]| byte.into()),
            Self::I16 => each(order, bytes, out, |bytes| i16::from_le_bytes(bytes).into()),
            Self::U16 => each(order, bytes, out, |bytes| u16::from_le_bytes(bytes).into()),
            Self::I32 => each(order, bytes, out, |bytes| i32::from_le_bytes(bytes).into()),
            Self::U32 => each(order, bytes, out, |bytes| u32::from_le_bytes(bytes).into()),
            Self::I64 => each(order, bytes, out, |bytes| i64::from_le_bytes(bytes) as f64),
            Self::U64 => each(order, bytes, out, |bytes| u64::from_le_bytes(bytes) as f64),
            Self::F16 => each(order, bytes, out, |bytes| f16::from_le_bytes(bytes).into()),
            Self::Bf16 => each(order, bytes, out, |bytes| bf16::from_le_bytes(bytes).into()),
            Self::F32 => each(order, bytes, out, |bytes| f32::from_le_bytes(bytes).into()),
            Self::F64 => each(order, bytes, out, f64::from_le_bytes),
        }
    }

    /// Appends numbers, the lowest byte first. Floats are rounded; integers must fit.
    ///
    /// # Errors
    /// [`Unfit`] for the first value that is no such integer.
    #[expect(clippy::cast_possible_truncation, reason = "integers are checked, floats may round")]
    pub fn encode(self, values: &[f64], out: &mut Vec<u8>) -> Result<(), Unfit> {
        for &value in values {
            let unfit = Unfit { value, element: self };
            match self {
                Self::Bool => out.push(u8::from(value != 0.0)),
                Self::F16 => out.extend(f16::from_f64(value).to_le_bytes()),
                Self::Bf16 => out.extend(bf16::from_f64(value).to_le_bytes()),
                Self::F32 => out.extend((value as f32).to_le_bytes()),
                Self::F64 => out.extend(value.to_le_bytes()),
                _ => {
                    let whole = whole(value).ok_or_else(|| unfit.clone())?;
                    out.extend(self.integer(whole).ok_or(unfit)?);
                }
            }
        }
        Ok(())
    }

    /// The bytes of an integer, if it is one of this type.
    fn integer(self, value: i128) -> Option<Vec<u8>> {
        Some(match self {
            Self::I8 => i8::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::U8 => u8::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::I16 => i16::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::U16 => u16::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::I32 => i32::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::U32 => u32::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::I64 => i64::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::U64 => u64::try_from(value).ok()?.to_le_bytes().to_vec(),
            Self::Bool | Self::F16 | Self::Bf16 | Self::F32 | Self::F64 => return None,
        })
    }
}

/// The integer that a float stands for, if it stands for one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole floats below 2^100 are whole in 128 bits"
)]
fn whole(value: f64) -> Option<i128> {
    /// 2^100.
    const LARGEST: f64 = 1_267_650_600_228_229_401_496_703_205_376.0;
    (value.fract() == 0.0 && value.abs() < LARGEST).then_some(value as i128)
}

fn each<const N: usize>(
    order: ByteOrder,
    bytes: &[u8],
    out: &mut [f64],
    decode: impl Fn([u8; N]) -> f64,
) {
    for (value, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
        let mut bytes: [u8; N] = *bytes;
        if order == ByteOrder::Big {
            bytes.reverse();
        }
        *value = decode(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Element; 13] = [
        Element::Bool,
        Element::I8,
        Element::U8,
        Element::I16,
        Element::U16,
        Element::I32,
        Element::U32,
        Element::I64,
        Element::U64,
        Element::F16,
        Element::Bf16,
        Element::F32,
        Element::F64,
    ];

    #[test]
    fn numbers_of_every_type_come_back_in_both_orders() {
        for element in ALL {
            let values = [0.0, 1.0];
            let mut bytes = Vec::new();
            element.encode(&values, &mut bytes).unwrap();
            assert_eq!(bytes.len(), 2 * element.bytes(), "{element:?}");
            let mut back = [9.0; 2];
            element.decode(ByteOrder::Little, &bytes, &mut back);
            assert_eq!(back, values, "{element:?}");
            bytes.reverse();
            element.decode(ByteOrder::Big, &bytes, &mut back);
            assert_eq!(back, [1.0, 0.0], "{element:?}");
        }
    }

    #[test]
    fn bytes_mean_what_the_formats_say() {
        let decode = |element: Element, order, bytes: &[u8]| {
            let mut out = [0.0];
            element.decode(order, bytes, &mut out);
            out[0]
        };
        assert_eq!(decode(Element::I16, ByteOrder::Big, &[0xff, 0xfe]), -2.0);
        assert_eq!(decode(Element::U16, ByteOrder::Little, &[0x01, 0x02]), 513.0);
        // 0x3c00 is 1 and 0xc000 is -2 in IEEE 754 half precision; 0x3f80 is 1 as the top of a float.
        assert_eq!(decode(Element::F16, ByteOrder::Little, &[0x00, 0xc0]), -2.0);
        assert_eq!(decode(Element::F16, ByteOrder::Big, &[0x3c, 0x00]), 1.0);
        assert_eq!(decode(Element::Bf16, ByteOrder::Little, &[0x80, 0x3f]), 1.0);
        assert_eq!(decode(Element::F32, ByteOrder::Big, &[0xbf, 0x80, 0, 0]), -1.0);
    }

    #[test]
    fn integers_that_do_not_fit_are_refused() {
        let encode = |element: Element, value| element.encode(&[value], &mut Vec::new());
        assert!(encode(Element::U8, 255.0).is_ok());
        assert_eq!(encode(Element::U8, 256.0).unwrap_err().to_string(), "256 does not fit into U8");
        assert!(encode(Element::U64, -1.0).is_err());
        assert!(encode(Element::I32, 0.5).is_err());
        assert!(encode(Element::I64, f64::NAN).is_err());
    }
}
