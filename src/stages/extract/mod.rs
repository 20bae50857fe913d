//! `extract`: the features that a network sees in images.
//!
//! The network is cut at the tensors asked for and run on batches of a fixed length, so that the
//! number of threads cannot change a byte. Images stream through: what is in memory at once is a
//! few batches a thread, however many images there are. Rows are saved on the way, so a run that was
//! stopped does not begin again.

mod gate;
mod network;
mod pipeline;
mod saved;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::{Features, FeaturesWriter, Images, Preprocess, Storage, TensorInfo};
use crate::nn::Tensor;
use crate::onnx::OnnxModel;
use crate::stage::{
    Checkpoints, Determinism, Needs, RuntimeUse, Stage, StageContext, StageError, inputs, outputs,
};

use pipeline::Pipeline;
use saved::Saved;

pub use network::RuntimeChoice;
pub(in crate::stages) use network::network_error;

/// The memory of a thread with a network of usual size, and of the rest, in MiB.
const MEMORY_MIB: u64 = 1024;

/// Progress is reported at most this often.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// What `extract` computes, and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractParams {
    /// The names of the tensors to store; `erpc-pipe` lists those of a network when one is wrong.
    #[schemars(length(min = 1))]
    pub tensors: Vec<String>,
    /// What is done to maps before they are stored. Default: `none`.
    #[serde(default)]
    pub pool: Pool,
    /// How values are stored. Default: `f32`.
    #[serde(default)]
    pub storage: Storage,
    /// How an image becomes the network's input. Default: squashed to 224 x 224, RGB, 0..255.
    #[serde(default)]
    pub preprocess: Preprocess,
    /// What runs the network. Default: `auto`.
    #[serde(default)]
    pub runtime: RuntimeChoice,
    /// How many images go through the network together. It can change the last bits of the
    /// features. Default: 8.
    #[serde(default = "default_batch")]
    #[schemars(range(min = 1, max = 1024))]
    pub batch: usize,
}

/// What is done to maps (tensors with height and width) before they are stored.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// Nothing.
    #[default]
    None,
    /// The mean over height and width is stored in their place.
    Average,
}

fn default_batch() -> usize {
    8
}

inputs! {
    /// What `extract` reads.
    pub struct ExtractInputs {
        /// Encoded images.
        images: Images,
        /// The network.
        model: OnnxModel,
    }
}

outputs! {
    /// What `extract` makes.
    pub struct ExtractOutputs {
        /// One row an image, in the order of the images.
        features: Features,
    }
}

/// The stage `extract`.
pub struct Extract;

impl Stage for Extract {
    const KIND: &'static str = "extract";
    const SUMMARY: &'static str = "computes the features that a network sees in images";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = ExtractParams;
    type Inputs = ExtractInputs;
    type Outputs = ExtractOutputs;

    fn run(
        params: &ExtractParams,
        inputs: ExtractInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ExtractOutputs, StageError> {
        let images = &inputs.images;
        if images.is_empty() {
            return Err(StageError::data("there are no images to extract features from"));
        }
        let backbone = network::prepare(params, &inputs.model)?;
        cx.note(network::describe(params, &backbone));
        let mut sink = Sink::new(params, images, cx.checkpoints());
        let done = sink.go_on(cx)?;
        let pipeline = Pipeline {
            images,
            backbone: &backbone,
            preprocess: &params.preprocess,
            pool: params.pool,
            batch: params.batch,
            done: done.div_ceil(params.batch),
            threads: cx.threads(),
            cancel: cx.cancel(),
        };
        pipeline.run(&mut |first, outputs| sink.take(first, &outputs, cx))?;
        let writer = sink.writer.expect("at least one batch went through");
        Ok(ExtractOutputs { features: writer.finish().map_err(write_error)? })
    }

    fn check(params: &ExtractParams) -> Result<(), StageError> {
        if params.tensors.is_empty() {
            return Err(StageError::parameter("tensors", "expected at least one name"));
        }
        let mut names = params.tensors.clone();
        names.sort();
        if let Some([name, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("`{name}` is named twice");
            return Err(StageError::parameter("tensors", message));
        }
        if params.batch == 0 {
            return Err(StageError::parameter("batch", "expected at least 1 image"));
        }
        if let Some((name, message)) = params.preprocess.problem() {
            return Err(StageError::parameter(format!("preprocess.{name}"), message));
        }
        Ok(())
    }

    fn needs(_: &ExtractParams) -> Needs {
        Needs::all_threads(MEMORY_MIB)
    }

    fn runtime(params: &ExtractParams) -> Result<Option<RuntimeUse>, StageError> {
        network::locate_runtime(params).map(|library| Some(network::runtime_use(library.as_ref())))
    }
}

/// Takes batches in order and writes them as features.
struct Sink<'a> {
    params: &'a ExtractParams,
    images: &'a Images,
    /// Made when the first batch has shown the shapes.
    writer: Option<FeaturesWriter>,
    saved: Saved<'a>,
    reported: Instant,
}

impl<'a> Sink<'a> {
    fn new(params: &'a ExtractParams, images: &'a Images, checkpoints: &'a Checkpoints) -> Self {
        let saved = Saved::new(checkpoints);
        Self { params, images, writer: None, saved, reported: Instant::now() }
    }

    /// Takes over what an earlier execution has saved; gives the number of images done.
    fn go_on(&mut self, cx: &mut StageContext<'_>) -> Result<usize, StageError> {
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
        self.saved.go_on_from(done);
        cx.note(format!("goes on after {done} of {} images", self.images.len()));
        Ok(done)
    }

    fn take(
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

    fn open(
        &self,
        outputs: &[Tensor],
        cx: &StageContext<'_>,
    ) -> Result<FeaturesWriter, StageError> {
        let named = self.params.tensors.iter().zip(outputs);
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
