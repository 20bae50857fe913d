//! Windows of maps as rows: what a convolution multiplies.

use rayon::prelude::*;

use super::super::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use super::super::{Real, Tensor, Window, Workspace};
use super::gradients::Cover;
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
        product(
            MatrixMut::new(seen.values_mut(), count, outputs, outputs),
            Sum::Fresh,
            Matrix::new(cut.windows(&self.workspace, &input).values(), count, inputs),
            Matrix::new(filters.values(), outputs, inputs).transposed(),
            Threads::Pool,
        );
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
                let windows = cut.windows(&gradients.workspace, &input);
                let (slot, sum) = gradients.product_slot(weight, filters.shape(), Cover::Whole);
                let target = MatrixMut::new(slot, outputs, inputs, inputs);
                let rows = Matrix::new(windows.values(), count, inputs);
                product(target, sum, above.transposed(), rows, Threads::Pool);
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

    /// Each window as a row, [M, h w C].
    fn windows<T: Real>(&self, workspace: &Workspace<T>, maps: &Tensor<T>) -> Tensor<T> {
        let channels = maps4(maps)[3];
        let [height, width] = self.size;
        let run = width * channels;
        let mut windows = workspace.blank(vec![self.corners.len(), height * run]);
        let rows = windows.values_mut().par_chunks_exact_mut(height * run);
        rows.zip(&self.corners).for_each(|(window, corner)| {
            for (down, to) in window.chunks_exact_mut(run).enumerate() {
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
