//! What the tests of the kernels share.

/// Values in [-1, 1) that look random and are the same everywhere.
pub(super) fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from(u16::try_from(state >> 16).expect("sixteen bits")) / 32768.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Checks that values agree to `tolerance` of the largest expected one.
pub(super) fn assert_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let distance = (found - expected).abs();
        assert!(distance <= tolerance * largest, "value {index}: {found}, expected {expected}");
    }
}
