//! Which pictures are learnt from, and how they are read.

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::images::Images;
use crate::data::samples::{SampleIndex, Samples};
use crate::data::{ImageError, Preparer, Preprocess};
use crate::nn::{Tensor, channels_last};
use crate::stage::StageError;
use crate::stages::extract::picture_error;

use super::{TrainBackboneInputs, TrainBackboneParams};

/// A picture and its class among those that are learnt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Labelled {
    pub(super) picture: usize,
    pub(super) class: usize,
}

/// What is learnt from, and what tells how well.
pub(super) struct Parts {
    pub(super) classes: Vec<String>,
    pub(super) learnt: Vec<Labelled>,
    pub(super) held_out: Vec<Labelled>,
}

impl Parts {
    /// Takes the pictures that the parameters ask for, class by class.
    pub(super) fn of(
        params: &TrainBackboneParams,
        inputs: &TrainBackboneInputs,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, StageError> {
        let samples = &inputs.samples;
        check_same_pictures(&inputs.images, samples)?;
        let is_taken = taken(params, samples)?;
        let mut parts = Self { classes: Vec::new(), learnt: Vec::new(), held_out: Vec::new() };
        for name in samples.classes() {
            let mut own = samples.of_class(name);
            own.retain(|sample| is_taken[sample.get()]);
            if own.is_empty() {
                continue;
            }
            let class = parts.classes.len();
            parts.classes.push(name.clone());
            let mut own: Vec<Labelled> =
                own.iter().map(|sample| Labelled { picture: sample.get(), class }).collect();
            own.shuffle(rng);
            let held_out = share(own.len(), params.held_out);
            parts.held_out.extend_from_slice(&own[..held_out]);
            parts.learnt.extend_from_slice(&own[held_out..]);
        }
        if parts.classes.len() < 2 {
            let message = format!("{} classes are left; expected at least 2", parts.classes.len());
            return Err(StageError::data(message));
        }
        Ok(parts)
    }

    /// The pictures of an epoch.
    pub(super) fn shuffled(&self, rng: &mut ChaCha8Rng) -> Vec<Labelled> {
        let mut order = self.learnt.clone();
        order.shuffle(rng);
        order
    }
}

fn check_same_pictures(images: &Images, samples: &Samples) -> Result<(), StageError> {
    let help = "connect `images` and `samples` of the same stage";
    if images.len() != samples.len() {
        let message = format!("{} pictures for {} samples", images.len(), samples.len());
        return Err(StageError::data_with_help(message, help));
    }
    let differs = |sample: &SampleIndex| images.name(sample.get()) != samples.name(*sample);
    match samples.indices().find(differs) {
        Some(sample) => {
            let (image, name) = (images.name(sample.get()), samples.name(sample));
            let message = format!("picture {} is `{image}`, the sample `{name}`", sample.get());
            Err(StageError::data_with_help(message, help))
        }
        None => Ok(()),
    }
}

/// Whether each sample is taken.
fn taken(params: &TrainBackboneParams, samples: &Samples) -> Result<Vec<bool>, StageError> {
    let Some(name) = &params.role_column else { return Ok(vec![true; samples.len()]) };
    let column = samples.column(name).ok_or_else(|| {
        let names: Vec<&str> = samples.column_names().collect();
        let message =
            format!("the samples have no column `{name}`; there is `{}`", names.join("`, `"));
        StageError::parameter("role_column", message)
    })?;
    if let Some(role) = params.roles.iter().find(|role| !column.contains(role)) {
        let message = format!("no sample has `{role}` in the column `{name}`");
        return Err(StageError::parameter("roles", message));
    }
    Ok(column.iter().map(|role| params.roles.contains(role)).collect())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a count is a smaller count"
)]
fn share(count: usize, part: f64) -> usize {
    (count as f64 * part).floor() as usize
}

/// Where batches come from. Nothing but the batch at hand stands in memory.
pub(super) struct Pictures<'a> {
    pub(super) images: &'a Images,
    pub(super) preprocess: &'a Preprocess,
}

impl Pictures<'_> {
    /// A view of some pictures, [N, H, W, 3], read by all threads of the pool it is called in.
    pub(super) fn read(&self, batch: &[Labelled], view: usize) -> Result<Tensor, StageError> {
        let width = self.preprocess.values();
        let side = usize::try_from(self.preprocess.side()).expect("a picture's side fits");
        let mut values = vec![0.0; batch.len() * width];
        let rows = values.par_chunks_exact_mut(width).zip(batch);
        let read = rows.map_init(
            || Preparer::new(self.preprocess),
            |preparer, (row, one)| {
                let (name, bytes) = (self.images.name(one.picture), self.images.bytes(one.picture));
                let picture = preparer.open(name, bytes)?;
                preparer.view(&picture, view, row);
                Ok(())
            },
        );
        // The first complaint of a batch is the one that is made, whichever thread is faster.
        let read: Vec<Result<(), ImageError>> = read.collect();
        read.into_iter().collect::<Result<(), _>>().map_err(|error| picture_error(&error))?;
        Ok(channels_last(&Tensor::new(vec![batch.len(), 3, side, side], values)))
    }
}
