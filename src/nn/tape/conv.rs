//! Convolution as a matrix product over pixels.
//!
//! Some images at a time are unrolled into rows of taps, and one product with the filters gives
//! their pixels. Taps that fall on the padding everywhere (eight of nine of a padded 3x3 on a map of
//! one pixel) are not multiplied at all; their gradient is exactly zero. What is unrolled is made
//! again on the way back rather than kept.

use rayon::prelude::*;

use super::super::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use super::super::{Real, Tensor, Window, Workspace};
use super::gradients::Cover;
use super::windows::{live_taps, maps4, place};
use super::{ParameterId, Tape, Var};

/// How many unrolled values a block of images aims at: 16 MiB of `f32`.
const BLOCK_VALUES: usize = 1 << 22;

/// A convolution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConvLayer {
    /// The window that slides.
    pub window: Window,
    /// The filters, [O, kh, kw, C].
    pub weight: ParameterId,
    /// `[O]`.
    pub bias: Option<ParameterId>,
}

/// The sizes of one convolution.
#[derive(Clone)]
struct Plan {
    window: Window,
    input: [usize; 2],
    output: [usize; 2],
    channels: usize,
    outputs: usize,
    /// The live taps, as in [`live_taps`].
    taps: Vec<[usize; 3]>,
    /// Images unrolled at once.
    block: usize,
}

impl<T: Real> Tape<'_, T> {
    /// Convolves maps: [N, H, W, C] -> [N, H', W', O].
    ///
    /// # Panics
    /// If the channels do not fit or the window is larger than the padded map.
    pub fn conv(&mut self, layer: &ConvLayer, x: Var) -> Var {
        let weight = self.parameter(layer.weight);
        let y = self.convolve(&layer.window, x, weight);
        match layer.bias {
            Some(bias) => {
                let bias = self.parameter(bias);
                self.add_to_rows(y, bias)
            }
            None => y,
        }
    }

    /// The same with filters [O, kh, kw, C] that stand on the tape.
    ///
    /// # Panics
    /// If the channels do not fit or the window is larger than the padded map.
    pub fn convolve(&mut self, window: &Window, x: Var, weight: Var) -> Var {
        let (input, filters) = (self.shared(x), self.shared(weight));
        let [count, height, width, channels] = maps4(&input);
        let [outputs, rows, columns, depth] = maps4(&filters);
        assert_eq!(([rows, columns], depth), (window.kernel, channels), "filters fit");
        if window.is_pointwise() {
            return self.rows_times(x, weight);
        }
        let plan = Plan::new(window, [height, width], channels, outputs);
        let shape = vec![count, plan.output[0], plan.output[1], outputs];
        let mut y = self.workspace.blank(shape);
        let mut rows = plan.rows(&self.workspace, count);
        plan.forward(&input, &filters, &mut y, rows.values_mut());
        self.push(y, &[x, weight], move |gradient, gradients| {
            let mut rows = plan.rows(&gradients.workspace, count);
            if gradients.wants(weight) {
                let (slot, sum) = gradients.product_slot(weight, filters.shape(), plan.cover());
                plan.add_filter_gradient(&input, &gradient, slot, sum, rows.values_mut());
            }
            if gradients.wants(x) {
                let slot = gradients.slot(x, input.shape());
                plan.add_input_gradient(&filters, &gradient, slot, rows.values_mut());
            }
        })
    }
}

impl Plan {
    fn new(window: &Window, input: [usize; 2], channels: usize, outputs: usize) -> Self {
        let output = window.output(input).expect("the window fits on the map");
        let taps = live_taps(window, input, output);
        let image = (output[0] * output[1] * taps.len() * channels).max(1);
        let block = (BLOCK_VALUES / image).max(1);
        Self { window: *window, input, output, channels, outputs, taps, block }
    }

    /// Room for the unrolled rows of a block of images.
    fn rows<T: Real>(&self, workspace: &Workspace<T>, images: usize) -> Tensor<T> {
        workspace.blank(vec![self.block.min(images) * self.pixels(), self.width()])
    }

