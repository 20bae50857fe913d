//! The geometry that convolution and pooling share.

use super::ShapeError;

/// What a last window that does not fit whole does to the size of the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// It is left out.
    Down,
    /// It is kept, as long as it starts on the input or the padding before it.
    Up,
}

/// A window that slides over height and width. Arrays of two are [vertical, horizontal].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// How many taps it has.
    pub kernel: [usize; 2],
    /// How far it moves.
    pub strides: [usize; 2],
    /// How far its taps are apart.
    pub dilations: [usize; 2],
    /// The padding before the first row and column.
    pub before: [usize; 2],
    /// The padding after the last row and column.
    pub after: [usize; 2],
    /// What happens at the far edge.
    pub rounding: Rounding,
}

impl Window {
    /// A window without padding that moves by one.
    #[must_use]
    pub fn new(kernel: [usize; 2]) -> Self {
        Self {
            kernel,
            strides: [1; 2],
            dilations: [1; 2],
            before: [0; 2],
            after: [0; 2],
            rounding: Rounding::Down,
        }
    }

    /// Whether each output looks at exactly the input at its own place.
    #[must_use]
    pub fn is_pointwise(&self) -> bool {
        *self == Self::new([1; 2])
    }

    /// The size of the output for an input of this size.
    ///
    /// # Errors
    /// [`ShapeError`] if the window is larger than the padded input.
    pub fn output(&self, input: [usize; 2]) -> Result<[usize; 2], ShapeError> {
        let mut output = [0; 2];
        for axis in 0..2 {
            let padded = input[axis] + self.before[axis] + self.after[axis];
            let reach = self.dilations[axis] * (self.kernel[axis] - 1) + 1;
            let free = padded.checked_sub(reach).ok_or_else(|| {
                ShapeError(format!("a window of {reach} does not fit on {padded} (padded)"))
            })?;
            output[axis] = free / self.strides[axis] + 1;
            let start_of_next = output[axis] * self.strides[axis];
            let is_short = free % self.strides[axis] != 0;
            if self.rounding == Rounding::Up
                && is_short
                && start_of_next < input[axis] + self.before[axis]
            {
                output[axis] += 1;
            }
        }
        Ok(output)
    }

    /// The input position of a tap, if it is not padding. `axis` 0 is vertical.
    pub(super) fn tap(&self, axis: usize, output: usize, tap: usize, len: usize) -> Option<usize> {
        let padded = output * self.strides[axis] + tap * self.dilations[axis];
        padded.checked_sub(self.before[axis]).filter(|position| *position < len)
    }

    /// How many taps lie on the padded input at an output; all of them unless rounding up kept the
    /// window.
    pub(super) fn padded_taps(&self, axis: usize, output: usize, len: usize) -> usize {
        let end = len + self.before[axis] + self.after[axis];
        let on_padded =
            |tap: &usize| output * self.strides[axis] + tap * self.dilations[axis] < end;
        let count = (0..self.kernel[axis]).filter(on_padded).count();
        // Only a window kept by rounding up reaches past the padding, and no further counts.
        debug_assert!(self.rounding == Rounding::Up || count == self.kernel[axis]);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_formula() {
        // floor((7 + 1 + 1 - 3) / 2) + 1 = 4; floor((8 + 1 + 1 - 3) / 2) + 1 = 4.
        let window =
            Window { strides: [2; 2], before: [1; 2], after: [1; 2], ..Window::new([3; 2]) };
        assert_eq!(window.output([7, 8]), Ok([4, 4]));
        // (8 + 2 - 3) / 2 = 3.5, so rounding up gives one more: it starts at 8 < 8 + 1.
        let up = Window { rounding: Rounding::Up, ..window };
        assert_eq!(up.output([7, 8]), Ok([4, 5]));
        // 2 taps, stride 2, on 4 padded by 0 + 1: one more window would start on the padding.
        let edge = Window { strides: [2; 2], after: [1; 2], ..Window::new([2; 2]) };
        let edge = Window { rounding: Rounding::Up, ..edge };
        assert_eq!(edge.output([4, 4]), Ok([2, 2]));
    }

    #[test]
    fn a_window_larger_than_its_input_is_refused() {
        let error = Window::new([3; 2]).output([2, 5]).unwrap_err();
        assert_eq!(error.to_string(), "a window of 3 does not fit on 2 (padded)");
    }
}
