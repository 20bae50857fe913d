//! Convolution as a matrix product.
//!
//! The input of a block of output rows is unrolled into columns (`im2col`), and one product with
//! the filters gives the block. Blocks are small enough for the columns to stay in the cache. A
//! 1x1 convolution needs no unrolling: the image *is* the columns.

use super::{Activation, Affine, Matrix, MatrixMut, ShapeError, Tensor, Window, multiply};

/// How many unrolled values a block aims at: 1 MiB.
const BLOCK_VALUES: usize = 1 << 18;

/// A convolution with its filters.
#[derive(Clone, PartialEq, Debug)]
pub struct Conv2d {
    window: Window,
    groups: usize,
    /// [O, C / groups, kernel height, kernel width].
    filters: Tensor,
    bias: Vec<f32>,
    activation: Activation,
}

/// What one group of one image needs.
struct Plane {
    channels: usize,
    input: [usize; 2],
    output: [usize; 2],
}

impl Conv2d {
    /// Takes filters [O, C / groups, kh, kw] and one bias an output channel, or none.
    ///
    /// # Errors
    /// [`ShapeError`] if the parts do not fit.
    pub fn new(
        window: Window,
        groups: usize,
        filters: Tensor,
        bias: Option<Vec<f32>>,
    ) -> Result<Self, ShapeError> {
        let [outputs, _, height, width] = filters.dims4()?;
        if [height, width] != window.kernel {
            let kernel = window.kernel;
            return Err(ShapeError(format!(
                "filters of {height}x{width} in a window of {kernel:?}"
            )));
        }
        if groups == 0 || outputs % groups != 0 {
            return Err(ShapeError(format!("{outputs} filters do not form {groups} groups")));
        }
        let bias = bias.unwrap_or_else(|| vec![0.0; outputs]);
        if bias.len() != outputs {
            return Err(ShapeError(format!("{} biases for {outputs} filters", bias.len())));
        }
        Ok(Self { window, groups, filters, bias, activation: Activation::None })
    }

    /// Sets what follows.
    pub fn activate(&mut self, activation: Activation) {
        self.activation = activation;
    }

    /// Whether something follows already, after which nothing can be folded in.
    #[must_use]
    pub fn is_activated(&self) -> bool {
        self.activation != Activation::None
    }

    /// Takes a normalisation of the output into the filters:
    /// scale (w * x + b) + shift = (scale w) * x + (scale b + shift).
    ///
    /// # Errors
    /// [`ShapeError`] if the channels are not those of the output.
    pub fn fold(&mut self, affine: &Affine) -> Result<(), ShapeError> {
        let outputs = self.bias.len();
        if affine.scale().len() != outputs {
            return Err(ShapeError(format!(
                "{} scales for {outputs} channels",
                affine.scale().len()
            )));
        }
        let size = self.filters.values().len() / outputs.max(1);
        for (channel, filter) in self.filters.values_mut().chunks_exact_mut(size).enumerate() {
            let scale = affine.scale()[channel];
            filter.iter_mut().for_each(|weight| *weight *= scale);
            self.bias[channel] = self.bias[channel] * scale + affine.shift()[channel];
        }
        Ok(())
    }

    /// Convolves images: [N, C, H, W] -> [N, O, H', W']. `columns` is kept between calls.
    ///
    /// # Errors
    /// [`ShapeError`] if the channels do not fit, or the window is larger than the image.
    pub fn forward(&self, images: &Tensor, columns: &mut Vec<f32>) -> Result<Tensor, ShapeError> {
        let [count, channels, height, width] = images.dims4()?;
        let [outputs, group_channels, ..] = self.filters.dims4()?;
        if channels != group_channels * self.groups {
            let expected = group_channels * self.groups;
            return Err(ShapeError(format!("expected {expected} channels, got {channels}")));
        }
        let output = self.window.output([height, width])?;
        let plane = Plane { channels: group_channels, input: [height, width], output };
        let mut result = Tensor::zeros(vec![count, outputs, output[0], output[1]]);
        let input_size = group_channels * height * width;
        let group_outputs = outputs / self.groups;
        let output_size = group_outputs * output[0] * output[1];
        if output_size == 0 || input_size == 0 {
            return Ok(result);
        }
        let inputs = images.values().chunks_exact(input_size);
        let targets = result.values_mut().chunks_exact_mut(output_size);
        for (index, (input, target)) in inputs.zip(targets).enumerate() {
            let first = (index % self.groups) * group_outputs;
            self.convolve(input, target, first, &plane, columns);
            self.finish(target, first, output[0] * output[1]);
        }
        Ok(result)
    }

