//! Operations that move values and change none.

use rayon::prelude::*;

use super::super::Real;
use super::dense::rows_of;
use super::{Tape, Var};

/// Rows that one task copies.
const BLOCK_ROWS: usize = 64;

impl<T: Real> Tape<'_, T> {
    /// The same values in another shape.
    ///
    /// # Panics
    /// If there are not as many.
    pub fn reshape(&mut self, x: Var, shape: Vec<usize>) -> Var {
        let value = self.value(x);
        let before = value.shape().to_vec();
        let reshaped = value.clone().reshaped(shape);
        self.push(reshaped, &[x], move |gradient, gradients| {
            gradients.add(x, gradient.reshaped(before));
        })
    }

    /// Rows side by side: [.., A], [.., B], .. -> [.., A + B + ..].
    ///
    /// # Panics
    /// If there is none, or the numbers of rows differ.
    pub fn concat(&mut self, parts: &[Var]) -> Var {
        let widths: Vec<usize> = parts.iter().map(|part| rows_of(self.value(*part)).1).collect();
        let (rows, total) = (rows_of(self.value(parts[0])).0, widths.iter().sum::<usize>());
        let mut shape = self.value(parts[0]).shape().to_vec();
        *shape.last_mut().expect("rows have a width") = total;
        let mut joined = self.workspace.blank(shape);
        let mut from = 0;
        for (part, width) in parts.iter().zip(&widths) {
            let part = self.value(*part);
            assert_eq!(rows_of(part).0, rows, "as many rows");
            let targets = joined.values_mut().par_chunks_mut(BLOCK_ROWS * total);
            targets.zip(part.values().par_chunks(BLOCK_ROWS * width)).for_each(|(to, rows)| {
                for (to, row) in to.chunks_exact_mut(total).zip(rows.chunks_exact(*width)) {
                    to[from..from + width].copy_from_slice(row);
                }
            });
            from += width;
        }
        let shapes: Vec<(Var, Vec<usize>)> =
            parts.iter().map(|part| (*part, self.value(*part).shape().to_vec())).collect();
        self.push(joined, parts, move |gradient, gradients| {
            let mut from = 0;
            for ((part, shape), width) in shapes.into_iter().zip(widths) {
                if gradients.wants(part) {
                    let mut own = gradients.workspace.blank(shape);
                    copy_columns(gradient.values(), total, from, own.values_mut(), width);
                    gradients.add(part, own);
                }
                from += width;
            }
        })
    }

    /// Columns `from..from + width` of each row: [.., A] -> [.., width].
    ///
    /// # Panics
    /// If rows are shorter.
    pub fn columns(&mut self, x: Var, from: usize, width: usize) -> Var {
        let value = self.value(x);
        let (total, before) = (rows_of(value).1, value.shape().to_vec());
        let mut shape = before.clone();
        *shape.last_mut().expect("rows have a width") = width;
        let mut own = self.workspace.blank(shape);
        copy_columns(value.values(), total, from, own.values_mut(), width);
        self.push(own, &[x], move |gradient, gradients| {
            let mut back = gradients.workspace.zeros(before);
            let rows = back.values_mut().chunks_exact_mut(total);
            for (row, own) in rows.zip(gradient.values().chunks_exact(width)) {
                row[from..from + width].copy_from_slice(own);
            }
            gradients.add(x, back);
        })
    }

    /// Some rows in some order: [N, ..] -> [M, ..]. A row may be taken more than once.
    ///
    /// # Panics
    /// If a row does not exist.
    pub fn take_rows(&mut self, x: Var, rows: Vec<usize>) -> Var {
        let value = self.value(x);
        let before = value.shape().to_vec();
        let width: usize = before[1..].iter().product();
        let mut shape = before.clone();
        shape[0] = rows.len();
        let mut taken = self.workspace.blank(shape);
        for (row, to) in rows.iter().zip(taken.values_mut().chunks_exact_mut(width.max(1))) {
            to.copy_from_slice(&value.values()[row * width..][..width]);
        }
        self.push(taken, &[x], move |gradient, gradients| {
            let mut back = gradients.workspace.zeros(before);
            let values = back.values_mut();
            for (row, own) in rows.iter().zip(gradient.values().chunks_exact(width.max(1))) {
                let to = &mut values[row * width..][..width];
                to.iter_mut().zip(own).for_each(|(sum, value)| *sum += *value);
            }
            gradients.add(x, back);
        })
    }
}

/// Copies columns `from..from + width` of rows of `total` values.
fn copy_columns<T: Real>(rows: &[T], total: usize, from: usize, to: &mut [T], width: usize) {
    let (total, width) = (total.max(1), width.max(1));
    let targets = to.par_chunks_mut(BLOCK_ROWS * width);
    targets.zip(rows.par_chunks(BLOCK_ROWS * total)).for_each(|(to, rows)| {
        for (to, row) in to.chunks_exact_mut(width).zip(rows.chunks_exact(total)) {
            to.copy_from_slice(&row[from..from + width]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    /// (G2)
    #[test]
    fn slopes_are_the_derivatives() {
        check(&[vec![2, 3], vec![2, 1], vec![2, 2]], |tape, x| tape.concat(&[x[0], x[1], x[2]]));
        check(&[vec![2, 6]], |tape, x| tape.reshape(x[0], vec![3, 4]));
        check(&[vec![2, 2, 5]], |tape, x| tape.columns(x[0], 1, 3));
        check(&[vec![3, 2]], |tape, x| tape.take_rows(x[0], vec![2, 0, 2, 1]));
    }
}