    /// How much of a filter is live.
    fn cover(&self) -> Cover {
        match self.width() == self.filter() {
            true => Cover::Whole,
            false => Cover::Part,
        }
    }

    fn pixels(&self) -> usize {
        self.output[0] * self.output[1]
    }

    fn input_size(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    /// Numbers of a row of one tap, or of all live taps.
    fn width(&self) -> usize {
        self.taps.len() * self.channels
    }

    /// Values of a whole filter.
    fn filter(&self) -> usize {
        self.window.kernel[0] * self.window.kernel[1] * self.channels
    }

    /// The runs of live taps that lie side by side in a filter: (first among the live, first in the
    /// filter, how many).
    fn runs(&self) -> Vec<[usize; 3]> {
        let mut runs: Vec<[usize; 3]> = Vec::new();
        for (at, [.., tap]) in self.taps.iter().enumerate() {
            match runs.last_mut() {
                Some([_, first, count]) if *first + *count == *tap => *count += 1,
                _ => runs.push([at, *tap, 1]),
            }
        }
        runs
    }

    fn forward<T: Real>(
        &self,
        input: &Tensor<T>,
        filters: &Tensor<T>,
        y: &mut Tensor<T>,
        rows: &mut [T],
    ) {
        let (width, outputs) = (self.width(), self.outputs);
        let blocks = input.values().chunks(self.block * self.input_size());
        let targets = y.values_mut().chunks_mut(self.block * self.pixels() * outputs);
        for (images, target) in blocks.zip(targets) {
            self.unroll(images, rows);
            let pixels = target.len() / outputs;
            let mut sum = Sum::Fresh;
            for [live, first, count] in self.runs() {
                let (depth, skip) = (count * self.channels, live * self.channels);
                let taps = &filters.values()[first * self.channels..];
                product(
                    MatrixMut::new(target, pixels, outputs, outputs),
                    sum,
                    Matrix::strided(&rows[skip..], pixels, depth, width),
                    Matrix::strided(taps, outputs, depth, self.filter()).transposed(),
                    Threads::Pool,
                );
                sum = Sum::Onto;
            }
        }
    }

    /// Taps that are not live keep what stands there.
    fn add_filter_gradient<T: Real>(
        &self,
        input: &Tensor<T>,
        above: &Tensor<T>,
        slot: &mut [T],
        mut sum: Sum,
        rows: &mut [T],
    ) {
        let (width, outputs) = (self.width(), self.outputs);
        let blocks = input.values().chunks(self.block * self.input_size());
        let aboves = above.values().chunks(self.block * self.pixels() * outputs);
        for (images, above) in blocks.zip(aboves) {
            self.unroll(images, rows);
            let pixels = above.len() / outputs;
            for [live, first, count] in self.runs() {
                let (depth, skip) = (count * self.channels, live * self.channels);
                let taps = &mut slot[first * self.channels..];
                product(
                    MatrixMut::new(taps, outputs, depth, self.filter()),
                    sum,
                    Matrix::new(above, pixels, outputs).transposed(),
                    Matrix::strided(&rows[skip..], pixels, depth, width),
                    Threads::Pool,
                );
            }
            sum = Sum::Onto;
        }
    }

    fn add_input_gradient<T: Real>(
        &self,
        filters: &Tensor<T>,
        above: &Tensor<T>,
        slot: &mut [T],
        rows: &mut [T],
    ) {
        let (width, outputs) = (self.width(), self.outputs);
        let aboves = above.values().chunks(self.block * self.pixels() * outputs);
        for (images, above) in slot.chunks_mut(self.block * self.input_size()).zip(aboves) {
            let pixels = above.len() / outputs;
            let rows = &mut rows[..pixels * width];
            for [live, first, count] in self.runs() {
                let (depth, skip) = (count * self.channels, live * self.channels);
                let taps = &filters.values()[first * self.channels..];
                product(
                    MatrixMut::new(&mut rows[skip..], pixels, depth, width),
                    Sum::Fresh,
                    Matrix::new(above, pixels, outputs),
                    Matrix::strided(taps, outputs, depth, self.filter()),
                    Threads::Pool,
                );
            }
            self.roll_up(rows, images);
        }
    }

    /// Fills `rows`, [n H' W', taps C], with what each pixel sees.
    fn unroll<T: Real>(&self, images: &[T], rows: &mut [T]) {
        let (size, width, channels) = (self.pixels(), self.width(), self.channels);
        let images = images.par_chunks_exact(self.input_size());
        rows.par_chunks_exact_mut(size * width).zip(images).for_each(|(rows, image)| {
            for (pixel, row) in rows.chunks_exact_mut(width).enumerate() {
                for ([down, right, _], tap) in self.taps.iter().zip(row.chunks_exact_mut(channels))
                {
                    match self.place(pixel, [*down, *right]) {
                        Some(at) => tap.copy_from_slice(&image[at * channels..][..channels]),
                        None => tap.fill(T::ZERO),
                    }
                }
            }
        });
    }

    /// Adds `rows` to the pixels that they were unrolled from.
    fn roll_up<T: Real>(&self, rows: &[T], images: &mut [T]) {
        let (size, width, channels) = (self.pixels(), self.width(), self.channels);
        let images = images.par_chunks_exact_mut(self.input_size());
        rows.par_chunks_exact(size * width).zip(images).for_each(|(rows, image)| {
            for (pixel, row) in rows.chunks_exact(width).enumerate() {
                for ([down, right, _], tap) in self.taps.iter().zip(row.chunks_exact(channels)) {
                    if let Some(at) = self.place(pixel, [*down, *right]) {
                        let to = &mut image[at * channels..][..channels];
                        to.iter_mut().zip(tap).for_each(|(sum, value)| *sum += *value);
                    }
                }
            }
        });
    }

    fn place(&self, pixel: usize, tap: [usize; 2]) -> Option<usize> {
        let columns = self.output[1];
        place(&self.window, [pixel / columns, pixel % columns], tap, self.input)
    }
}

/// Filters [O, C, kh, kw], as files hold them, as [O, kh, kw, C].
#[must_use]
pub fn filters_from_file<T: Real>(filters: &Tensor<T>) -> Tensor<T> {
    let [outputs, channels, rows, columns] = maps4(filters);
    let mut values = Vec::with_capacity(filters.values().len());
    for filter in filters.values().chunks_exact(channels * rows * columns) {
        for tap in 0..rows * columns {
            values.extend((0..channels).map(|channel| filter[channel * rows * columns + tap]));
        }
    }
    Tensor::new(vec![outputs, rows, columns, channels], values)
}

/// Filters [O, kh, kw, C] as files hold them, [O, C, kh, kw].
#[must_use]
pub fn filters_to_file<T: Real>(filters: &Tensor<T>) -> Tensor<T> {
    let [outputs, rows, columns, channels] = maps4(filters);
    let mut values = Vec::with_capacity(filters.values().len());
    for filter in filters.values().chunks_exact(channels * rows * columns) {
        for channel in 0..channels {
            values.extend((0..rows * columns).map(|tap| filter[tap * channels + channel]));
        }
    }
    Tensor::new(vec![outputs, channels, rows, columns], values)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_with, tensor};
    use super::super::{ParameterKind, Parameters, Recording};
    use super::*;