    /// One group of one image: `input` [C / groups, H, W], `target` [O / groups, H', W'].
    fn convolve(
        &self,
        input: &[f32],
        target: &mut [f32],
        first: usize,
        plane: &Plane,
        columns: &mut Vec<f32>,
    ) {
        let depth = plane.channels * self.window.kernel[0] * self.window.kernel[1];
        let [rows, width] = plane.output;
        let pixels = rows * width;
        let filters = target.len() / pixels;
        let weights = &self.filters.values()[first * depth..(first + filters) * depth];
        let weights = Matrix::new(weights, filters, depth);
        if self.window.is_pointwise() {
            let target = MatrixMut::new(target, filters, pixels, pixels);
            multiply(target, weights, Matrix::new(input, depth, pixels));
            return;
        }
        let block = (BLOCK_VALUES / (depth * width)).clamp(1, rows);
        for start in (0..rows).step_by(block) {
            let end = (start + block).min(rows);
            let length = (end - start) * width;
            columns.resize(depth * length, 0.0);
            self.unroll(input, columns, start..end, plane);
            let target = MatrixMut::new(&mut target[start * width..], filters, length, pixels);
            multiply(target, weights, Matrix::new(columns, depth, length));
        }
    }

    /// Fills `columns` [C kh kw, rows W'] with what each tap sees from the output rows `rows`.
    fn unroll(
        &self,
        input: &[f32],
        columns: &mut [f32],
        rows: std::ops::Range<usize>,
        plane: &Plane,
    ) {
        let [height, width] = plane.input;
        let out_width = plane.output[1];
        let [kernel_height, kernel_width] = self.window.kernel;
        let mut lines = columns.chunks_exact_mut(out_width);
        for channel in input.chunks_exact(height * width) {
            for (down, right) in taps(kernel_height, kernel_width) {
                for row in rows.clone() {
                    let line = lines.next().expect("the columns have a line a tap and row");
                    match self.window.tap(0, row, down, height) {
                        Some(y) => self.copy_line(&channel[y * width..][..width], line, right),
                        None => line.fill(0.0),
                    }
                }
            }
        }
    }

    /// Copies what the tap `right` sees along one row; padding is zero.
    fn copy_line(&self, source: &[f32], line: &mut [f32], right: usize) {
        let stride = self.window.strides[1];
        let shift = right * self.window.dilations[1];
        let before = self.window.before[1];
        // The outputs x with 0 <= x stride + shift - before < width see the image.
        let first = before.saturating_sub(shift).div_ceil(stride).min(line.len());
        let end = (source.len() + before).saturating_sub(shift).div_ceil(stride);
        let end = end.clamp(first, line.len());
        line[..first].fill(0.0);
        line[end..].fill(0.0);
        if first == end {
            return;
        }
        let from = first * stride + shift - before;
        if stride == 1 {
            line[first..end].copy_from_slice(&source[from..from + end - first]);
        } else {
            let seen = source[from..].iter().step_by(stride);
            line[first..end].iter_mut().zip(seen).for_each(|(to, from)| *to = *from);
        }
    }

    fn finish(&self, target: &mut [f32], first: usize, pixels: usize) {
        for (channel, values) in target.chunks_exact_mut(pixels).enumerate() {
            let bias = self.bias[first + channel];
            match self.activation {
                Activation::None => values.iter_mut().for_each(|value| *value += bias),
                Activation::Relu => {
                    values.iter_mut().for_each(|value| *value = (*value + bias).max(0.0));
                }
            }
        }
    }
}

