//! Training images as batches of maps and embeddings.

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::features::TensorView;
use crate::data::samples::SampleIndex;
use crate::models::erpcnet::learner::Batch;
use crate::models::erpcnet::network::channels_last;
use crate::nn::Tensor;

/// Where batches come from. Nothing but the batch at hand stands in memory.
pub(super) struct TrainingImages<'a> {
    /// E of each image, [C, H, W].
    pub(super) maps: TensorView<'a>,
    /// g of each image, `[D]`.
    pub(super) embeddings: TensorView<'a>,
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
        let (map, embedding) = (self.maps.width(), self.embeddings.width());
        let mut maps = vec![0.0; places.len() * map];
        let mut global = vec![0.0; places.len() * embedding];
        let rows = maps.par_chunks_exact_mut(map).zip(global.par_chunks_exact_mut(embedding));
        rows.zip(places).for_each(|((map, embedding), place)| {
            let sample = self.samples[*place].get();
            self.maps.read_row(sample, map);
            self.embeddings.read_row(sample, embedding);
        });
        let shape = [&[places.len()], self.maps.shape()].concat();
        Batch {
            maps: channels_last(&Tensor::new(shape, maps)),
            global: Tensor::new(vec![places.len(), embedding], global),
            labels: places.iter().map(|place| self.labels[*place]).collect(),
        }
    }
}