    fn window(kernel: usize, stride: usize, padding: usize) -> Window {
        let (before, after) = ([padding; 2], [padding; 2]);
        Window { strides: [stride; 2], before, after, ..Window::new([kernel; 2]) }
    }

    /// The definition, one product at a time.
    fn naive(window: &Window, x: &Tensor<f64>, w: &Tensor<f64>) -> Vec<f64> {
        let ([count, height, width, channels], [outputs, ..]) = (maps4(x), maps4(w));
        let [rows, columns] = window.output([height, width]).unwrap();
        let mut values = Vec::new();
        for pixel in 0..count * rows * columns {
            let (image, row, column) =
                (pixel / (rows * columns), pixel / columns % rows, pixel % columns);
            for filter in w.values().chunks_exact(w.values().len() / outputs) {
                let mut sum = 0.0;
                for (tap, weights) in filter.chunks_exact(channels).enumerate() {
                    let tap = [tap / window.kernel[1], tap % window.kernel[1]];
                    let Some(at) = place(window, [row, column], tap, [height, width]) else {
                        continue;
                    };
                    let pixel = &x.values()[(image * height * width + at) * channels..];
                    sum += weights.iter().zip(pixel).map(|(a, b)| a * b).sum::<f64>();
                }
                values.push(sum);
            }
        }
        values
    }

