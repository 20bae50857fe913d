//! Training images as batches of maps and embeddings.

use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::data::features::{FeatureError, Features, TensorView};
use crate::data::samples::SampleIndex;
use crate::models::erpcnet::learner::Batch;
use crate::nn::Tensor;
use crate::stage::StageError;
use crate::stages::map_rows::MapRows;
use crate::stages::training_set::TrainingSet;

use super::params::{TrainErpcnetParams, Trainable};

/// One view of all images: the plain one, or an augmented one that is stored beside it.
pub(super) struct View<'a> {
    /// E of each image.
    pub(super) maps: MapRows<'a>,
    /// g of each image, `[D]`; none where the network computes it from the map.
    pub(super) embeddings: Option<TensorView<'a>>,
}

impl<'a> View<'a> {
    /// View 0 is the plain one; who asks for others that are not stored asked with `views`.
    fn new(
        params: &TrainErpcnetParams,
        features: &'a Features,
        number: usize,
    ) -> Result<Self, StageError> {
        let (name, asked): (_, fn(&'static str) -> &'static str) = match number {
            0 => (String::new(), |plain| plain),
            _ => (format!("@{number}"), |_| "views"),
        };
        let maps = MapRows::new(features, &format!("{}{name}", params.map), asked("map"))?;
        let embeddings = match params.trainable {
            Trainable::Tail => None,
            Trainable::None => {
                let found = features.tensor(Some(&format!("{}{name}", params.embedding)));
                let refuse = |error: FeatureError| {
                    StageError::parameter(asked("embedding"), error.to_string())
                };
                Some(found.map_err(refuse)?)
            }
        };
        Ok(Self { maps, embeddings })
    }

    /// That of a map, and the width of an embedding.
    fn shape(&self) -> ([usize; 3], Option<usize>) {
        (self.maps.shape(), self.embeddings.as_ref().map(TensorView::width))
    }
}

/// Where batches come from. Nothing but the batch at hand stands in memory.
pub(super) struct TrainingImages<'a> {
    /// The plain view first.
    pub(super) views: Vec<View<'a>>,
    pub(super) samples: Vec<SampleIndex>,
    /// The class of each, among those that are trained.
    pub(super) labels: Vec<usize>,
    /// Whether anything is computed from maps: who learns from whole images alone reads none.
    needs_maps: bool,
}

impl<'a> TrainingImages<'a> {
    /// The images of a part of the training set, in all views that are asked for.
    pub(super) fn new(
        params: &TrainErpcnetParams,
        features: &'a Features,
        set: TrainingSet,
    ) -> Result<Self, StageError> {
        let views = (0..=params.views).map(|number| View::new(params, features, number));
        let views: Vec<View<'_>> = views.collect::<Result<_, StageError>>()?;
        if let Some(other) = views.iter().position(|view| view.shape() != views[0].shape()) {
            let message = format!("`{}@{other}` has another shape than `{0}`", params.map);
            return Err(StageError::parameter("views", message));
        }
        let needs_maps = params.objective().needs_looks() || params.trainable == Trainable::Tail;
        Ok(Self { views, samples: set.images, labels: set.labels, needs_maps })
    }

    /// The view without augmentation.
    pub(super) fn plain(&self) -> &View<'a> {
        &self.views[0]
    }

    /// The batches of an epoch, as places in `samples`.
    pub(super) fn batches(&self, size: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.samples.len()).collect();
        order.shuffle(rng);
        order.chunks(size).map(<[usize]>::to_vec).collect()
    }

    /// Some images, each in a view that chance picks.
    pub(super) fn read(&self, places: &[usize], rng: &mut ChaCha8Rng) -> Batch {
        let pick = |place: &usize| {
            let view = match self.views.len() {
                1 => 0,
                views => rng.random_range(0..views),
            };
            (&self.views[view], self.samples[*place].get())
        };
        let picked: Vec<(&View<'_>, usize)> = places.iter().map(pick).collect();
        let global = self.plain().embeddings.as_ref().map(|plain| {
            let width = plain.width();
            let mut global = vec![0.0; places.len() * width];
            for (row, (view, sample)) in global.chunks_exact_mut(width).zip(&picked) {
                if let Some(embeddings) = &view.embeddings {
                    embeddings.read_row(*sample, row);
                }
            }
            Tensor::new(vec![places.len(), width], global)
        });
        let maps = picked.iter().map(|(view, sample)| (&view.maps, *sample)).collect();
        Batch {
            maps: self.needs_maps.then(|| self.plain().maps.gather(maps)),
            global,
            labels: places.iter().map(|place| self.labels[*place]).collect(),
        }
    }
}
