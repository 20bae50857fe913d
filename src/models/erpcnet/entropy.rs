//! How much there is to see in a cell: the entropy weight of a look.
//!
//! `beta = Ent(X) / Ent(E)` of a window X of the map E (1.5). The paper leaves open what is taken
//! for the probabilities inside `Ent = -sum p log p`; [`Definition`] lists the readings that can
//! give its published averages of 1.09 and 1.12. They differ in sign: a window with one strong
//! response is peaked, so A and C call it poor, D and F rich.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cells::Cells;

/// What the probabilities are (register A25).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Definition {
    /// A: the softmax over all entries, the formula to the letter.
    #[default]
    Softmax,
    /// C: the softmax over channels at each pixel; the mean entropy over pixels.
    ChannelSoftmax,
    /// D: the shares of absolute values over channels at each pixel; the mean entropy over pixels.
    ChannelShare,
    /// F: a histogram of the values, with bins from the least to the largest of the whole map.
    Histogram,
}

/// Computes entropy weights. Sums are `f64`, in nats, in a fixed order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntropyWeight {
    /// What the probabilities are.
    pub definition: Definition,
    /// Bins of a histogram; the register's default is 64.
    pub bins: usize,
}

impl EntropyWeight {
    /// beta of every cell of a map, [H, W, C] with so many `channels` and rows of `width` pixels.
    ///
    /// 1 for all cells where the whole map has no entropy.
    #[must_use]
    pub fn weights(&self, map: &[f32], width: usize, channels: usize, cells: &Cells) -> Vec<f64> {
        let pixels: Vec<usize> = (0..map.len() / channels).collect();
        let windows = (0..cells.count()).map(|cell| window(cells, cell, width));
        let entropies = |of: &dyn Fn(&[usize]) -> f64| {
            let whole = of(&pixels);
            let beta = |pixels: Vec<usize>| if whole > 0.0 { of(&pixels) / whole } else { 1.0 };
            windows.map(beta).collect()
        };
        match self.definition {
            Definition::Softmax => {
                let softmax = Softmax::new(map, channels);
                entropies(&|pixels| softmax.entropy(pixels))
            }
            Definition::ChannelSoftmax => {
                let each: Vec<f64> = map.chunks_exact(channels).map(softmax_entropy).collect();
                entropies(&|pixels| mean(&each, pixels))
            }
            Definition::ChannelShare => {
                let each: Vec<f64> = map.chunks_exact(channels).map(share_entropy).collect();
                entropies(&|pixels| mean(&each, pixels))
            }
            Definition::Histogram => {
                let histogram = Histogram::new(map, channels, self.bins);
                entropies(&|pixels| histogram.entropy(pixels))
            }
        }
    }
}

/// The pixels of a cell's window.
fn window(cells: &Cells, cell: usize, width: usize) -> Vec<usize> {
    let [top, left] = cells.origin(cell);
    let line = |row: usize| (left..left + cells.window).map(move |column| row * width + column);
    (top..top + cells.window).flat_map(line).collect()
}

fn mean(each: &[f64], pixels: &[usize]) -> f64 {
    pixels.iter().map(|pixel| each[*pixel]).sum::<f64>() / super::count(pixels.len().max(1))
}

/// `sum e^(x - top)` and `sum x e^(x - top)` of each pixel, with one top for the whole map, so that
/// every window's softmax needs additions only.
struct Softmax<'a> {
    map: &'a [f32],
    channels: usize,
    top: f64,
    sums: Vec<[f64; 2]>,
}

/// Below this a window lies so far under the top of the map that its sums have lost digits.
const FAINT: f64 = 1e-250;

impl<'a> Softmax<'a> {
    fn new(map: &'a [f32], channels: usize) -> Self {
        let top = largest(map);
        let sums = map.chunks_exact(channels).map(|pixel| softmax_sums(pixel, top)).collect();
        Self { map, channels, top, sums }
    }

    /// `log Z - sum p x`.
    fn entropy(&self, pixels: &[usize]) -> f64 {
        let total = pixels.iter().fold([0.0; 2], |[z, x], pixel| {
            let [own_z, own_x] = self.sums[*pixel];
            [z + own_z, x + own_x]
        });
        if total[0] > FAINT {
            return self.top + libm::log(total[0]) - total[1] / total[0];
        }
        let values: Vec<f32> = pixels
            .iter()
            .flat_map(|pixel| &self.map[pixel * self.channels..][..self.channels])
            .copied()
            .collect();
        softmax_entropy(&values)
    }
}

fn softmax_sums(values: &[f32], top: f64) -> [f64; 2] {
    values.iter().fold([0.0; 2], |[z, x], value| {
        let value = f64::from(*value);
        let weight = libm::exp(value - top);
        [z + weight, x + value * weight]
    })
}

fn softmax_entropy(values: &[f32]) -> f64 {
    let top = largest(values);
    let [z, x] = softmax_sums(values, top);
    top + libm::log(z) - x / z
}

/// Zero where there is no mass.
fn share_entropy(values: &[f32]) -> f64 {
    let mass: f64 = values.iter().map(|value| f64::from(value.abs())).sum();
    if mass <= 0.0 {
        return 0.0;
    }
    let term = |value: &f32| plogp(f64::from(value.abs()) / mass);
    -values.iter().map(term).sum::<f64>()
}