    /// (G2)
    #[test]
    fn convolution_agrees_with_its_definition() {
        for (size, window) in [
            ([5, 6], window(3, 1, 1)),
            ([5, 6], window(3, 2, 1)),
            ([6, 6], window(1, 2, 0)),
            ([1, 1], window(3, 1, 1)),
            ([1, 1], window(3, 2, 1)),
            ([1, 4], window(3, 1, 1)),
            ([2, 2], window(5, 1, 2)),
            ([5, 5], Window { dilations: [2; 2], ..window(3, 1, 2) }),
        ] {
            let x = tensor(&[3, size[0], size[1], 4], 1);
            let w = tensor(&[2, window.kernel[0], window.kernel[1], 4], 2);
            let parameters = Parameters::default();
            let mut tape = Tape::new(&parameters, Recording::Off);
            let vars = [tape.constant(x.clone()), tape.constant(w.clone())];
            let y = tape.convolve(&window, vars[0], vars[1]);
            let expected = naive(&window, &x, &w);
            assert_eq!(tape.value(y).values().len(), expected.len());
            for (found, expected) in tape.value(y).values().iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{window:?}: {found}, {expected}");
            }
            check(&[x.shape().to_vec(), w.shape().to_vec()], |tape, x| {
                tape.convolve(&window, x[0], x[1])
            });
        }
    }

    #[test]
    fn blocks_of_images_join_without_a_seam() {
        let window = window(3, 1, 1);
        let (x, w) = (tensor(&[5, 3, 3, 2], 1), tensor(&[2, 3, 3, 2], 2));
        let mut plan = Plan::new(&window, [3, 3], 2, 2);
        let mut whole = Tensor::zeros(vec![5, 3, 3, 2]);
        let mut rows = vec![f64::NAN; 5 * 9 * 18];
        plan.forward(&x, &w, &mut whole, &mut rows);
        plan.block = 2;
        let mut parts = Tensor::zeros(vec![5, 3, 3, 2]);
        plan.forward(&x, &w, &mut parts, &mut rows);
        assert_eq!(whole, parts);
    }

    #[test]
    fn a_layer_has_a_bias() {
        let mut parameters = Parameters::default();
        let layer = ConvLayer {
            window: window(3, 1, 1),
            weight: parameters.add("w", ParameterKind::Weight, tensor(&[2, 3, 3, 2], 1)),
            bias: Some(parameters.add("b", ParameterKind::Weight, tensor(&[2], 2))),
        };
        check_with(&parameters, &[vec![2, 3, 3, 2]], |tape, x| tape.conv(&layer, x[0]));
    }

    #[test]
    fn filters_change_the_order_of_their_axes() {
        let file = Tensor::new(vec![1, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]);
        assert_eq!(
            filters_from_file(&file),
            Tensor::new(vec![1, 1, 2, 2], vec![1.0, 3.0, 2.0, 4.0])
        );
        let file = tensor(&[3, 4, 2, 5], 1);
        assert_eq!(filters_to_file(&filters_from_file(&file)), file);
    }
}
