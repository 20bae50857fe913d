//! The key each stage of an experiment last had: what `why` compares with and `gc` keeps.
//!
//! A log of `STAGE<tab>KEY` lines, later ones winning; rewritten sorted when a run ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use crate::fs;
use crate::id::{StageId, StageKey};

use super::{Store, StoreError};

/// The last keys of one experiment.
pub struct LastKeys {
    path: PathBuf,
    keys: BTreeMap<String, StageKey>,
    log: Option<File>,
}

impl Store {
    /// Reads the last keys of an experiment; one that never ran has none.
    #[must_use]
    pub fn last_keys(&self, experiment: &str) -> LastKeys {
        let path = self.folder("last").join(experiment);
        let text = fs::read(&path).unwrap_or_default();
        let mut keys = BTreeMap::new();
        for line in String::from_utf8_lossy(&text).lines() {
            if let Some((stage, key)) = line.split_once('\t')
                && let Ok(digest) = key.parse()
            {
                keys.insert(stage.to_owned(), StageKey(digest));
            }
        }
        LastKeys { path, keys, log: None }
    }

    /// The keys that any experiment last had.
    pub(super) fn all_last_keys(&self) -> Result<Vec<StageKey>, StoreError> {
        let mut keys = Vec::new();
        for path in fs::list(&self.folder("last"))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            keys.extend(self.last_keys(&name).keys.into_values());
        }
        Ok(keys)
    }
}

impl LastKeys {
    /// The key that `stage` last had.
    #[must_use]
    pub fn get(&self, stage: &StageId) -> Option<StageKey> {
        self.keys.get(&stage.to_string()).copied()
    }

    /// The keys of all stages.
    #[must_use]
    pub fn keys(&self) -> Vec<StageKey> {
        self.keys.values().copied().collect()
    }

    /// Notes the key that `stage` has now. It is on disk at once, so a killed run explains itself.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn set(&mut self, stage: &StageId, key: StageKey) -> Result<(), StoreError> {
        let name = stage.to_string();
        if self.keys.get(&name) == Some(&key) {
            return Ok(());
        }
        if self.log.is_none() {
            self.log = Some(fs::append(&self.path)?);
        }
        if let Some(log) = self.log.as_mut() {
            let line = format!("{name}\t{key}\n");
            fs::context("write", &self.path, log.write_all(line.as_bytes()))?;
        }
        self.keys.insert(name, key);
        Ok(())
    }

    /// Rewrites the log sorted, one line a stage, if anything was noted.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn tidy(&mut self) -> Result<(), StoreError> {
        if self.log.take().is_some() {
            let line = |(stage, key): (&String, &StageKey)| format!("{stage}\t{key}\n");
            let text: String = self.keys.iter().map(line).collect();
            fs::write_atomic(&self.path, text.as_bytes())?;
        }
        Ok(())
    }
}
