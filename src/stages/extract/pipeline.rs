//! Decoding, inference and collecting at the same time.
//!
//! ```text
//! decoders ──batches──▶ workers, a network each ──outputs──▶ the collector, in order
//!     ▲                                                          │
//!     └───────────────── the gate: a window of batches ◀─────────┘
//! ```
//!
//! Batch `i` holds the same images whoever works on it, and the collector hands batches on in
//! order, so neither the result nor the first error depends on timing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::data::{ImageError, Images, Preparer, Preprocess};
use crate::nn::{Tensor, global_average_pool};
use crate::onnx::{Backbone, OnnxError, Runner};
use crate::stage::{Cancel, StageError};

use super::gate::{Gate, StopOnPanic};
use super::{Pool, network_error};

/// How often a collector that waits looks whether it should stop.
const TICK: Duration = Duration::from_millis(50);

/// Batches in flight for each worker: one it works on, one that waits, and room for slow ones.
const BATCHES_A_WORKER: usize = 3;

/// Everything the threads share.
pub(super) struct Pipeline<'a> {
    pub(super) images: &'a Images,
    pub(super) backbone: &'a Backbone,
    pub(super) preprocess: &'a Preprocess,
    pub(super) pool: Pool,
    /// The outputs whose means are wanted, too.
    pub(super) means: Vec<usize>,
    pub(super) batch: usize,
    /// Whether the network takes whole batches only: the last one is filled up with black.
    pub(super) is_whole: bool,
    /// Batches that need not be done again.
    pub(super) done: usize,
    pub(super) threads: usize,
    pub(super) cancel: Cancel,
}

/// A batch on its way.
struct Parcel<T> {
    index: usize,
    content: Result<T, StageError>,
}

/// Takes the outputs of a batch, those of the plain view first, and the number of its first image.
type Take<'a> = dyn FnMut(usize, Vec<Tensor>) -> Result<(), StageError> + 'a;

