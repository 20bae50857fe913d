//! The plug-in seam: what a stage is, and how the rest of the program sees one.
//!
//! A [`Stage`] is a pure function from parameters and typed inputs to typed outputs. Authors write
//! typed code only; [`ErasedStage`] is implemented once for all of them, and [`Registry`] is an
//! explicit list. A stage touches nothing but its [`StageContext`]: outside files, random streams,
//! progress and cancellation all come through it, which is what makes it cacheable.

mod checkpoints;
mod context;
mod erased;
mod error;
mod file_ref;
mod needs;
mod port;
mod registry;
mod share;
pub mod testing;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use checkpoints::Checkpoints;
pub use context::{Cancel, FileTable, SignalSink, StageContext};
pub use erased::{ErasedStage, Job, StageInfo, StoredOutput};
pub use error::StageError;
pub use file_ref::FileRef;
pub use needs::{Needs, Threads};
pub use port::{
    Arity, Gathered, GatheredItem, InputBlobs, InputField, Inputs, OutputSink, Outputs, Port,
};
pub(crate) use port::{inputs, outputs};
pub use registry::Registry;
pub use share::Share;

/// Whether the bits of an output depend on the class of machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Determinism {
    /// The same bytes on every machine.
    BitExact,
    /// The same bytes on machines of one [`Platform`](crate::recipe::Platform) class, for floating
    /// point kernels that use the widest vector unit.
    Platform,
}

/// A numeric library that a stage will call, as found on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuntimeUse {
    /// `onnxruntime` or `embedded`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The execution provider, such as `cpu`.
    pub provider: String,
    /// Its shared library; the content becomes part of the key.
    pub library: Option<std::path::PathBuf>,
}

/// One step: a pure function from typed inputs to typed outputs.
pub trait Stage: Send + Sync + 'static {
    /// The word in `kind = "…"`.
    const KIND: &'static str;
    /// One sentence for lists: what the stage makes.
    const SUMMARY: &'static str;
    /// Raised when equal inputs give another output.
    const VERSION: u32;
    /// Whether it draws random numbers; if not, seeds share it.
    const SEEDED: bool;
    /// Whether its bits depend on the machine.
    const DETERMINISM: Determinism = Determinism::BitExact;
    /// The hyperparameters; each field has a doc comment and a default where one is sensible.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send + Sync;
    /// A struct with one artifact a field, made by `inputs!`.
    type Inputs: Inputs;
    /// A struct with one artifact a field, made by `outputs!`.
    type Outputs: Outputs;

    /// Does the work.
    ///
    /// # Errors
    /// Whatever stops it; nothing is recorded then.
    fn run(
        params: &Self::Params,
        inputs: Self::Inputs,
        cx: &mut StageContext<'_>,
    ) -> Result<Self::Outputs, StageError>;

    /// Checks what a schema cannot say, such as one parameter against another.
    ///
    /// # Errors
    /// A [`StageError::Parameter`] that names the parameter.
    fn check(_params: &Self::Params) -> Result<(), StageError> {
        Ok(())
    }

    /// The threads and memory it wants; neither may change a byte of its output.
    fn needs(_params: &Self::Params) -> Needs {
        Needs::default()
    }

    /// The numeric runtime it will call, located but not loaded.
    ///
    /// # Errors
    /// [`StageError::Missing`] if the one that the parameters demand is not there.
    fn runtime(_params: &Self::Params) -> Result<Option<RuntimeUse>, StageError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
