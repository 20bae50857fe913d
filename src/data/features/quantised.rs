//! Bytes with a scale and an offset for each group of values.

/// Bytes of a scale and an offset.
const HEAD_BYTES: usize = 8;

/// The largest byte.
const LEVELS: f64 = 255.0;

/// How many bytes a row takes, in groups of this many values.
pub(super) fn bytes(width: usize, group: usize) -> usize {
    width.div_ceil(group.max(1)) * HEAD_BYTES + width.next_multiple_of(4)
}

/// Appends the scale and offset of every group, then the bytes. A value is offset + scale · byte, so
/// the smallest value of a group, such as the zeros behind a ReLU, is kept as it is.
pub(super) fn encode(row: &[f32], group: usize, record: &mut Vec<u8>) {
    let groups = || row.chunks(group.max(1));
    let ranges: Vec<(f32, f32)> = groups().map(range).collect();
    for (scale, offset) in &ranges {
        record.extend(scale.to_le_bytes());
        record.extend(offset.to_le_bytes());
    }
    for (values, (scale, offset)) in groups().zip(&ranges) {
        record.extend(values.iter().map(|value| level(*value, *scale, *offset)));
    }
    record.resize(record.len() + row.len().next_multiple_of(4) - row.len(), 0);
}

/// The values of an encoded row.
pub(super) fn decode(record: &[u8], group: usize, out: &mut [f32]) {
    let group = group.max(1);
    let (heads, bytes) = record.split_at(out.len().div_ceil(group) * HEAD_BYTES);
    let heads = heads.as_chunks::<HEAD_BYTES>().0;
    for ((values, bytes), head) in out.chunks_mut(group).zip(bytes.chunks(group)).zip(heads) {
        let [scale, offset] = [0, 4].map(|at| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (scale, offset) = (f32::from_le_bytes(scale), f32::from_le_bytes(offset));
        for (value, byte) in values.iter_mut().zip(bytes) {
            *value = single(f64::from(offset) + f64::from(scale) * f64::from(*byte));
        }
    }
}

/// The scale and the offset of a group.
fn range(values: &[f32]) -> (f32, f32) {
    let smallest = values.iter().copied().fold(f32::INFINITY, f32::min);
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (single((f64::from(largest) - f64::from(smallest)) / LEVELS), smallest)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the level is clamped to a byte"
)]
fn level(value: f32, scale: f32, offset: f32) -> u8 {
    if scale == 0.0 {
        return 0;
    }
    let level = (f64::from(value) - f64::from(offset)) / f64::from(scale);
    level.round().clamp(0.0, LEVELS) as u8
}

#[expect(clippy::cast_possible_truncation, reason = "the value is clamped to the range of f32")]
fn single(value: f64) -> f32 {
    value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(row: &[f32], group: usize) -> Vec<f32> {
        let mut record = Vec::new();
        encode(row, group, &mut record);
        assert_eq!(record.len(), bytes(row.len(), group));
        let mut found = vec![f32::NAN; row.len()];
        decode(&record, group, &mut found);
        found
    }

    #[test]
    fn a_group_keeps_its_ends_and_rounds_between_them() {
        // A scale of 510 / 255 = 2: 3 is rounded to 4, away from the middle; the rest is exact.
        assert_eq!(
            there_and_back(&[0.0, 510.0, 2.0, 3.0, 100.0], 5),
            [0.0, 510.0, 2.0, 4.0, 100.0]
        );
        // Two groups, of which the second is flat, and a last one that is short.
        assert_eq!(there_and_back(&[-5.0, 505.0, 7.0, 7.0, 5.0], 2), [-5.0, 505.0, 7.0, 7.0, 5.0]);
    }

    #[test]
    fn no_value_is_off_by_more_than_half_a_step() {
        for size in [1.0e-30_f32, 0.01, 1.0, 83_554.0, 1.0e30] {
            let row: Vec<f32> = (0_u8..200).map(|i| (f32::from(i) * 0.37).sin() * size).collect();
            let step = 2.0 * f64::from(size) / 255.0;
            for (value, found) in row.iter().zip(there_and_back(&row, 200)) {
                let off = (f64::from(*value) - f64::from(found)).abs();
                assert!(off <= 0.5001 * step, "{size}: {value} {found}");
            }
        }
        let ends = [f32::MIN, f32::MAX, 0.0];
        assert!(there_and_back(&ends, 3).iter().all(|value| value.is_finite()));
        assert_eq!(there_and_back(&[], 1), [0.0; 0]);
    }
}
