//! From the layout of forward kernels, [N, C, H, W], to that of the tape, [N, H, W, C].

use super::{Real, Tensor};

/// Maps [N, C, H, W], as features hold them, as [N, H, W, C].
///
/// # Panics
/// If there are not four axes.
#[must_use]
pub fn channels_last<T: Real>(maps: &Tensor<T>) -> Tensor<T> {
    let [count, channels, height, width] = maps.shape().try_into().expect("maps are [N, C, H, W]");
    let pixels = height * width;
    let mut values = vec![T::ZERO; maps.values().len()];
    let images = values.chunks_exact_mut((channels * pixels).max(1));
    for (to, from) in images.zip(maps.values().chunks_exact((channels * pixels).max(1))) {
        turn(from, to, channels);
    }
    Tensor::new(vec![count, height, width, channels], values)
}

/// One map [C, H, W] as [H, W, C], tile by tile, so that no line of the cache is fetched twice.
///
/// # Panics
/// If they are not of one size.
pub fn turn<T: Copy>(from: &[T], to: &mut [T], channels: usize) {
    /// Channels and pixels of a tile: a line of the cache each way.
    const SIDE: usize = 16;
    assert_eq!(from.len(), to.len(), "as many values");
    let Some(any) = from.first() else { return };
    let pixels = from.len() / channels;
    let mut tile = [[*any; SIDE]; SIDE];
    for left in (0..pixels).step_by(SIDE) {
        let across = SIDE.min(pixels - left);
        for top in (0..channels).step_by(SIDE) {
            let down = SIDE.min(channels - top);
            for (row, line) in tile.iter_mut().enumerate().take(down) {
                line[..across].copy_from_slice(&from[(top + row) * pixels + left..][..across]);
            }
            for pixel in 0..across {
                let line = &mut to[(left + pixel) * channels + top..][..down];
                line.iter_mut().zip(&tile).for_each(|(to, row)| *to = row[pixel]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_change_the_order_of_their_axes() {
        let maps = Tensor::new(vec![1, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let turned = Tensor::new(vec![1, 1, 2, 2], vec![1.0, 3.0, 2.0, 4.0]);
        assert_eq!(channels_last(&maps), turned);
    }

    #[test]
    fn maps_of_any_number_of_channels_are_turned() {
        for (channels, pixels) in [(1, 6), (16, 4), (37, 9), (48, 1), (5, 0)] {
            let from: Vec<usize> = (0..channels * pixels).collect();
            let mut to = vec![0; from.len()];
            turn(&from, &mut to, channels);
            for (at, value) in to.iter().enumerate() {
                let (pixel, channel) = (at / channels, at % channels);
                assert_eq!(*value, channel * pixels + pixel, "{channels} x {pixels}");
            }
        }
    }
}
