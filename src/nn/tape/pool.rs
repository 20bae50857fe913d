//! Pooling of maps.

use rayon::prelude::*;

use super::super::{Padding, Real, Window};
use super::pointwise::as_f64;
use super::windows::{maps4, place};
use super::{Tape, Var};

impl<T: Real> Tape<'_, T> {
    /// The mean of each channel: [N, H, W, C] -> [N, C].
    pub fn global_average_pool(&mut self, maps: Var) -> Var {
        let [count, height, width, channels] = maps4(self.value(maps));
        let pixels = height * width;
        if pixels == 1 {
            return self.reshape(maps, vec![count, channels]);
        }
        let share = T::of(1.0 / as_f64(pixels.max(1)));
        let mut means = self.workspace.zeros(vec![count, channels]);
        let images = self.value(maps).values().par_chunks_exact(pixels * channels);
        means.values_mut().par_chunks_exact_mut(channels).zip(images).for_each(|(means, image)| {
            for pixel in image.chunks_exact(channels) {
                means.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += *value);
            }
            means.iter_mut().for_each(|mean| *mean *= share);
        });
        self.push(means, &[maps], move |gradient, gradients| {
            let mut back = gradients.workspace.blank(vec![count, height, width, channels]);
            let images = back.values_mut().par_chunks_exact_mut(pixels * channels);
            let means = gradient.values().par_chunks_exact(channels);
            images.zip(means).for_each(|(image, means)| {
                for pixel in image.chunks_exact_mut(channels) {
                    pixel.iter_mut().zip(means).for_each(|(value, mean)| *value = *mean * share);
                }
            });
            gradients.add(maps, back);
        })
    }

    /// The largest value under a window; padding never wins: [N, H, W, C] -> [N, H', W', C]. The
    /// gradient goes to the first that has it.
    ///
    /// # Panics
    /// If the window is larger than the padded map.
    pub fn max_pool(&mut self, window: &Window, maps: Var) -> Var {
        let input = self.shared(maps);
        let slide = Slide::new(window, maps4(&input));
        let mut output = self.workspace.blank(slide.shape());
        let mut winners = vec![0_u32; output.values().len()];
        let channels = slide.channels;
        let images = input.values().par_chunks_exact(slide.input_size());
        let outputs = output.values_mut().par_chunks_exact_mut(slide.output_size());
        let chosen = winners.par_chunks_exact_mut(slide.output_size());
        images.zip(outputs).zip(chosen).for_each(|((image, output), winners)| {
            let pixels = output.chunks_exact_mut(channels).zip(winners.chunks_exact_mut(channels));
            for (pixel, (best, winners)) in pixels.enumerate() {
                best.fill(T::of(f64::NEG_INFINITY));
                for at in slide.seen(pixel) {
                    let values = &image[at * channels..][..channels];
                    let at = u32::try_from(at).expect("a map has fewer than 2^32 pixels");
                    for ((best, winner), &value) in best.iter_mut().zip(&mut *winners).zip(values) {
                        if value > *best {
                            (*best, *winner) = (value, at);
                        }
                    }
                }
            }
        });
        self.push(output, &[maps], move |gradient, gradients| {
            let mut back = gradients.workspace.zeros(input.shape().to_vec());
            let images = back.values_mut().par_chunks_exact_mut(slide.input_size());
            let above = gradient.values().par_chunks_exact(slide.output_size());
            let chosen = winners.par_chunks_exact(slide.output_size());
            images.zip(above).zip(chosen).for_each(|((image, above), winners)| {
                for (at, (value, winner)) in above.iter().zip(winners).enumerate() {
                    image[*winner as usize * channels + at % channels] += *value;
                }
            });
            gradients.add(maps, back);
        })
    }

    /// The mean value under a window: [N, H, W, C] -> [N, H', W', C].
    ///
    /// # Panics
    /// If the window is larger than the padded map.
    pub fn average_pool(&mut self, window: &Window, padding: Padding, maps: Var) -> Var {
        let input = self.shared(maps);
        let slide = Slide::new(window, maps4(&input));
        let mut output = self.workspace.zeros(slide.shape());
        let channels = slide.channels;
        let images = input.values().par_chunks_exact(slide.input_size());
        let outputs = output.values_mut().par_chunks_exact_mut(slide.output_size());
        images.zip(outputs).for_each(|(image, output)| {
            for (pixel, mean) in output.chunks_exact_mut(channels).enumerate() {
                for at in slide.seen(pixel) {
                    let values = &image[at * channels..][..channels];
                    mean.iter_mut().zip(values).for_each(|(sum, value)| *sum += *value);
                }
                let share = slide.share(pixel, padding);
                mean.iter_mut().for_each(|mean| *mean *= share);
            }
        });
        self.push(output, &[maps], move |gradient, gradients| {
            let mut back = gradients.workspace.zeros(input.shape().to_vec());
            let images = back.values_mut().par_chunks_exact_mut(slide.input_size());
            let above = gradient.values().par_chunks_exact(slide.output_size());
            images.zip(above).for_each(|(image, above)| {
                for (pixel, above) in above.chunks_exact(channels).enumerate() {
                    let share = slide.share::<T>(pixel, padding);
                    for at in slide.seen(pixel) {
                        let values = &mut image[at * channels..][..channels];
                        values
                            .iter_mut()
                            .zip(above)
                            .for_each(|(sum, above)| *sum += *above * share);
                    }
                }
            });
            gradients.add(maps, back);
        })
    }
}

