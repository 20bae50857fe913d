//! Runs a single stage in memory, for its own tests.
//!
//! ```no_run
//! # use erpc_pipe::stage::testing::Bench;
//! let bench = Bench::new().seed(7).threads(2);
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::artifact::{Artifact, Blob};
use crate::event::Signal;
use crate::fs;
use crate::id::{Digest, TrialId};

use super::erased::Bound;
use super::{
    Cancel, Checkpoints, ErasedStage as _, FileRef, FileTable, GatheredItem, InputBlobs, Job,
    Share, Stage, StageError,
};

/// The inputs and surroundings of one execution.
pub struct Bench {
    inputs: BTreeMap<String, Vec<GatheredItem<Blob>>>,
    files: FileTable,
    seed: u64,
    share: Share,
    scratch: PathBuf,
}

/// What came out of it.
pub struct Outcome {
    outputs: BTreeMap<&'static str, Blob>,
    /// What the stage said.
    pub signals: Vec<Signal>,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// An empty bench with seed 1 and one thread.
    ///
    /// # Panics
    /// If the system's folder for temporary files cannot be written.
    #[must_use]
    pub fn new() -> Self {
        let scratch = std::env::temp_dir().join(fs::unique_name("erpc-bench"));
        fs::create_dirs(&scratch).expect("the temporary folder is writable");
        Self { inputs: BTreeMap::new(), files: FileTable::new(), seed: 1, share: 1.into(), scratch }
    }

    /// Sets the trial's seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the threads granted.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        self.share(&threads.into())
    }

    /// Grants a share that a test can change while the stage runs.
    #[must_use]
    pub fn share(mut self, share: &Share) -> Self {
        self.share = share.clone();
        self
    }

    /// Puts an artifact at a port, after encoding and decoding it as the store would.
    #[must_use]
    pub fn input<A: Artifact>(self, port: &str, artifact: &A) -> Self {
        self.gathered(port, port, TrialId::default(), artifact)
    }

    /// Adds an artifact to a gathering port.
    ///
    /// # Panics
    /// If it cannot be encoded.
    #[must_use]
    pub fn gathered<A: Artifact>(
        mut self,
        port: &str,
        stage: &str,
        trial: TrialId,
        artifact: &A,
    ) -> Self {
        let mut bytes = Vec::new();
        artifact.encode(&mut bytes).expect("writing to memory cannot fail");
        let value = Blob::from_bytes(&bytes);
        let item = GatheredItem { stage: stage.to_owned(), trial, value };
        self.inputs.entry(port.to_owned()).or_default().push(item);
        self
    }

    /// Makes an outside file with this content and refers to it.
    ///
    /// # Panics
    /// If the temporary folder cannot be written.
    pub fn file(&mut self, name: &str, content: &[u8]) -> FileRef {
        let path = self.scratch.join(name);
        fs::write_atomic(&path, content).expect("the temporary folder is writable");
        self.outside(&path)
    }

    /// Refers to a file that exists.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn outside(&mut self, path: &Path) -> FileRef {
        let digest = Digest::of(&fs::read(path).expect("the file can be read"));
        self.files.insert(digest, path.to_owned());
        FileRef::new(digest.to_string())
    }

    /// Refers to a folder that exists.
    pub fn outside_folder(&mut self, path: &Path) -> FileRef {
        let digest = Digest::of(path.as_os_str().as_encoded_bytes());
        self.files.insert(digest, path.to_owned());
        FileRef::new(digest.to_string())
    }

    /// The checkpoints that all runs of this bench share.
    #[must_use]
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.scratch.join("checkpoints"))
    }

    /// Runs `S`.
    ///
    /// # Errors
    /// What the stage reports.
    ///
    /// # Panics
    /// If `params` cannot be serialised.
    pub fn run<S: Stage>(&self, params: &S::Params) -> Result<Outcome, StageError> {
        let mut signals = Vec::new();
        let params = serde_json::to_value(params).expect("parameters serialise");
        let stage = Bound::<S>::new();
        let params = stage.resolve(&params)?;
        let scratch = self.scratch.join(fs::unique_name("run"));
        fs::create_dirs(&scratch)?;
        let stored = stage.run(Job {
            params: &params,
            seed: S::SEEDED.then_some(self.seed),
            inputs: InputBlobs(self.inputs.clone()),
            files: &self.files,
            scratch: &scratch,
            checkpoints: &self.checkpoints(),
            share: self.share.clone(),
            cancel: Cancel::default(),
            signals: &mut |signal| signals.push(signal),
        })?;
        let mut outputs = BTreeMap::new();
        for output in stored {
            outputs.insert(output.port, Blob::map(&output.path)?);
        }
        Ok(Outcome { outputs, signals })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // Best effort: a leftover temporary folder harms nobody.
        let _ = fs::remove_dirs(&self.scratch);
    }
}

impl Outcome {
    /// The decoded artifact of an output port.
    ///
    /// # Panics
    /// If there is no such port or the artifact does not decode.
    #[must_use]
    pub fn output<A: Artifact>(&self, port: &str) -> A {
        let blob = self.outputs.get(port).expect("the stage has this output port");
        A::decode(blob.clone()).expect("a stage's own output decodes")
    }

    /// The digests of all outputs, for tests of determinism.
    #[must_use]
    pub fn digests(&self) -> BTreeMap<&'static str, Digest> {
        self.outputs.iter().map(|(port, blob)| (*port, Digest::of(blob))).collect()
    }
}
