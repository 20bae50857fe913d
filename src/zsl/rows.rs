//! Rows of features, read one chunk at a time so that the whole matrix never stands in memory.

use crate::data::features::TensorView;
use crate::data::samples::SampleIndex;

use super::scaling::Scaling;

/// Rows read at once; part of the definition of every sum over rows, so it may not change with the
/// machine.
pub const CHUNK_ROWS: usize = 256;

/// Some samples of a feature tensor, as f64.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    view: &'a TensorView<'a>,
    samples: &'a [SampleIndex],
}

impl<'a> Rows<'a> {
    /// The rows of `samples`, in that order.
    #[must_use]
    pub fn new(view: &'a TensorView<'a>, samples: &'a [SampleIndex]) -> Self {
        Self { view, samples }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Numbers a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.view.width()
    }

    /// The samples, in the order of the rows.
    #[must_use]
    pub fn samples(&self) -> &'a [SampleIndex] {
        self.samples
    }

    /// The chunks, each as the samples and their rows, [n, D] row by row.
    pub fn chunks(
        self,
        scaling: &'a Scaling,
    ) -> impl Iterator<Item = (&'a [SampleIndex], Vec<f64>)> + 'a {
        let width = self.width();
        let mut row = vec![0.0_f32; width];
        self.samples.chunks(CHUNK_ROWS).map(move |samples| {
            let mut values = vec![0.0; samples.len() * width];
            for (sample, out) in samples.iter().zip(values.chunks_exact_mut(width)) {
                self.view.read_row(sample.get(), &mut row);
                for (value, number) in out.iter_mut().zip(&row) {
                    *value = f64::from(*number);
                }
                scaling.apply(out);
            }
            (samples, values)
        })
    }
}
