//! An array inside a file: where its numbers lie, and how rows of it are read.

use std::ops::Range;

use super::element::{ByteOrder, Element};

/// Which index of an array runs fastest through the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// The last one: a row is in one piece, as in C.
    RowMajor,
    /// The first one: a column is in one piece, as in Fortran and MATLAB.
    ColumnMajor,
}

/// An array of `shape` [N, ...] inside a file; a row is one of the N parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArrayInfo {
    element: Element,
    order: ByteOrder,
    layout: Layout,
    shape: Vec<usize>,
    data: Range<usize>,
}

/// A header whose shape does not fit what follows it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// The file is shorter or longer.
    #[error("an array of {} {element:?} takes {expected} bytes, found {got}", shape_text(shape))]
    Length {
        /// The shape.
        shape: Vec<usize>,
        /// The type of its numbers.
        element: Element,
        /// What they take.
        expected: usize,
        /// What there is.
        got: usize,
    },
    /// No memory could hold it.
    #[error("an array of {} is larger than any file", shape_text(shape))]
    TooLarge {
        /// The shape.
        shape: Vec<usize>,
    },
}

/// A shape as messages show it, such as `37322x2048`.
#[must_use]
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [] => "one number".to_owned(),
        _ => shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x"),
    }
}

impl ArrayInfo {
    /// Describes the array whose numbers take exactly the bytes of `data`.
    ///
    /// # Errors
    /// [`ArrayError`].
    pub fn new(
        element: Element,
        order: ByteOrder,
        layout: Layout,
        shape: Vec<usize>,
        data: Range<usize>,
    ) -> Result<Self, ArrayError> {
        let expected = shape.iter().try_fold(element.bytes(), |size, &side| size.checked_mul(side));
        let Some(expected) = expected else { return Err(ArrayError::TooLarge { shape }) };
        let got = data.len();
        if got != expected {
            return Err(ArrayError::Length { shape, element, expected, got });
        }
        Ok(Self { element, order, layout, shape, data })
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of its numbers.
    #[must_use]
    pub fn element(&self) -> Element {
        self.element
    }

    /// How many rows there are: the length of the first axis.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// How many numbers a row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.row_shape().iter().product()
    }

    /// The shape of a row: all axes but the first.
    #[must_use]
    pub fn row_shape(&self) -> &[usize] {
        self.shape.get(1..).unwrap_or_default()
    }

    /// The same array where the file is `by` bytes into a larger one.
    #[must_use]
    pub fn shifted(self, by: usize) -> Self {
        let data = self.data.start + by..self.data.end + by;
        Self { data, ..self }
    }

    /// Decodes the rows from `first` on, as many as fill `out`, each with its last index running
    /// fastest whatever the layout of the file.
    ///
    /// # Panics
    /// If `file` is not the one that was described, or there are no such rows.
    pub fn read_rows(&self, file: &[u8], first: usize, out: &mut [f64]) {
        let width = self.width();
        if width == 0 {
            return;
        }
        let count = out.len() / width;
        assert!(count * width == out.len() && first + count <= self.rows(), "these rows exist");
        let data = &file[self.data.clone()];
        let size = self.element.bytes();
        match self.layout {
            Layout::RowMajor => {
                let bytes = &data[first * width * size..(first + count) * width * size];
                self.element.decode(self.order, bytes, out);
            }
            Layout::ColumnMajor => self.gather(data, first, count, out),
        }
    }

    /// Reads column by column, so that the file is read in pieces that lie together.
    fn gather(&self, data: &[u8], first: usize, count: usize, out: &mut [f64]) {
        let (width, size) = (self.width(), self.element.bytes());
        let strides = row_major_strides(self.row_shape());
        let mut column = vec![0.0; count];
        for position in 0..width {
            let start = (position * self.rows() + first) * size;
            self.element.decode(self.order, &data[start..start + count * size], &mut column);
            let target = transposed(position, self.row_shape(), &strides);
            for (row, value) in column.iter().enumerate() {
                out[row * width + target] = *value;
            }
        }
    }
}

/// How far apart neighbours along each axis are when the last index runs fastest.
fn row_major_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Where the number at `position`, counted with the first index running fastest, goes.
fn transposed(mut position: usize, shape: &[usize], strides: &[usize]) -> usize {
    let mut target = 0;
    for (side, stride) in shape.iter().zip(strides) {
        target += position % side * stride;
        position /= side;
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes 0, 1, 2, … as an array.
    fn counting(shape: &[usize], layout: Layout) -> (ArrayInfo, Vec<u8>) {
        let length: usize = shape.iter().product();
        let bytes = (0..length).map(|at| at as u8).collect();
        let info =
            ArrayInfo::new(Element::U8, ByteOrder::Little, layout, shape.to_vec(), 0..length);
        (info.unwrap(), bytes)
    }

    #[test]
    fn rows_come_out_the_same_from_both_layouts() {
        // Shape [2, 3, 2]: the number at (i, j, k) is 6i + 2j + k in C's order and i + 2j + 6k in
        // Fortran's.
        let (info, bytes) = counting(&[2, 3, 2], Layout::RowMajor);
        let mut row = [0.0; 6];
        info.read_rows(&bytes, 1, &mut row);
        assert_eq!(row, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        let (info, bytes) = counting(&[2, 3, 2], Layout::ColumnMajor);
        info.read_rows(&bytes, 1, &mut row);
        assert_eq!(row, [1.0, 7.0, 3.0, 9.0, 5.0, 11.0]);
        let mut both = [0.0; 12];
        info.read_rows(&bytes, 0, &mut both);
        assert_eq!(both[6..], row);
        assert_eq!(both[..6], [0.0, 6.0, 2.0, 8.0, 4.0, 10.0]);
    }

    #[test]
    fn blocks_of_rows_fit_together() {
        for layout in [Layout::RowMajor, Layout::ColumnMajor] {
            let (info, bytes) = counting(&[7, 5], layout);
            let mut all = vec![0.0; 35];
            info.read_rows(&bytes, 0, &mut all);
            for first in 0..5 {
                let mut some = vec![0.0; 15];
                info.read_rows(&bytes, first.min(4), &mut some);
                assert_eq!(some, all[5 * first..5 * first + 15], "{layout:?} {first}");
            }
        }
    }

    #[test]
    fn a_shape_must_fit_its_bytes() {
        let new = |shape: &[usize], length| {
            let (order, layout) = (ByteOrder::Little, Layout::RowMajor);
            ArrayInfo::new(Element::F32, order, layout, shape.to_vec(), 0..length)
        };
        assert_eq!(new(&[], 4).unwrap().rows(), 1);
        assert_eq!(new(&[3], 12).unwrap().width(), 1);
        assert_eq!(new(&[2, 0], 0).unwrap().width(), 0);
        let short = new(&[2, 3], 20).unwrap_err();
        assert_eq!(short.to_string(), "an array of 2x3 F32 takes 24 bytes, found 20");
        let huge = new(&[usize::MAX, usize::MAX], 20).unwrap_err();
        assert!(huge.to_string().ends_with("is larger than any file"), "{huge}");
    }
}
