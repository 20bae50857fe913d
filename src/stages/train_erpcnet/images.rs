//! Training images as batches of maps and embeddings.

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::data::features::TensorView;
use crate::data::samples::SampleIndex;
use crate::models::erpcnet::learner::Batch;
use crate::nn::Tensor;
use crate::stages::map_rows::MapRows;

/// Where batches come from. Nothing but the batch at hand stands in memory.
pub(super) struct TrainingImages<'a> {
    /// E of each image.
    pub(super) maps: MapRows<'a>,
    /// g of each image, `[D]`; none where the network computes it from the map.
    pub(super) embeddings: Option<TensorView<'a>>,
    pub(super) samples: Vec<SampleIndex>,
    /// The class of each, among those that are trained.
    pub(super) labels: Vec<usize>,
}

impl TrainingImages<'_> {
    /// The batches of an epoch, as places in `samples`.
    pub(super) fn batches(&self, size: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.samples.len()).collect();
        order.shuffle(rng);
        order.chunks(size).map(<[usize]>::to_vec).collect()
    }

    pub(super) fn read(&self, places: &[usize]) -> Batch {
        let samples = places.iter().map(|place| self.samples[*place].get());
        let global = self.embeddings.as_ref().map(|embeddings| {
            let width = embeddings.width();
            let mut global = vec![0.0; places.len() * width];
            for (row, sample) in global.chunks_exact_mut(width).zip(samples.clone()) {
                embeddings.read_row(sample, row);
            }
            Tensor::new(vec![places.len(), width], global)
        });
        Batch {
            maps: self.maps.read(samples),
            global,
            labels: places.iter().map(|place| self.labels[*place]).collect(),
        }
    }
}
