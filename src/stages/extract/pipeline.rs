//! Decoding, inference and collecting at the same time.
//!
//! ```text
//! decoders ──batches──▶ workers, a network each ──outputs──▶ the collector, in order
//!     ▲                                                          │
//!     └───────────────── the gate: a window of batches ◀─────────┘
//! ```
//!
//! Batch `i` holds the same images whoever works on it, and the collector hands batches on in
//! order, so neither the result nor the first error depends on timing. That also makes it free to
//! take workers on, or let them rest, while it runs.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::data::{ImageError, Images, Preparer, Preprocess};
use crate::nn::Tensor;
use crate::onnx::Backbone;
use crate::stage::{Cancel, Share, StageError};

use super::Pool;
use super::crew::Crew;
use super::gate::{Gate, StopOnPanic};

/// How often who waits looks whether it should go on waiting.
pub(super) const TICK: Duration = Duration::from_millis(50);

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
    pub(super) share: Share,
    pub(super) cancel: Cancel,
}

/// A batch on its way.
pub(super) struct Parcel<T> {
    pub(super) index: usize,
    pub(super) content: Result<T, StageError>,
}

/// Takes the outputs of a batch, those of the plain view first, and the number of its first image.
type Take<'a> = dyn FnMut(usize, Vec<Tensor>) -> Result<(), StageError> + 'a;

impl Pipeline<'_> {
    /// Runs all images; `take` gets the outputs of each batch, in order, on this thread.
    pub(super) fn run(&self, take: &mut Take<'_>) -> Result<(), StageError> {
        let mut crew = Crew::new(self.share.clone(), self.batches() - self.done);
        let gate = Gate::new(self.done);
        let next = AtomicUsize::new(self.done);
        // The gate bounds both: it admits no more than a window.
        let (decoded, to_workers) = channel();
        let (finished, to_collector) = channel();
        let to_workers = Mutex::new(to_workers);
        let (next, gate, to_workers) = (&next, &gate, &to_workers);
        thread::scope(|scope| {
            let hire = move || {
                gate.set_window(crew.size() * BATCHES_A_WORKER);
                for worker in crew.hire() {
                    // A decoder has enough to do with two of them.
                    if worker % 2 == 0 {
                        let decoded = decoded.clone();
                        scope.spawn(move || self.decode(next, gate, &decoded));
                    }
                    let finished = finished.clone();
                    scope.spawn(move || self.infer(worker, to_workers, gate, &finished));
                }
            };
            let result = self.collect(&to_collector, gate, hire, take);
            gate.stop();
            drop(to_collector);
            result
        })
    }

    fn batches(&self) -> usize {
        self.images.len().div_ceil(self.batch)
    }

    fn decode(&self, next: &AtomicUsize, gate: &Gate, decoded: &Sender<Parcel<Vec<Tensor>>>) {
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
    pub(super) fn images_of(&self, index: usize) -> Range<usize> {
        let first = index * self.batch;
        first..(first + self.batch).min(self.images.len())
    }

    fn collect(
        &self,
        finished: &Receiver<Parcel<Vec<Tensor>>>,
        gate: &Gate,
        mut hire: impl FnMut(),
        take: &mut Take<'_>,
    ) -> Result<(), StageError> {
        let _guard = StopOnPanic(gate);
        let mut waiting = BTreeMap::new();
        for index in self.done..self.batches() {
            while !waiting.contains_key(&index) {
                if self.cancel.is_requested() {
                    return Err(StageError::Cancelled);
                }
                hire();
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
