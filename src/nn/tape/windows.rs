//! Windows of maps as rows: what a convolution multiplies.

use rayon::prelude::*;

use super::super::{Real, Tensor, Window};
use super::{Tape, Var};

/// Where a window of a map begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Corner {
    /// Which image.
    pub image: usize,
    /// Its first row.
    pub row: usize,
    /// Its first column.
    pub column: usize,
}

impl<T: Real> Tape<'_, T> {
    /// Cuts windows of `size` out of maps: [N, H, W, C] -> [M, h, w, C], one a corner.
    ///
    /// # Panics
    /// If a window leaves the map.
    pub fn windows(&mut self, maps: Var, size: [usize; 2], corners: Vec<Corner>) -> Var {
        let input = self.shared(maps);
        let [_, height, width, channels] = maps4(&input);
        let inside =
            |corner: &Corner| corner.row + size[0] <= height && corner.column + size[1] <= width;
        assert!(corners.iter().all(inside), "windows lie inside the maps");
        let shape = vec![corners.len(), size[0], size[1], channels];
        let mut cut = Tensor::zeros(shape);
        let run = size[1] * channels;
        let line = move |corner: &Corner, down: usize| {
            ((corner.image * height + corner.row + down) * width + corner.column) * channels
        };
        let windows = cut.values_mut().par_chunks_exact_mut(size[0] * run);
        windows.zip(&corners).for_each(|(window, corner)| {
            for (down, to) in window.chunks_exact_mut(run).enumerate() {
                to.copy_from_slice(&input.values()[line(corner, down)..][..run]);
            }
        });
        self.push(cut, &[maps], move |gradient, gradients| {
            if !gradients.wants(maps) {
                return;
            }
            let slot = gradients.slot(maps, input.shape());
            for (window, corner) in gradient.values().chunks_exact(size[0] * run).zip(&corners) {
                for (down, from) in window.chunks_exact(run).enumerate() {
                    let to = &mut slot[line(corner, down)..][..run];
                    to.iter_mut().zip(from).for_each(|(sum, value)| *sum += *value);
                }
            }
        })
    }
}

/// The taps of a window that ever meet an input of this size, in their order, as
/// (down, right, position among all taps).
pub(super) fn live_taps(window: &Window, input: [usize; 2], output: [usize; 2]) -> Vec<[usize; 3]> {
    let meets = |axis: usize, tap: usize| {
        (0..output[axis]).any(|place| window.tap(axis, place, tap, input[axis]).is_some())
    };
    let mut taps = Vec::new();
    for down in (0..window.kernel[0]).filter(|down| meets(0, *down)) {
        for right in (0..window.kernel[1]).filter(|right| meets(1, *right)) {
            taps.push([down, right, down * window.kernel[1] + right]);
        }
    }
    taps
}

/// The place of a tap on the input for one output pixel, none on the padding.
pub(super) fn place(
    window: &Window,
    [row, column]: [usize; 2],
    [down, right]: [usize; 2],
    [height, width]: [usize; 2],
) -> Option<usize> {
    let y = window.tap(0, row, down, height)?;
    let x = window.tap(1, column, right, width)?;
    Some(y * width + x)
}

/// The axes of maps.
pub(super) fn maps4<T: Real>(maps: &Tensor<T>) -> [usize; 4] {
    maps.shape().try_into().expect("maps are [N, H, W, C]")
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        let corner = |image, row, column| Corner { image, row, column };
        let corners = vec![corner(0, 0, 1), corner(1, 2, 2), corner(0, 1, 1)];
        check(&[vec![2, 4, 4, 3]], |tape, x| tape.windows(x[0], [2, 2], corners.clone()));
    }

    #[test]
    fn a_padded_window_on_one_pixel_has_one_tap() {
        let padded = Window { before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        assert_eq!(live_taps(&padded, [1, 1], [1, 1]), [[1, 1, 4]]);
        assert_eq!(live_taps(&padded, [7, 7], [7, 7]).len(), 9);
        assert_eq!(live_taps(&padded, [1, 7], [1, 7]), [[1, 0, 3], [1, 1, 4], [1, 2, 5]]);
    }
}