impl Pipeline<'_> {
    /// Runs all images; `take` gets the outputs of each batch, in order, on this thread.
    pub(super) fn run(&self, take: &mut Take<'_>) -> Result<(), StageError> {
        let workers = self.threads.min(self.batches() - self.done).max(1);
        let window = workers * BATCHES_A_WORKER;
        let gate = Gate::new(window, self.done);
        let next = AtomicUsize::new(self.done);
        // Neither channel can fill up: the gate admits no more than a window.
        let (decoded, to_workers) = sync_channel(window);
        let (finished, to_collector) = sync_channel(window);
        let to_workers = Mutex::new(to_workers);
        let (next, gate, to_workers) = (&next, &gate, &to_workers);
        thread::scope(|scope| {
            for _ in 0..workers.div_ceil(2) {
                let decoded = decoded.clone();
                scope.spawn(move || self.decode(next, gate, &decoded));
            }
            for _ in 0..workers {
                let finished = finished.clone();
                scope.spawn(move || self.infer(to_workers, gate, &finished));
            }
            drop((decoded, finished));
            let result = self.collect(&to_collector, gate, take);
            gate.stop();
            drop(to_collector);
            result
        })
    }

    fn batches(&self) -> usize {
        self.images.len().div_ceil(self.batch)
    }

    fn decode(&self, next: &AtomicUsize, gate: &Gate, decoded: &SyncSender<Parcel<Vec<Tensor>>>) {
        let _guard = StopOnPanic(gate);
        let mut preparer = Preparer::new(self.preprocess);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.batches() || !gate.wait(index) {
                return;
            }
            let content = self.decode_batch(index, &mut preparer);
            if decoded.send(Parcel { index, content }).is_err() {
                return;
            }
        }
    }

    fn decode_batch(
        &self,
        index: usize,
        preparer: &mut Preparer<'_>,
    ) -> Result<Vec<Tensor>, StageError> {
        let images = self.images_of(index);
        let side = usize::try_from(self.preprocess.side()).expect("a side fits");
        let count = if self.is_whole { self.batch } else { images.len() };
        let empty = Tensor::zeros(vec![count, 3, side, side]);
        let mut views = vec![empty; self.preprocess.pictures()];
        let values = self.preprocess.values();
        for (row, image) in images.enumerate() {
            let opened = preparer.open(self.images.name(image), self.images.bytes(image));
            let picture = opened.map_err(|error| picture_error(&error))?;
            for (view, batch) in views.iter_mut().enumerate() {
                let target = &mut batch.values_mut()[row * values..(row + 1) * values];
                preparer.view(&picture, view, target);
            }
        }
        Ok(views)
    }

    /// The images of a batch.
    fn images_of(&self, index: usize) -> Range<usize> {
        let first = index * self.batch;
        first..(first + self.batch).min(self.images.len())
    }

    fn infer(
        &self,
        decoded: &Mutex<Receiver<Parcel<Vec<Tensor>>>>,
        gate: &Gate,
        finished: &SyncSender<Parcel<Vec<Tensor>>>,
    ) {
        let _guard = StopOnPanic(gate);
        let mut runner = None;
        loop {
            let parcel = decoded.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Parcel { index, content }) = parcel else { return };
            if gate.is_stopped() {
                return;
            }
            let count = self.images_of(index).len();
            let content = content.and_then(|views| self.infer_views(views, count, &mut runner));
            if finished.send(Parcel { index, content }).is_err() {
                return;
            }
        }
    }

    /// Runs each view of a batch; gives what `count` images have, view by view.
    fn infer_views<'b>(
        &'b self,
        views: Vec<Tensor>,
        count: usize,
        runner: &mut Option<Runner<'b>>,
    ) -> Result<Vec<Tensor>, StageError> {
        let runner = match runner {
            Some(runner) => runner,
            None => runner.insert(self.backbone.runner().map_err(network_error)?),
        };
        let mut outputs = Vec::new();
        for batch in views {
            let length = batch.shape()[0];
            let outputs_of_view = runner.run(batch).map_err(|error| self.run_error(&error))?;
            let first = outputs.len();
            for output in outputs_of_view {
                let output = images_first(output, length, count)?;
                outputs.push(if self.pool == Pool::Average { mean(output)? } else { output });
            }
            for place in &self.means {
                let map = &outputs[first + place];
                if map.shape().len() != 4 {
                    let message = format!("expected maps, got a tensor of {:?}", map.shape());
                    return Err(StageError::parameter("means", message));
                }
                outputs.push(mean(map.clone())?);
            }
        }
        Ok(outputs)
    }

    /// Where a file leaves the size of images open, a wrong one shows only here.
    fn run_error(&self, error: &OnnxError) -> StageError {
        let side = self.preprocess.side();
        let hint = format!(
            "it was given images of {side}x{side} pixels: set `preprocess` to what it was made for"
        );
        let message = error.to_string();
        StageError::Data { help: error.help().or(Some(hint)), message }
    }

    fn collect(
        &self,
        finished: &Receiver<Parcel<Vec<Tensor>>>,
        gate: &Gate,
        take: &mut Take<'_>,
    ) -> Result<(), StageError> {
        let mut waiting = BTreeMap::new();
        for index in self.done..self.batches() {
            while !waiting.contains_key(&index) {
                if self.cancel.is_requested() {
                    return Err(StageError::Cancelled);
                }
                match finished.recv_timeout(TICK) {
                    Ok(parcel) => {
                        waiting.insert(parcel.index, parcel.content);
                    }
                    Err(RecvTimeoutError::Timeout) if !gate.is_stopped() => {}
                    Err(_) => return Err(StageError::Bug("a worker thread ended".to_owned())),
                }
            }
            let outputs = waiting.remove(&index).expect("the loop above waited for it")?;
            take(index * self.batch, outputs)?;
            gate.advance();
        }
        Ok(())
    }
}

/// The mean of maps over height and width; rows stay as they are.
fn mean(output: Tensor) -> Result<Tensor, StageError> {
    let shape = output.shape().to_vec();
    if shape.len() != 4 {
        return Ok(output);
    }
    let pooled = global_average_pool(&output);
    let pooled = pooled.map_err(|error| StageError::data(error.to_string()))?;
    Ok(Tensor::new(shape[..2].to_vec(), pooled.into_values()))
}

/// Leaves the first `count` images of an output for `length`.
fn images_first(output: Tensor, length: usize, count: usize) -> Result<Tensor, StageError> {
    let mut shape = output.shape().to_vec();
    if shape.first() != Some(&length) {
        return Err(StageError::data(format!(
            "a tensor of shape {shape:?} for {length} images; expected the images on axis 0"
        )));
    }
    if length == count {
        return Ok(output);
    }
    shape[0] = count;
    let mut values = output.into_values();
    values.truncate(shape.iter().product());
    Ok(Tensor::new(shape, values))
}

/// What is wrong with a picture, and what to do about it.
pub(in crate::stages) fn picture_error(error: &ImageError) -> StageError {
    let cause = std::error::Error::source(error);
    let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
    let help = match error {
        ImageError::OtherFormat { .. } => "convert it, or leave it out of the data",
        _ => "replace the picture, or leave it out of the data",
    };
    StageError::data_with_help(format!("{error}{cause}"), help)
}
