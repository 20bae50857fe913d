//! A stage without its types: what the graph, the plan and the runner work with.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::artifact::{Artifact, Blob, BlobWriter};
use crate::fs;
use crate::id::Digest;

use super::{
    Cancel, Checkpoints, Determinism, FileTable, InputBlobs, Inputs, Needs, OutputSink, Outputs,
    Port, RuntimeUse, Share, SignalSink, Stage, StageContext, StageError,
};

/// What is known about a stage kind before it runs.
#[derive(Clone, Debug)]
pub struct StageInfo {
    /// The word in `kind = "…"`.
    pub kind: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The semantic version.
    pub version: u32,
    /// Whether it draws random numbers.
    pub seeded: bool,
    /// Whether its bits depend on the machine.
    pub determinism: Determinism,
    /// The input ports.
    pub inputs: Vec<Port>,
    /// The output ports.
    pub outputs: Vec<Port>,
}

/// One execution of a stage.
pub struct Job<'a> {
    /// Resolved parameters, files by content.
    pub params: &'a Value,
    /// The trial's seed, if the stage draws.
    pub seed: Option<u64>,
    /// The encoded inputs.
    pub inputs: InputBlobs,
    /// Where outside files are.
    pub files: &'a FileTable,
    /// A folder of the job's own.
    pub scratch: &'a Path,
    /// What the action saves on its way.
    pub checkpoints: &'a Checkpoints,
    /// The threads granted.
    pub share: Share,
    /// Asked to stop?
    pub cancel: Cancel,
    /// Takes what the stage says.
    pub signals: &'a mut dyn SignalSink,
}

/// An output, encoded in a scratch file and ready to be committed.
#[derive(Clone, Debug)]
pub struct StoredOutput {
    /// The output port.
    pub port: &'static str,
    /// The scratch file.
    pub path: PathBuf,
    /// Its content.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
}

/// A stage kind, its types forgotten.
pub trait ErasedStage: Send + Sync {
    /// What is known about it.
    fn info(&self) -> StageInfo;

    /// The JSON Schema of its parameters.
    fn schema(&self) -> Value;

    /// Fills in defaults and checks the parameters against each other.
    ///
    /// # Errors
    /// [`StageError::Parameter`].
    fn resolve(&self, params: &Value) -> Result<Value, StageError>;

    /// The threads and memory it wants, given resolved parameters.
    ///
    /// # Errors
    /// [`StageError::Bug`] if the parameters are not resolved.
    fn needs(&self, params: &Value) -> Result<Needs, StageError>;

    /// The numeric runtime it will call, given resolved parameters.
    ///
    /// # Errors
    /// [`StageError::Missing`].
    fn runtime(&self, params: &Value) -> Result<Option<RuntimeUse>, StageError>;

    /// Runs it. A panic inside becomes [`StageError::Bug`].
    ///
    /// # Errors
    /// Whatever stops the stage.
    fn run(&self, job: Job<'_>) -> Result<Vec<StoredOutput>, StageError>;
}

/// The one implementation of [`ErasedStage`].
pub(super) struct Bound<S>(PhantomData<fn() -> S>);

impl<S: Stage> Bound<S> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

fn parse<S: Stage>(params: &Value) -> Result<S::Params, StageError> {
    serde_json::from_value(params.clone())
        .map_err(|error| StageError::Bug(format!("parameters of `{}`: {error}", S::KIND)))
}

impl<S: Stage> ErasedStage for Bound<S> {
    fn info(&self) -> StageInfo {
        StageInfo {
            kind: S::KIND,
            summary: S::SUMMARY,
            version: S::VERSION,
            seeded: S::SEEDED,
            determinism: S::DETERMINISM,
            inputs: S::Inputs::ports(),
            outputs: S::Outputs::ports(),
        }
    }

    fn schema(&self) -> Value {
        schemars::schema_for!(S::Params).to_value()
    }

    fn resolve(&self, params: &Value) -> Result<Value, StageError> {
        let typed: S::Params = serde_json::from_value(params.clone())
            .map_err(|error| StageError::parameter("params", error.to_string()))?;
        S::check(&typed)?;
        serde_json::to_value(&typed).map_err(|error| StageError::Bug(error.to_string()))
    }

    fn needs(&self, params: &Value) -> Result<Needs, StageError> {
        Ok(S::needs(&parse::<S>(params)?))
    }

    fn runtime(&self, params: &Value) -> Result<Option<RuntimeUse>, StageError> {
        S::runtime(&parse::<S>(params)?)
    }

    fn run(&self, job: Job<'_>) -> Result<Vec<StoredOutput>, StageError> {
        // A stage owns all it touches, so nothing half-changed can be seen after a panic.
        catch_unwind(AssertUnwindSafe(|| run::<S>(job)))
            .unwrap_or_else(|panic| Err(StageError::Bug(panic_text(panic.as_ref()))))
    }
}

fn run<S: Stage>(job: Job<'_>) -> Result<Vec<StoredOutput>, StageError> {
    let params = parse::<S>(job.params)?;
    let inputs = S::Inputs::load(job.inputs)?;
    let mut cx = StageContext {
        kind: S::KIND,
        seed: if S::SEEDED { job.seed } else { None },
        share: job.share,
        files: job.files,
        scratch: job.scratch,
        checkpoints: job.checkpoints,
        signals: job.signals,
        cancel: job.cancel,
    };
    let outputs = S::run(&params, inputs, &mut cx)?;
    cx.check_cancelled()?;
    let mut sink = ScratchSink { scratch: job.scratch, stored: Vec::new() };
    outputs.store(&mut sink)?;
    Ok(sink.stored)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Encodes outputs into scratch files, or adopts those that are there already.
struct ScratchSink<'a> {
    scratch: &'a Path,
    stored: Vec<StoredOutput>,
}

impl ScratchSink<'_> {
    fn encode<A: Artifact>(&self, port: &'static str, artifact: &A) -> Result<Blob, StageError> {
        let mut writer = BlobWriter::create(self.scratch.join(fs::unique_name(port)))?;
        artifact
            .encode(&mut writer)
            .map_err(|source| StageError::Encode { port: port.to_owned(), source })?;
        Ok(writer.finish()?)
    }
}

impl OutputSink for ScratchSink<'_> {
    fn put<A: Artifact>(&mut self, port: &'static str, artifact: &A) -> Result<(), StageError> {
        let blob = match artifact.sealed().filter(|blob| blob.sealed().is_some()) {
            Some(blob) => blob.clone(),
            None => self.encode(port, artifact)?,
        };
        let (path, digest) = blob.sealed().expect("the blob was finished by a writer");
        let output = StoredOutput { port, path: path.to_owned(), digest, bytes: blob.len() as u64 };
        self.stored.push(output);
        Ok(())
    }
}
