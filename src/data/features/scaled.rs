//! A row of halves under a common scale.

use half::f16;
use half::slice::HalfFloatSliceExt as _;

/// The power of two that the largest value of a scaled row is brought just below.
const TOP_EXPONENT: u32 = 14;

/// The values that halves and their scale stand for. Rounding up next to the largest float must not
/// give infinity.
pub(super) fn decode(bytes: &[u8], scale: f32, out: &mut [f32]) {
    /// Halves at a time, which one instruction turns several of.
    const BLOCK: usize = 256;
    let mut block = [f16::ZERO; BLOCK];
    for (out, bytes) in out.chunks_mut(BLOCK).zip(bytes.chunks(size_of::<f16>() * BLOCK)) {
        let halves = &mut block[..out.len()];
        let pairs = halves.iter_mut().zip(bytes.as_chunks().0);
        pairs.for_each(|(half, bytes)| *half = f16::from_le_bytes(*bytes));
        halves.convert_to_f32_slice(out);
        out.iter_mut().for_each(|value| *value = (*value * scale).clamp(f32::MIN, f32::MAX));
    }
}

/// Appends a scale and the values divided by it. The scale is a power of two, so dividing is exact.
pub(super) fn encode(row: &[f32], record: &mut Vec<u8>) {
    let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let scale = power_above(largest) / f32::from(1_u16 << TOP_EXPONENT);
    record.extend(scale.to_le_bytes());
    record.extend(row.iter().flat_map(|value| f16::from_f32(value / scale).to_le_bytes()));
    if row.len() % 2 == 1 {
        record.extend([0; 2]);
    }
}

/// The power of two just above a value, kept where its inverse and its 2^-14 are normal numbers.
fn power_above(value: f32) -> f32 {
    const SMALLEST: f32 = 1.0e-30;
    let exponent = value.max(SMALLEST).to_bits() >> 23;
    f32::from_bits((exponent + 1).min(0xfe) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_keep_eleven_bits_at_any_size() {
        for size in [0.0, 1.0e-30, 3.0e-8, 1.0, 65_504.0, 1.0e30, f32::MAX] {
            let row = [size, -size / 3.0, size / 1000.0];
            let mut record = Vec::new();
            encode(&row, &mut record);
            let scale = f32::from_le_bytes(record[..4].try_into().unwrap());
            let mut out = [0.0; 3];
            decode(&record[4..], scale, &mut out);
            for (value, found) in row.iter().zip(out) {
                assert!((found - value).abs() <= value.abs() / 2048.0, "{size}: {found} {value}");
            }
        }
    }
}