fn plogp(p: f64) -> f64 {
    if p > 0.0 { p * libm::log(p) } else { 0.0 }
}

fn largest(values: &[f32]) -> f64 {
    values.iter().fold(f64::NEG_INFINITY, |most, value| most.max(f64::from(*value)))
}

/// The bin of every value.
struct Histogram {
    bins: usize,
    /// [H W, C]; empty where all values are equal.
    bin_of: Vec<u16>,
    channels: usize,
}

impl Histogram {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of at most 1 of a number of bins below 2^16"
    )]
    fn new(map: &[f32], channels: usize, bins: usize) -> Self {
        let (high, low) = (largest(map), -largest_negated(map));
        let width = high - low;
        let bin = |value: &f32| {
            let at = (f64::from(*value) - low) / width * super::count(bins);
            (at.floor() as usize).min(bins - 1) as u16
        };
        let bin_of = if width > 0.0 { map.iter().map(bin).collect() } else { Vec::new() };
        Self { bins, bin_of, channels }
    }

    fn entropy(&self, pixels: &[usize]) -> f64 {
        if self.bin_of.is_empty() {
            return 0.0;
        }
        let mut counts = vec![0_usize; self.bins];
        for pixel in pixels {
            for bin in &self.bin_of[pixel * self.channels..][..self.channels] {
                counts[usize::from(*bin)] += 1;
            }
        }
        let total = super::count(pixels.len() * self.channels);
        -counts.iter().map(|&own| plogp(super::count(own) / total)).sum::<f64>()
    }
}

fn largest_negated(values: &[f32]) -> f64 {
    values.iter().fold(f64::NEG_INFINITY, |most, value| most.max(-f64::from(*value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Definition; 4] = [
        Definition::Softmax,
        Definition::ChannelSoftmax,
        Definition::ChannelShare,
        Definition::Histogram,
    ];

    fn cells() -> Cells {
        Cells::of([14, 14], 5, 3).unwrap()
    }

    fn map(channels: usize) -> Vec<f32> {
        let value = |at: usize| ((at * 7919 + 13) % 1009) as f32 / 300.0 - 1.0;
        (0..196 * channels).map(value).collect()
    }

    fn weights(definition: Definition, map: &[f32], channels: usize, cells: &Cells) -> Vec<f64> {
        EntropyWeight { definition, bins: 64 }.weights(map, 14, channels, cells)
    }

    /// (E4)
    #[test]
    fn a_window_that_is_the_map_weighs_one() {
        let whole = Cells::of([14, 14], 14, 1).unwrap();
        for definition in ALL {
            let beta = weights(definition, &map(6), 6, &whole);
            assert!((beta[0] - 1.0).abs() < 1e-12, "{definition:?}: {beta:?}");
        }
    }

    /// (E4)
    #[test]
    fn a_constant_map_of_the_paper_gives_the_quotient_of_logarithms() {
        let flat = vec![0.25; 196 * 1024];
        let beta = weights(Definition::Softmax, &flat, 1024, &cells());
        // ln(25 1024) / ln(196 1024).
        assert!(beta.iter().all(|beta| (beta - 0.831_34).abs() < 1e-5), "{}", beta[0]);
        for definition in [Definition::ChannelSoftmax, Definition::ChannelShare] {
            assert!((weights(definition, &flat, 1024, &cells())[3] - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_map_without_entropy_weighs_one() {
        let zero = vec![0.0; 196 * 4];
        for definition in [Definition::ChannelShare, Definition::Histogram] {
            assert_eq!(weights(definition, &zero, 4, &cells()), vec![1.0; 16]);
        }
    }

    /// (E4)
    #[test]
    fn shares_do_not_see_the_scale_and_nothing_sees_the_order_of_channels() {
        let plain = map(6);
        let scaled: Vec<f32> = plain.iter().map(|value| value * 8.0).collect();
        let close = |left: Vec<f64>, right: Vec<f64>| {
            left.iter().zip(&right).all(|(left, right)| (left - right).abs() < 1e-9)
        };
        let share = |map: &[f32]| weights(Definition::ChannelShare, map, 6, &cells());
        assert!(close(share(&plain), share(&scaled)));
        let turned: Vec<f32> =
            plain.chunks_exact(6).flat_map(|pixel| pixel.iter().rev()).copied().collect();
        for definition in ALL {
            let found = weights(definition, &turned, 6, &cells());
            assert!(close(weights(definition, &plain, 6, &cells()), found), "{definition:?}");
        }
    }

    #[test]
    fn a_window_far_below_the_top_keeps_its_entropy() {
        let mut map = map(2);
        map[195 * 2] = 5_000.0;
        let beta = weights(Definition::Softmax, &map, 2, &cells());
        // The map is one spike: its entropy is 0 in f64, so every weight is 1.
        assert_eq!(beta, vec![1.0; 16]);
        map[195 * 2] = 700.0;
        map[194 * 2] = 700.0;
        let beta = weights(Definition::Softmax, &map, 2, &cells());
        let alone: Vec<f32> = window(&cells(), 0, 14)
            .into_iter()
            .flat_map(|pixel| &map[pixel * 2..][..2])
            .copied()
            .collect();
        let expected = softmax_entropy(&alone) / 2.0_f64.ln();
        assert!((beta[0] - expected).abs() < 1e-9, "{} {expected}", beta[0]);
    }
}