/// A window over maps of one size.
struct Slide {
    window: Window,
    count: usize,
    input: [usize; 2],
    output: [usize; 2],
    channels: usize,
}

impl Slide {
    fn new(window: &Window, [count, height, width, channels]: [usize; 4]) -> Self {
        let output = window.output([height, width]).expect("the window fits on the map");
        Self { window: *window, count, input: [height, width], output, channels }
    }

    fn shape(&self) -> Vec<usize> {
        vec![self.count, self.output[0], self.output[1], self.channels]
    }

    fn input_size(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    fn output_size(&self) -> usize {
        self.output[0] * self.output[1] * self.channels
    }

    /// The input pixels that an output pixel sees, row by row.
    fn seen(&self, pixel: usize) -> impl Iterator<Item = usize> + '_ {
        let pixel = [pixel / self.output[1], pixel % self.output[1]];
        let [rows, columns] = self.window.kernel;
        let taps = (0..rows * columns).map(move |tap| [tap / columns, tap % columns]);
        taps.filter_map(move |tap| place(&self.window, pixel, tap, self.input))
    }

    /// 1 over the number of pixels that count in the mean of an output pixel.
    fn share<T: Real>(&self, pixel: usize, padding: Padding) -> T {
        let counted = match padding {
            Padding::LeftOut => self.seen(pixel).count(),
            Padding::Counted => {
                let place = [pixel / self.output[1], pixel % self.output[1]];
                (0..2)
                    .map(|axis| self.window.padded_taps(axis, place[axis], self.input[axis]))
                    .product()
            }
        };
        T::of(1.0 / as_f64(counted.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;
    use crate::nn::Rounding;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        let shapes = [vec![2, 5, 4, 3]];
        check(&shapes, |tape, x| tape.global_average_pool(x[0]));
        check(&[vec![3, 1, 1, 4]], |tape, x| tape.global_average_pool(x[0]));
        let padded =
            Window { strides: [2; 2], before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        let up = Window { rounding: Rounding::Up, strides: [2; 2], ..Window::new([2; 2]) };
        for window in [padded, up, Window { strides: [2; 2], ..Window::new([2; 2]) }] {
            check(&shapes, |tape, x| tape.max_pool(&window, x[0]));
            for padding in [Padding::Counted, Padding::LeftOut] {
                check(&shapes, |tape, x| tape.average_pool(&window, padding, x[0]));
            }
        }
    }
}
