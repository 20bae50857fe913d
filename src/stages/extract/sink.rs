//! Takes batches in order and writes them as features.

use std::time::{Duration, Instant};

use crate::data::{Features, FeaturesWriter, Images, TensorInfo};
use crate::nn::Tensor;
use crate::stage::{Checkpoints, StageContext, StageError};

use super::ExtractParams;
use super::saved::Saved;

/// Progress is reported at most this often.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Takes batches in order and writes them as features.
pub(super) struct Sink<'a> {
    params: &'a ExtractParams,
    images: &'a Images,
    /// Made when the first batch has shown the shapes.
    writer: Option<FeaturesWriter>,
    saved: Saved<'a>,
    reported: Instant,
    /// When the first of these images was begun, and how many were done before.
    started: Instant,
    done_before: usize,
}

impl<'a> Sink<'a> {
    pub(super) fn new(
        params: &'a ExtractParams,
        images: &'a Images,
        checkpoints: &'a Checkpoints,
    ) -> Self {
        let saved = Saved::new(checkpoints);
        let now = Instant::now();
        let (reported, started) = (now, now);
        Self { params, images, writer: None, saved, reported, started, done_before: 0 }
    }

    /// Takes over what an earlier execution has saved; gives the number of images done.
    pub(super) fn go_on(&mut self, cx: &mut StageContext<'_>) -> Result<usize, StageError> {
        let Some(tensors) = self.saved.tensors() else { return Ok(0) };
        let mut writer = self.create(tensors, cx)?;
        let mut done = 0;
        while let Some(records) = self.saved.records(done) {
            match writer.push_records(&records).map_err(write_error)? {
                0 => break,
                count => done += count,
            }
        }
        self.writer = Some(writer);
        self.done_before = done;
        self.saved.go_on_from(done);
        cx.note(format!("goes on after {done} of {} images", self.images.len()));
        cx.progress(done as u64, self.images.len() as u64, "images");
        Ok(done)
    }

    pub(super) fn take(
        &mut self,
        first: usize,
        outputs: &[Tensor],
        cx: &mut StageContext<'_>,
    ) -> Result<(), StageError> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open(outputs, cx)?,
        };
        let count = outputs[0].shape()[0];
        for row in 0..count {
            let rows: Vec<&[f32]> = outputs.iter().map(|tensor| row_of(tensor, row)).collect();
            let record = writer.push(&rows);
            self.saved.take(record.map_err(|error| self.name_image(first + row, error))?);
        }
        self.saved.end_batch(writer.tensors(), first + count)?;
        self.writer = Some(writer);
        let (done, total) = (first + count, self.images.len());
        if done == total || self.reported.elapsed() >= REPORT_EVERY {
            self.reported = Instant::now();
            cx.progress(done as u64, total as u64, "images");
        }
        Ok(())
    }

    /// Ends the file, and says how fast images went through and what storing has cost.
    pub(super) fn finish(self, cx: &mut StageContext<'_>) -> Result<Features, StageError> {
        let writer = self.writer.expect("at least one batch went through");
        for (info, loss) in writer.losses() {
            let percent = |part: f64| 100.0 * part;
            cx.note(format!(
                "`{}` as {:?}: error {:.3} % (RMS), at most {:.3} % of an image's largest value",
                info.name,
                info.storage,
                percent(loss.rms()),
                percent(loss.largest()),
            ));
        }
        let count = self.images.len() - self.done_before;
        if count > 0 {
            let seconds = self.started.elapsed().as_secs_f64();
            let views = match self.params.preprocess.pictures() {
                1 => String::new(),
                views => format!(" in {views} views"),
            };
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let rate = f64::from(count) / seconds.max(1e-9);
            cx.note(format!("{count} images{views} in {seconds:.1} s: {rate:.1} images/s"));
        }
        writer.finish().map_err(write_error)
    }

    fn open(
        &self,
        outputs: &[Tensor],
        cx: &StageContext<'_>,
    ) -> Result<FeaturesWriter, StageError> {
        let names = self.params.names();
        let named = names.iter().zip(outputs);
        let info = |(name, tensor): (&String, &Tensor)| {
            TensorInfo::new(name, tensor.shape()[1..].to_vec(), self.params.storage)
        };
        self.create(named.map(info).collect(), cx)
    }

    fn create(
        &self,
        tensors: Vec<TensorInfo>,
        cx: &StageContext<'_>,
    ) -> Result<FeaturesWriter, StageError> {
        let writer = cx.writer("features")?;
        FeaturesWriter::new(writer, tensors, self.images.len()).map_err(write_error)
    }

    fn name_image(&self, image: usize, error: std::io::Error) -> StageError {
        if error.kind() != std::io::ErrorKind::InvalidData {
            return write_error(error);
        }
        let name = self.images.name(image);
        let help = "look at the picture; with half precision inside the network, use full";
        StageError::data_with_help(format!("image `{name}`: {error}"), help)
    }
}

fn row_of(tensor: &Tensor, row: usize) -> &[f32] {
    let width: usize = tensor.shape()[1..].iter().product();
    &tensor.values()[row * width..(row + 1) * width]
}

fn write_error(source: std::io::Error) -> StageError {
    StageError::Encode { port: "features".to_owned(), source }
}
