//! What a closed form needs to know of the training images: `X^T X` and one sum a class.

use faer::{Mat, MatRef};
use rayon::ThreadPool;

use super::linear::{add_gram, row_major};

/// The sums, built up chunk by chunk in f64.
#[derive(Clone, Debug)]
pub struct Moments {
    /// `X^T X`, [D, D], lower triangle.
    gram: Mat<f64>,
    /// The sum of the rows of each class, [D, C].
    class_sums: Mat<f64>,
    /// How many rows each class has, [C].
    counts: Vec<usize>,
}

impl Moments {
    /// No image yet, `width` features and `classes` classes.
    #[must_use]
    pub fn new(width: usize, classes: usize) -> Self {
        let (gram, class_sums) = (Mat::zeros(width, width), Mat::zeros(width, classes));
        Self { gram, class_sums, counts: vec![0; classes] }
    }

    /// Adds rows, `[n, D]` row by row, whose classes are `labels`, `[n]`.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn add(&mut self, rows: &[f64], labels: &[usize], pool: &ThreadPool) {
        let width = self.gram.ncols();
        add_gram(&mut self.gram, row_major(rows, labels.len(), width), pool);
        for (row, &label) in rows.chunks_exact(width).zip(labels) {
            let sums = self.class_sums.col_mut(label).iter_mut();
            sums.zip(row).for_each(|(sum, value)| *sum += value);
            self.counts[label] += 1;
        }
    }

    /// The same sums where class c is called `numbers[c]` and there are so many `classes`.
    ///
    /// # Panics
    /// If a number is not below `classes`.
    #[must_use]
    pub fn renumbered(&self, numbers: &[usize], classes: usize) -> Self {
        let mut class_sums = Mat::zeros(self.gram.ncols(), classes);
        let mut counts = vec![0; classes];
        for (old, &new) in numbers.iter().enumerate().filter(|(old, _)| self.counts[*old] > 0) {
            class_sums.col_mut(new).copy_from(self.class_sums.col(old));
            counts[new] = self.counts[old];
        }
        Self { gram: self.gram.clone(), class_sums, counts }
    }

    /// `X^T X`, of which the lower triangle holds.
    #[must_use]
    pub fn gram(&self) -> MatRef<'_, f64> {
        self.gram.as_ref()
    }

    /// `X^T Y`, [D, C], where `Y` is `on` for an image's own class and `off` for the others.
    #[must_use]
    pub fn correlation(&self, on: f64, off: f64) -> Mat<f64> {
        let (classes, width) = (self.class_sums.ncols(), self.class_sums.nrows());
        let mut correlation = Mat::zeros(width, classes);
        for feature in 0..width {
            let total: f64 = (0..classes).map(|class| self.class_sums[(feature, class)]).sum();
            for class in 0..classes {
                let own = self.class_sums[(feature, class)];
                correlation[(feature, class)] = on * own + off * (total - own);
            }
        }
        correlation
    }

    /// The sum of the rows of each class, [D, C].
    #[must_use]
    pub fn class_sums(&self) -> MatRef<'_, f64> {
        self.class_sums.transpose()
    }

    /// How many images of each class were added, `[C]`.
    #[must_use]
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// How many images were added.
    #[must_use]
    pub fn images(&self) -> usize {
        self.counts.iter().sum()
    }
}
