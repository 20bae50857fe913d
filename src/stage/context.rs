//! What a running stage may touch: files, random streams, progress, cancellation, scratch space and
//! checkpoints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::artifact::{Blob, BlobWriter};
use crate::event::Signal;
use crate::fs;
use crate::id::{Digest, Hasher};

use super::{Checkpoints, FileRef, Share, StageError};

/// Asks running stages to stop; cheap to clone, cheap to look at.
#[derive(Clone, Default, Debug)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks everybody who holds a clone to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether someone asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Takes what a stage says while it runs. It is called from one thread at a time.
pub trait SignalSink: Send {
    /// Takes the next signal.
    fn signal(&mut self, signal: Signal);
}

impl<F: FnMut(Signal) + Send> SignalSink for F {
    fn signal(&mut self, signal: Signal) {
        self(signal);
    }
}

/// Where the outside files of a recipe are on this machine: content to path.
pub type FileTable = BTreeMap<Digest, PathBuf>;

/// The only door from a stage to the world.
pub struct StageContext<'a> {
    pub(super) kind: &'static str,
    pub(super) seed: Option<u64>,
    pub(super) share: Share,
    pub(super) files: &'a FileTable,
    pub(super) scratch: &'a Path,
    pub(super) checkpoints: &'a Checkpoints,
    pub(super) signals: &'a mut dyn SignalSink,
    pub(super) cancel: Cancel,
}

impl<'a> StageContext<'a> {
    /// The seed of a named random stream.
    ///
    /// It hashes the trial's seed, the stage kind and the name, nothing else: drawing more from one
    /// stream moves no other, changing a hyperparameter moves none (trials stay paired), and
    /// renaming a stage changes nothing.
    ///
    /// # Panics
    /// If the stage kind is not declared as `SEEDED`.
    #[must_use]
    pub fn seed(&self, stream: &str) -> u64 {
        let seed = self.seed.expect("only a stage declared as SEEDED may draw random numbers");
        let mut hasher = Hasher::default();
        hasher.update(&seed.to_le_bytes());
        hasher.update(&(self.kind.len() as u64).to_le_bytes());
        hasher.update(self.kind.as_bytes());
        hasher.update(stream.as_bytes());
        let digest = hasher.finish();
        u64::from_le_bytes(digest.as_bytes()[..8].try_into().expect("a digest has 32 bytes"))
    }

    /// The trial's seed as the manifest writes it, for a stage that looks something up by it. Who
    /// draws takes a [stream](Self::rng).
    ///
    /// # Panics
    /// If the stage kind is not declared as `SEEDED`.
    #[must_use]
    pub fn trial_seed(&self) -> u64 {
        self.seed.expect("only a stage declared as SEEDED has a seed")
    }

    /// A generator for a named random stream; see [`seed`](Self::seed).
    #[must_use]
    pub fn rng(&self, stream: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed(stream))
    }

    /// How many threads the stage may use for all of its time. It must not change a byte of the output.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.share.granted()
    }

    /// The same and what is lent beside, for a stage that can change its number of threads.
    #[must_use]
    pub fn share(&self) -> Share {
        self.share.clone()
    }

    /// Where an outside file is.
    ///
    /// # Errors
    /// [`StageError::Bug`] if the file is not one of the recipe's.
    pub fn path(&self, file: &FileRef) -> Result<&Path, StageError> {
        let found = file.name().parse().ok().and_then(|digest: Digest| self.files.get(&digest));
        found.map(PathBuf::as_path).ok_or_else(|| {
            StageError::Bug(format!("the file `{file}` is not among the recipe's files"))
        })
    }

    /// Opens an outside file for streaming.
    ///
    /// # Errors
    /// [`StageError::Fs`].
    pub fn open(&self, file: &FileRef) -> Result<std::fs::File, StageError> {
        Ok(fs::open(self.path(file)?)?)
    }

    /// Reads a whole outside text file.
    ///
    /// # Errors
    /// [`StageError::Fs`].
    pub fn read_text(&self, file: &FileRef) -> Result<String, StageError> {
        Ok(fs::read_text(self.path(file)?)?)
    }

    /// Maps a whole outside file.
    ///
    /// # Errors
    /// [`StageError::Fs`].
    pub fn map(&self, file: &FileRef) -> Result<Blob, StageError> {
        Ok(Blob::map(self.path(file)?)?)
    }

    /// The name of an outside file as a message should show it.
    #[must_use]
    pub fn display(&self, file: &FileRef) -> String {
        self.path(file).map_or_else(|_| file.to_string(), |path| path.display().to_string())
    }

    /// A writer for an output that is too large to be held in memory.
    ///
    /// # Errors
    /// [`StageError::Fs`].
    pub fn writer(&self, stem: &str) -> Result<BlobWriter, StageError> {
        Ok(BlobWriter::create(self.scratch.join(fs::unique_name(stem)))?)
    }

    /// What earlier executions of this very action saved, and where this one saves.
    #[must_use]
    pub fn checkpoints(&self) -> &'a Checkpoints {
        self.checkpoints
    }

    /// Fails once the run is being stopped; call it in every long loop.
    ///
    /// # Errors
    /// [`StageError::Cancelled`].
    pub fn check_cancelled(&self) -> Result<(), StageError> {
        if self.cancel.is_requested() { Err(StageError::Cancelled) } else { Ok(()) }
    }

    /// A handle to the request to stop, for worker threads.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Reports how far the stage has come.
    pub fn progress(&mut self, done: u64, total: u64, unit: &str) {
        self.signals.signal(Signal::Progress { done, total, unit: unit.to_owned() });
    }

    /// Reports a number worth a curve.
    pub fn metric(&mut self, name: &str, step: u64, value: f64) {
        self.signals.signal(Signal::Metric { name: name.to_owned(), step, value });
    }

    /// Reports one line, such as the runtime in use.
    pub fn note(&mut self, text: impl Into<String>) {
        self.signals.signal(Signal::Note { text: text.into() });
    }

    /// Reports something the researcher should know before trusting the result.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.signals.signal(Signal::Warning { text: text.into() });
    }
}
