//! Garbage collection: what no experiment last used and nobody made lately goes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::fs;
use crate::id::{Digest, StageKey};

use super::{Store, StoreError, unsharded};

/// What to keep.
#[derive(Clone, Copy, Debug)]
pub struct GcOptions {
    /// Actions younger than this are kept, whoever made them.
    pub keep: Duration,
    /// Only count, remove nothing.
    pub is_dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GcReport {
    /// Actions.
    pub actions: usize,
    /// Objects.
    pub objects: usize,
    /// Bytes of those objects.
    pub bytes: u64,
    /// Scratch folders and half-written files of processes that are gone.
    pub leftovers: usize,
    /// Unfinished actions whose checkpoints are of no use any more.
    pub checkpoints: usize,
}

impl Store {
    /// Removes actions that no experiment last used and that are older than asked, the objects
    /// that only they referred to, what killed processes left, and checkpoints that nobody will
    /// go on from.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn gc(&self, options: GcOptions) -> Result<GcReport, StoreError> {
        let mut report = GcReport::default();
        let last: BTreeSet<StageKey> = self.all_last_keys()?.into_iter().collect();
        let mut alive: BTreeSet<Digest> = BTreeSet::new();
        let mut dead = Vec::new();
        for path in self.files_in("actions")? {
            let Some(key) = unsharded(&path).map(StageKey) else { continue };
            if last.contains(&key) || is_younger(&path, options.keep) {
                let record = self.record(&key)?;
                let outputs = record.into_iter().flat_map(|record| record.outputs.into_values());
                alive.extend(outputs.map(|output| output.digest));
            } else {
                dead.push(path);
            }
        }
        // Actions go before objects: a crash in between leaves objects nobody names, never an
        // action without its objects.
        report.actions = dead.len();
        if !options.is_dry_run {
            dead.iter().try_for_each(|path| fs::remove(path))?;
        }
        for path in self.files_in("objects")? {
            let is_dead = unsharded(&path).is_some_and(|digest| !alive.contains(&digest));
            // A young object may belong to an action that is being committed right now.
            if is_dead && !is_younger(&path, options.keep) {
                report.objects += 1;
                report.bytes += fs::metadata(&path)?.len();
                if !options.is_dry_run {
                    fs::remove(&path)?;
                }
            }
        }
        if !options.is_dry_run {
            report.leftovers = self.sweep_leftovers()?;
        }
        report.checkpoints = self.sweep_checkpoints(options)?;
        Ok(report)
    }

    /// All files under the shards of a folder, sorted, but those that are being written right now or
    /// that a killed process left so.
    pub(super) fn files_in(&self, folder: &str) -> Result<Vec<PathBuf>, StoreError> {
        let mut files = Vec::new();
        for shard in fs::list(&self.folder(folder))? {
            files.extend(fs::list(&shard)?.into_iter().filter(|path| !fs::is_unfinished(path)));
        }
        Ok(files)
    }
}

pub(super) fn is_younger(path: &std::path::Path, age: Duration) -> bool {
    let modified = fs::metadata(path).ok().and_then(|metadata| metadata.modified().ok());
    let elapsed = modified.and_then(|time| SystemTime::now().duration_since(time).ok());
    elapsed.is_none_or(|elapsed| elapsed < age)
}
