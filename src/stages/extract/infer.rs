//! A worker: runs the network on one batch after the other.

use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::nn::{Tensor, global_average_pool};
use crate::onnx::{OnnxError, Runner};
use crate::stage::StageError;

use super::gate::{Gate, StopOnPanic};
use super::pipeline::{Parcel, Pipeline, TICK};
use super::{Pool, network_error};

impl Pipeline<'_> {
    /// Works until there is no batch left. Where fewer threads are left than workers, the last ones
    /// rest, with their networks: they may be wanted again in a moment.
    pub(super) fn infer(
        &self,
        worker: usize,
        decoded: &Mutex<Receiver<Parcel<Vec<Tensor>>>>,
        gate: &Gate,
        finished: &Sender<Parcel<Vec<Tensor>>>,
    ) {
        let _guard = StopOnPanic(gate);
        let mut runner = None;
        loop {
            while worker >= self.share.threads() && !gate.is_stopped() {
                thread::sleep(TICK);
            }
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
