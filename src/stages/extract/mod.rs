//! `extract`: the features that a network sees in images.
//!
//! The network is cut at the tensors asked for and run on batches of a fixed length, so that the
//! number of threads cannot change a byte. Images stream through: what is in memory at once is a
//! few batches a thread, however many images there are. Rows are saved on the way, so a run that was
//! stopped does not begin again.
//!
//! Augmented views are tensors of their own, `NAME@1`, `NAME@2`, … beside the plain `NAME`. So a row
//! stays an image, and what reads features must say which view it means.

mod crew;
mod gate;
mod infer;
mod network;
mod pipeline;
mod saved;
mod sink;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::{Features, Images, Preprocess, Storage, filled};
use crate::onnx::OnnxModel;
use crate::stage::{
    Determinism, Needs, RuntimeUse, Stage, StageContext, StageError, inputs, outputs,
};

use pipeline::Pipeline;
use sink::Sink;

use network::Prepared;
pub use network::RuntimeChoice;
pub(in crate::stages) use network::{check_pictures, named_error, network_error};
pub(in crate::stages) use pipeline::picture_error;

/// The memory of a thread with a network of usual size, and of the rest, in MiB.
const MEMORY_MIB: u64 = 1024;

/// Batches of a thread that wait or are worked on.
const BATCHES: usize = 3;

/// What `extract` computes, and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractParams {
    /// The names of the tensors to store; `erpc-pipe show FILE.onnx` lists those of a network.
    #[schemars(length(min = 1))]
    pub tensors: Vec<String>,
    /// What is done to maps before they are stored. Default: `none`.
    #[serde(default)]
    pub pool: Pool,
    /// Maps among `tensors` whose mean over height and width is stored beside them, as `NAME.mean`.
    /// Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<String>,
    /// How values are stored; the finished stage says what fewer bits cost. Default: `f32`.
    #[serde(default)]
    pub storage: Storage,
    /// How an image becomes the network's input. Default: squashed to 224 x 224, RGB, 0..255.
    #[serde(default, deserialize_with = "filled")]
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
        /// One row an image, in the order of the images; a tensor for each name and view.
        features: Features,
    }
}

/// The stage `extract`.
pub struct Extract;

impl Stage for Extract {
    const KIND: &'static str = "extract";
    const SUMMARY: &'static str = "computes the features that a network sees in images";
    const VERSION: u32 = 2;
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
        let Prepared { backbone, is_whole, warning } = network::prepare(params, &inputs.model)?;
        cx.note(network::describe(params, &backbone));
        if let Some(warning) = warning {
            cx.warn(warning);
        }
        let mut sink = Sink::new(params, images, cx.checkpoints());
        let done = sink.go_on(cx)?;
        let pipeline = Pipeline {
            images,
            backbone: &backbone,
            preprocess: &params.preprocess,
            pool: params.pool,
            means: params.mean_places(),
            batch: params.batch,
            is_whole,
            done: done.div_ceil(params.batch),
            share: cx.share(),
            cancel: cx.cancel(),
        };
        pipeline.run(&mut |first, outputs| sink.take(first, &outputs, cx))?;
        Ok(ExtractOutputs { features: sink.finish(cx)? })
    }

    fn check(params: &ExtractParams) -> Result<(), StageError> {
        if params.tensors.is_empty() {
            return Err(StageError::parameter("tensors", "expected at least one name"));
        }
        if let Some((name, message)) = params.preprocess.problem() {
            return Err(StageError::parameter(format!("preprocess.{name}"), message));
        }
        let mut names = params.names();
        names.sort();
        if let Some([name, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("`{name}` is named twice");
            return Err(StageError::parameter("tensors", message));
        }
        if let Some(name) = params.means.iter().find(|name| !params.tensors.contains(name)) {
            let message = format!("`{name}` is none of `tensors`");
            return Err(StageError::parameter("means", message));
        }
        if params.pool == Pool::Average && !params.means.is_empty() {
            let message = "with `pool = \"average\"` maps are stored as their means already";
            return Err(StageError::parameter("means", message));
        }
        if params.batch == 0 {
            return Err(StageError::parameter("batch", "expected at least 1 image"));
        }
        Ok(())
    }

    fn needs(params: &ExtractParams) -> Needs {
        let preprocess = &params.preprocess;
        let values = BATCHES * params.batch * preprocess.pictures() * preprocess.values();
        Needs::all_threads(MEMORY_MIB + (values as u64 * 4).div_ceil(1 << 20))
    }

    fn runtime(params: &ExtractParams) -> Result<Option<RuntimeUse>, StageError> {
        network::locate_runtime(params).map(|library| Some(network::runtime_use(library.as_ref())))
    }
}

impl ExtractParams {
    /// The names of what is stored: the tensors of the plain view and their means, then those of each
    /// other one.
    fn names(&self) -> Vec<String> {
        let mut plain = self.tensors.clone();
        plain.extend(self.means.iter().map(|name| format!("{name}.mean")));
        let mut names = plain.clone();
        for view in 1..self.preprocess.pictures() {
            names.extend(plain.iter().map(|name| format!("{name}@{view}")));
        }
        names
    }

    /// Where the maps whose means are wanted stand among the tensors.
    fn mean_places(&self) -> Vec<usize> {
        let place = |name| self.tensors.iter().position(|tensor| tensor == name);
        self.means.iter().filter_map(place).collect()
    }
}
