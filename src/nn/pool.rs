//! Pooling: the largest or the mean value under a window.

use super::{ShapeError, Tensor, Window};

/// The largest value under a window; padding never wins.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MaxPool(pub Window);

/// Whether padding takes part in a mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Padding {
    /// As zeros.
    Counted,
    /// Not at all.
    LeftOut,
}

/// The mean value under a window.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AveragePool {
    /// The window.
    pub window: Window,
    /// Whether padding takes part.
    pub padding: Padding,
}

/// What a window sees along one axis: the range of its taps that lie on the input, and how many
/// lie on the padded input.
#[derive(Clone)]
struct Reach {
    positions: Vec<usize>,
    padded: usize,
}

impl MaxPool {
    /// Pools images: [N, C, H, W] -> [N, C, H', W'].
    ///
    /// # Errors
    /// [`ShapeError`] if the window is larger than the padded image.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor, ShapeError> {
        slide(&self.0, images, |plane, width, rows, columns| {
            let mut largest = f32::NEG_INFINITY;
            for &row in &rows.positions {
                for &column in &columns.positions {
                    largest = largest.max(plane[row * width + column]);
                }
            }
            largest
        })
    }
}

impl AveragePool {
    /// Pools images: [N, C, H, W] -> [N, C, H', W'].
    ///
    /// # Errors
    /// [`ShapeError`] if the window is larger than the padded image.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor, ShapeError> {
        slide(&self.window, images, |plane, width, rows, columns| {
            let mut sum = 0.0;
            for &row in &rows.positions {
                for &column in &columns.positions {
                    sum += plane[row * width + column];
                }
            }
            let counted = match self.padding {
                Padding::Counted => rows.padded * columns.padded,
                Padding::LeftOut => rows.positions.len() * columns.positions.len(),
            };
            sum / as_f32(counted.max(1))
        })
    }
}

/// The mean of each channel: [N, C, …] -> [N, C, 1, …].
///
/// # Errors
/// [`ShapeError`] unless there are at least three axes.
pub fn global_average_pool(images: &Tensor) -> Result<Tensor, ShapeError> {
    let shape = images.shape();
    if shape.len() < 3 {
        return Err(ShapeError(format!("expected [N, C, H, W], got {shape:?}")));
    }
    let plane: usize = shape[2..].iter().product();
    let mean = |values: &[f32]| -> f32 { values.iter().sum::<f32>() / as_f32(plane.max(1)) };
    let means = images.values().chunks_exact(plane.max(1)).map(mean).collect();
    let mut pooled = shape[..2].to_vec();
    pooled.resize(shape.len(), 1);
    Ok(Tensor::new(pooled, means))
}

/// Applies `reduce(plane, width, rows, columns)` at every place of every channel.
fn slide(
    window: &Window,
    images: &Tensor,
    reduce: impl Fn(&[f32], usize, &Reach, &Reach) -> f32,
) -> Result<Tensor, ShapeError> {
    let [count, channels, height, width] = images.dims4()?;
    let output = window.output([height, width])?;
    let rows = reaches(window, 0, output[0], height);
    let columns = reaches(window, 1, output[1], width);
    let mut values = Vec::with_capacity(count * channels * output[0] * output[1]);
    for plane in images.values().chunks_exact((height * width).max(1)) {
        for row in &rows {
            values.extend(columns.iter().map(|column| reduce(plane, width, row, column)));
        }
    }
    Ok(Tensor::new(vec![count, channels, output[0], output[1]], values))
}

fn reaches(window: &Window, axis: usize, outputs: usize, length: usize) -> Vec<Reach> {
    let reach = |output: usize| Reach {
        positions: (0..window.kernel[axis])
            .filter_map(|tap| window.tap(axis, output, tap, length))
            .collect(),
        padded: window.padded_taps(axis, output, length),
    };
    (0..outputs).map(reach).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a window has far fewer than 2^24 taps")]
fn as_f32(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Rounding;
    use crate::nn::testing::noise;

    fn image(values: &[f32], height: usize, width: usize) -> Tensor {
        Tensor::new(vec![1, 1, height, width], values.to_vec())
    }

    #[test]
    fn the_largest_value_wins_and_padding_never_does() {
        let window =
            Window { strides: [2; 2], before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        let pooled = MaxPool(window).forward(&image(&[-9.0, -2.0, -3.0, -4.0], 2, 2)).unwrap();
        assert_eq!((pooled.shape(), pooled.values()), (&[1, 1, 1, 1][..], &[-2.0][..]));
    }

    #[test]
    fn rounding_up_keeps_the_last_window() {
        // Caffe's pool1: 3 taps, stride 2, padding only after: 5 -> ceil((5 - 3) / 2) + 1 = 2.
        let values: Vec<f32> = (0_u8..16).map(f32::from).collect();
        let window = Window { strides: [2; 2], ..Window::new([3; 2]) };
        let up = Window { rounding: Rounding::Up, ..window };
        let pooled = MaxPool(up).forward(&image(&values, 4, 4)).unwrap();
        assert_eq!(pooled.values(), [10.0, 11.0, 14.0, 15.0]);
        let padded = Window { after: [1; 2], ..window };
        assert_eq!(MaxPool(padded).forward(&image(&values, 4, 4)).unwrap(), pooled);
        assert_eq!(MaxPool(window).forward(&image(&values, 4, 4)).unwrap().values(), [10.0]);
    }

    #[test]
    fn a_mean_counts_padding_or_leaves_it_out() {
        let window = Window { strides: [2; 2], before: [1; 2], ..Window::new([2; 2]) };
        let up = Window { rounding: Rounding::Up, ..window };
        let source = image(&[1.0, 2.0, 3.0, 4.0], 2, 2);
        // Windows see {1}, {2}, {3}, {4} and, where counted, padding before; never past the edge.
        let counted = AveragePool { window: up, padding: Padding::Counted };
        assert_eq!(counted.forward(&source).unwrap().values(), [0.25, 1.0, 1.5, 4.0]);
        let left_out = AveragePool { window: up, padding: Padding::LeftOut };
        assert_eq!(left_out.forward(&source).unwrap().values(), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn channels_are_pooled_apart() {
        let images = Tensor::new(vec![2, 3, 4, 4], noise(96, 1));
        let window = Window { strides: [2; 2], ..Window::new([2; 2]) };
        let whole = AveragePool { window, padding: Padding::LeftOut }.forward(&images).unwrap();
        assert_eq!(whole.shape(), [2, 3, 2, 2]);
        let plane = image(&images.values()[64..80], 4, 4);
        let alone = AveragePool { window, padding: Padding::LeftOut }.forward(&plane).unwrap();
        assert_eq!(&whole.values()[16..20], alone.values());
        let means = global_average_pool(&images).unwrap();
        assert_eq!(means.shape(), [2, 3, 1, 1]);
        let mean: f32 = images.values()[64..80].iter().sum::<f32>() / 16.0;
        assert_eq!(means.values()[4].to_bits(), mean.to_bits());
    }
}
