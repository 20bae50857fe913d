//! Rows that are saved on the way, so that an extraction that was stopped goes on where it was.
//!
//! What is saved are whole batches of encoded rows. Since the same images share a batch whenever
//! the stage runs, what follows does not depend on where it was stopped.

use std::time::{Duration, Instant};

use crate::data::TensorInfo;
use crate::fs::FsResult;
use crate::stage::Checkpoints;

/// So much work may be lost.
const SAVE_EVERY: Duration = Duration::from_secs(30);

/// So much memory may wait to be saved.
const SAVE_BYTES: usize = 32 << 20;

const TENSORS: &str = "tensors";

/// Saves rows and gives back those that are saved.
pub(super) struct Saved<'a> {
    checkpoints: &'a Checkpoints,
    /// The first image that is not saved.
    next: usize,
    waiting: Vec<u8>,
    last: Instant,
}

impl<'a> Saved<'a> {
    pub(super) fn new(checkpoints: &'a Checkpoints) -> Self {
        Self { checkpoints, next: 0, waiting: Vec::new(), last: Instant::now() }
    }

    /// The tensors of the rows, if any were saved.
    pub(super) fn tensors(&self) -> Option<Vec<TensorInfo>> {
        serde_json::from_slice(&self.checkpoints.load(TENSORS)?).ok()
    }

    /// The records of the images from `image` on, as many as were saved together.
    pub(super) fn records(&self, image: usize) -> Option<Vec<u8>> {
        self.checkpoints.load(&rows(image))
    }

    /// Says that the images before `image` are saved.
    pub(super) fn go_on_from(&mut self, image: usize) {
        self.next = image;
    }

    /// Takes the record of an image.
    pub(super) fn take(&mut self, record: &[u8]) {
        self.waiting.extend(record);
    }

    /// Called after a batch, with the number of images done: saves if it is time to.
    pub(super) fn end_batch(&mut self, tensors: &[TensorInfo], done: usize) -> FsResult<()> {
        let is_due = self.last.elapsed() >= SAVE_EVERY || self.waiting.len() >= SAVE_BYTES;
        if is_due { self.save(tensors, done) } else { Ok(()) }
    }

    pub(super) fn save(&mut self, tensors: &[TensorInfo], done: usize) -> FsResult<()> {
        if self.next == 0 {
            let tensors = serde_json::to_vec(tensors).expect("names and shapes are plain data");
            self.checkpoints.save(TENSORS, &tensors)?;
        }
        self.checkpoints.save(&rows(self.next), &self.waiting)?;
        self.waiting.clear();
        (self.next, self.last) = (done, Instant::now());
        Ok(())
    }
}

/// The name of the rows that begin with this image.
fn rows(image: usize) -> String {
    format!("rows-{image}")
}
