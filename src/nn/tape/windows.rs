//! Windows of maps as rows: what a convolution multiplies.

use std::ops::Range;

use rayon::prelude::*;

use super::super::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use super::super::{Real, Tensor, Window, Workspace};
use super::gradients::Cover;
use super::{Tape, Var};

/// At most so many windows are cut at a time: what is a few rows for a product.
const BLOCK_WINDOWS: usize = 128;

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
    /// A convolution at some places only: [N, H, W, C] and filters [O, h, w, C] -> [M, O], one row a
    /// corner. The windows are cut again on the way back rather than kept.
    ///
    /// # Panics
    /// If a window leaves the map, or the channels do not fit.
    pub fn convolve_at(&mut self, maps: Var, weight: Var, corners: Vec<Corner>) -> Var {
        let (input, filters) = (self.shared(maps), self.shared(weight));
        let [outputs, height, width, channels] = maps4(&filters);
        let cut = Cut { size: [height, width], corners };
        let [_, rows, columns, depth] = maps4(&input);
        assert_eq!(depth, channels, "filters fit");
        assert!(cut.is_inside([rows, columns]), "windows lie inside the maps");
        let (count, inputs) = (cut.corners.len(), height * width * channels);
        let mut seen = self.workspace.blank(vec![count, outputs]);
        // Blocks of nearly equal size: none of so few rows that the kernel sums in another order.
        let block = count.div_ceil(count.div_ceil(BLOCK_WINDOWS).max(1)).max(1);
        let blocks = seen.values_mut().chunks_mut(block * outputs);
        for (block, corners) in blocks.zip(cut.corners.chunks(block)) {
            let windows = cut.rows(&self.workspace, &input, corners, 0..height);
            product(
                MatrixMut::new(block, corners.len(), outputs, outputs),
                Sum::Fresh,
                Matrix::new(windows.values(), corners.len(), inputs),
                Matrix::new(filters.values(), outputs, inputs).transposed(),
                Threads::Pool,
            );
        }
        self.push(seen, &[maps, weight], move |gradient, gradients| {
            let above = Matrix::new(gradient.values(), count, outputs);
            if gradients.wants(maps) {
                let mut windows = gradients.workspace.blank(vec![count, inputs]);
                let target = MatrixMut::new(windows.values_mut(), count, inputs, inputs);
                let filter = Matrix::new(filters.values(), outputs, inputs);
                product(target, Sum::Fresh, above, filter, Threads::Pool);
                cut.paste(&windows, gradients.slot(maps, input.shape()), input.shape());
            }
            if gradients.wants(weight) {
                let workspace = gradients.workspace.clone();
                let (slot, sum) = gradients.product_slot(weight, filters.shape(), Cover::Whole);
                // Line by line of the window, so that little is cut at a time.
                let run = width * channels;
                for down in 0..height {
                    let lines = cut.rows(&workspace, &input, &cut.corners, down..down + 1);
                    let target = MatrixMut::new(&mut slot[down * run..], outputs, run, inputs);
                    let lines = Matrix::new(lines.values(), count, run);
                    product(target, sum, above.transposed(), lines, Threads::Pool);
                }
            }
        })
    }
}

/// Windows of one size.
struct Cut {
    size: [usize; 2],
    corners: Vec<Corner>,
}

impl Cut {
    fn is_inside(&self, [rows, columns]: [usize; 2]) -> bool {
        let [height, width] = self.size;
        let is_inside =
            |corner: &Corner| corner.row + height <= rows && corner.column + width <= columns;
        self.corners.iter().all(is_inside)
    }

    /// Some lines of the windows at `corners`, each window a row: [M, lines w C].
    fn rows<T: Real>(
        &self,
        workspace: &Workspace<T>,
        maps: &Tensor<T>,
        corners: &[Corner],
        lines: Range<usize>,
    ) -> Tensor<T> {
        let run = self.size[1] * maps4(maps)[3];
        let mut windows = workspace.blank(vec![corners.len(), lines.len() * run]);
        let rows = windows.values_mut().par_chunks_exact_mut(lines.len() * run);
        rows.zip(corners).for_each(|(window, corner)| {
            for (down, to) in lines.clone().zip(window.chunks_exact_mut(run)) {
                to.copy_from_slice(&maps.values()[line(corner, down, maps.shape())..][..run]);
            }
        });
        windows
    }

    /// Adds each window to the place that it was cut out of.
    fn paste<T: Real>(&self, windows: &Tensor<T>, maps: &mut [T], shape: &[usize]) {
        let run = self.size[1] * shape[3];
        for (window, corner) in windows.values().chunks_exact(self.size[0] * run).zip(&self.corners)
        {
            for (down, from) in window.chunks_exact(run).enumerate() {
                let to = &mut maps[line(corner, down, shape)..][..run];
                to.iter_mut().zip(from).for_each(|(sum, value)| *sum += *value);
            }
        }
    }
}

/// Where a line of a window begins in maps of a shape.
fn line(corner: &Corner, down: usize, shape: &[usize]) -> usize {
    ((corner.image * shape[1] + corner.row + down) * shape[2] + corner.column) * shape[3]
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
        check(&[vec![2, 4, 4, 3], vec![5, 2, 2, 3]], |tape, x| {
            tape.convolve_at(x[0], x[1], corners.clone())
        });
    }

    #[test]
    fn a_padded_window_on_one_pixel_has_one_tap() {
        let padded = Window { before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        assert_eq!(live_taps(&padded, [1, 1], [1, 1]), [[1, 1, 4]]);
        assert_eq!(live_taps(&padded, [7, 7], [7, 7]).len(), 9);
        assert_eq!(live_taps(&padded, [1, 7], [1, 7]), [[1, 0, 3], [1, 1, 4], [1, 2, 5]]);
    }
}
