//! Some training images as a solver sees them: scaled rows, class positions, signatures.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use faer::Mat;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPool;

use crate::data::features::TensorView;
use crate::data::samples::SampleIndex;
use crate::stage::{StageContext, StageError};
use crate::zsl::moments::Moments;
use crate::zsl::rows::Rows;
use crate::zsl::scaling::{FeatureNorm, Scaling, Standardizer};

/// Whether rows end with a constant 1, whose weight is a bias.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::stages) enum Bias {
    /// They are what the features are.
    Without,
    /// One number more.
    With,
}

/// What a baseline is fitted on.
#[derive(Clone)]
pub(in crate::stages) struct Part<'a> {
    /// A part of this part that was fitted before.
    pub(super) before: Option<&'a Part<'a>>,
    /// The sums over all images, once they were asked for.
    pub(super) sums: OnceLock<(Bias, Moments)>,
    pub(super) view: &'a TensorView<'a>,
    pub(super) images: Vec<SampleIndex>,
    /// The position of each image's class in the rows of `signatures`.
    pub(super) labels: Vec<usize>,
    pub(super) scaling: Scaling,
    /// The attributes of the classes, [C, A].
    pub(in crate::stages) signatures: Mat<f64>,
    pub(in crate::stages) pool: &'a ThreadPool,
}

impl Part<'_> {
    /// Numbers a row of features, D.
    pub(in crate::stages) fn width(&self) -> usize {
        self.view.width()
    }

    /// The mean squared length of a row; 1 where all rows are 0.
    #[expect(clippy::cast_precision_loss, reason = "counts of images are below 2^53")]
    pub(in crate::stages) fn mean_square(&self, cx: &StageContext<'_>) -> Result<f64, StageError> {
        let mut sum = 0.0;
        self.each_chunk(Bias::Without, cx, |rows, _| {
            sum += rows.iter().map(|value| value * value).sum::<f64>();
        })?;
        Ok(if sum > 0.0 { sum / self.images.len() as f64 } else { 1.0 })
    }

    /// Puts the images into another order.
    pub(in crate::stages) fn shuffle(&mut self, rng: &mut ChaCha8Rng) {
        let mut pairs: Vec<_> =
            self.images.iter().copied().zip(self.labels.iter().copied()).collect();
        pairs.shuffle(rng);
        (self.images, self.labels) = pairs.into_iter().unzip();
    }

    /// The chunks of scaled rows, each with its labels; stops when the run does.
    pub(in crate::stages) fn each_chunk(
        &self,
        bias: Bias,
        cx: &StageContext<'_>,
        work: impl FnMut(&[f64], &[usize]),
    ) -> Result<(), StageError> {
        self.each_chunk_of(&self.images, &self.labels, bias, cx, work)
    }

    fn each_chunk_of(
        &self,
        images: &[SampleIndex],
        labels: &[usize],
        bias: Bias,
        cx: &StageContext<'_>,
        mut work: impl FnMut(&[f64], &[usize]),
    ) -> Result<(), StageError> {
        let mut from = 0;
        for (samples, mut rows) in Rows::new(self.view, images).chunks(&self.scaling) {
            cx.check_cancelled()?;
            if bias == Bias::With {
                rows = with_constant(&rows, self.width());
            }
            work(&rows, &labels[from..from + samples.len()]);
            from += samples.len();
        }
        Ok(())
    }

    /// The sums over all images that closed forms need. What was summed before for a part of these
    /// images is not summed again.
    pub(in crate::stages) fn moments(
        &self,
        bias: Bias,
        cx: &StageContext<'_>,
    ) -> Result<&Moments, StageError> {
        if let Some((summed, moments)) = self.sums.get() {
            debug_assert!(*summed == bias, "a baseline asks for one kind of sums");
            return Ok(moments);
        }
        let (mut moments, images, labels) = match self.summed_before(bias) {
            Some((moments, rest)) => {
                let (images, labels): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
                (moments, Cow::Owned(images), Cow::Owned(labels))
            }
            None => {
                let width = self.width() + usize::from(bias == Bias::With);
                let moments = Moments::new(width, self.signatures.nrows());
                (moments, Cow::Borrowed(&self.images), Cow::Borrowed(&self.labels))
            }
        };
        self.each_chunk_of(&images, &labels, bias, cx, |rows, labels| {
            moments.add(rows, labels, self.pool);
        })?;
        Ok(&self.sums.get_or_init(|| (bias, moments)).1)
    }

    /// The sums of the part that was fitted before, by the classes of this one, and the images that
    /// they lack. None if rows were scaled otherwise or that part is no part of this one.
    fn summed_before(&self, bias: Bias) -> Option<(Moments, Vec<(SampleIndex, usize)>)> {
        let before = self.before.filter(|before| before.scaling == self.scaling)?;
        let (_, sums) = before.sums.get().filter(|(summed, _)| *summed == bias)?;
        let pairs = self.images.iter().copied().zip(self.labels.iter().copied());
        let mut rest: BTreeMap<SampleIndex, usize> = pairs.collect();
        let mut classes = vec![0; before.signatures.nrows()];
        for (image, &label) in before.images.iter().zip(&before.labels) {
            classes[label] = rest.remove(image)?;
        }
        let moments = sums.renumbered(&classes, self.signatures.nrows());
        Some((moments, rest.into_iter().collect()))
    }
}

/// Every row with a 1 behind it.
fn with_constant(rows: &[f64], width: usize) -> Vec<f64> {
    let mut longer = Vec::with_capacity(rows.len() / width * (width + 1));
    for row in rows.chunks_exact(width) {
        longer.extend_from_slice(row);
        longer.push(1.0);
    }
    longer
}

/// Fits a scaling on the rows of training images.
pub(super) fn fit_scaling(
    norm: FeatureNorm,
    rows: Rows<'_>,
    cx: &StageContext<'_>,
) -> Result<Scaling, StageError> {
    if norm != FeatureNorm::Standardize {
        return Ok(Scaling::fixed(norm));
    }
    let mut fit = Standardizer::new(rows.width());
    for (_, values) in rows.chunks(&Scaling::fixed(FeatureNorm::None)) {
        cx.check_cancelled()?;
        values.chunks_exact(rows.width()).for_each(|row| fit.push(row));
    }
    Ok(fit.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stands_behind_every_row() {
        assert_eq!(with_constant(&[1.0, 2.0, 3.0, 4.0], 2), [1.0, 2.0, 1.0, 3.0, 4.0, 1.0]);
    }
}