fn taps(height: usize, width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height).flat_map(move |down| (0..width).map(move |right| (down, right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Rounding;
    use crate::nn::testing::{assert_close, noise};

    /// The definition, one product at a time.
    fn naive(layer: &Conv2d, images: &Tensor) -> Tensor {
        let [count, channels, height, width] = images.dims4().unwrap();
        let [outputs, group_channels, ..] = layer.filters.dims4().unwrap();
        let [rows, columns] = layer.window.output([height, width]).unwrap();
        let per_group = outputs / layer.groups;
        let [kernel_height, kernel_width] = layer.window.kernel;
        let mut values = Vec::new();
        for image in 0..count {
            for output in 0..outputs {
                for (row, column) in taps(rows, columns) {
                    let mut sum = layer.bias[output];
                    for channel in 0..group_channels {
                        let source =
                            image * channels + output / per_group * group_channels + channel;
                        for (down, right) in taps(kernel_height, kernel_width) {
                            let y = layer.window.tap(0, row, down, height);
                            let x = layer.window.tap(1, column, right, width);
                            let (Some(y), Some(x)) = (y, x) else { continue };
                            let weight = ((output * group_channels + channel) * kernel_height
                                + down)
                                * kernel_width
                                + right;
                            sum += layer.filters.values()[weight]
                                * images.values()[(source * height + y) * width + x];
                        }
                    }
                    values.push(if layer.is_activated() { sum.max(0.0) } else { sum });
                }
            }
        }
        Tensor::new(vec![count, outputs, rows, columns], values)
    }

    fn layer(window: Window, groups: usize, outputs: usize, channels: usize) -> Conv2d {
        let shape = vec![outputs, channels / groups, window.kernel[0], window.kernel[1]];
        let filters = Tensor::new(shape.clone(), noise(shape.iter().product(), 3));
        Conv2d::new(window, groups, filters, Some(noise(outputs, 4))).unwrap()
    }

    #[test]
    fn convolution_agrees_with_its_definition() {
        let plain = Window::new([3, 3]);
        let windows = [
            Window::new([1, 1]),
            Window { strides: [2, 2], ..Window::new([1, 1]) },
            Window { before: [1, 1], after: [1, 1], ..plain },
            Window { before: [0, 2], after: [3, 1], strides: [2, 3], ..plain },
            Window { before: [2, 2], after: [2, 2], dilations: [2, 2], ..plain },
            Window { before: [3, 1], after: [3, 0], strides: [2, 1], ..Window::new([7, 2]) },
            Window { before: [5, 5], after: [5, 5], ..Window::new([2, 2]) },
        ];
        let images = Tensor::new(vec![2, 6, 9, 11], noise(2 * 6 * 9 * 11, 5));
        for window in windows {
            assert_eq!(window.rounding, Rounding::Down);
            for groups in [1, 2, 3, 6] {
                let mut layer = layer(window, groups, 12, 6);
                let expected = naive(&layer, &images);
                let found = layer.forward(&images, &mut Vec::new()).unwrap();
                assert_eq!(found.shape(), expected.shape());
                assert_close(found.values(), expected.values(), 1e-5);
                layer.activate(Activation::Relu);
                let found = layer.forward(&images, &mut Vec::new()).unwrap();
                assert_close(found.values(), naive(&layer, &images).values(), 1e-5);
            }
        }
    }

    #[test]
    fn blocks_of_rows_join_without_a_seam() {
        // 64 x 9 x 100 unrolled values a row: four rows a block, and the last block is short.
        let window = Window { before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        let images = Tensor::new(vec![1, 64, 10, 100], noise(64_000, 6));
        let layer = layer(window, 1, 5, 64);
        let found = layer.forward(&images, &mut Vec::new()).unwrap();
        assert_close(found.values(), naive(&layer, &images).values(), 1e-4);
    }

    #[test]
    fn a_normalisation_folds_into_the_filters() {
        let images = Tensor::new(vec![1, 3, 6, 6], noise(108, 7));
        let mut folded = layer(Window::new([3; 2]), 1, 4, 3);
        let affine = Affine::batch_norm(
            &noise(4, 8),
            &noise(4, 9),
            &noise(4, 10),
            &[0.5, 1.0, 2.0, 0.1],
            1e-5,
        )
        .unwrap();
        let mut expected = folded.forward(&images, &mut Vec::new()).unwrap();
        affine.forward(&mut expected).unwrap();
        folded.fold(&affine).unwrap();
        let found = folded.forward(&images, &mut Vec::new()).unwrap();
        assert_close(found.values(), expected.values(), 1e-5);
    }

    #[test]
    fn channels_that_do_not_fit_are_named() {
        let layer = layer(Window::new([3; 2]), 1, 4, 3);
        let error = layer.forward(&Tensor::zeros(vec![1, 2, 6, 6]), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "expected 3 channels, got 2");
    }
}
