//! Actions: what a recipe made. Written last, so that what is recorded is complete.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::fs;
use crate::id::{Digest, StageKey};
use crate::recipe::Recipe;
use crate::stage::StoredOutput;

use super::{Store, StoreError, sharded};

/// An output of an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutputRef {
    /// Its content.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
}

/// What is recorded of an action beside its recipe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The outputs by port.
    pub outputs: BTreeMap<String, OutputRef>,
    /// How long the stage ran, in seconds.
    pub seconds: f64,
}

impl Record {
    /// The bytes of all outputs.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.outputs.values().map(|output| output.bytes).sum()
    }
}

/// What the store says about an action.
#[derive(Clone, PartialEq, Debug)]
pub enum Lookup {
    /// It is recorded and its outputs are there.
    Found(Record),
    /// It is recorded, but this output is gone or damaged.
    OutputMissing(Digest),
    /// It is not recorded.
    Unknown,
}

impl Store {
    pub(super) fn action_path(&self, key: &StageKey) -> PathBuf {
        sharded(&self.folder("actions"), &key.0)
    }

    /// Looks an action up and checks that its outputs are present.
    ///
    /// # Errors
    /// [`StoreError::Fs`]. A record that does not parse counts as unknown: the stage runs again.
    pub fn lookup(&self, key: &StageKey) -> Result<Lookup, StoreError> {
        let Some(record) = self.record(key)? else { return Ok(Lookup::Unknown) };
        for output in record.outputs.values() {
            if !self.has_object(&output.digest)? {
                return Ok(Lookup::OutputMissing(output.digest));
            }
        }
        Ok(Lookup::Found(record))
    }

    /// The records of those of many actions that are [found](Self::lookup), looked up side by side: one
    /// after the other, thousands of small files wait for the disk one by one. What cannot be read is
    /// left out; whoever needs it hears why from `lookup`.
    #[must_use]
    pub fn lookup_all(&self, keys: &[StageKey]) -> HashMap<StageKey, Record> {
        let found = keys.par_iter().filter_map(|key| match self.lookup(key) {
            Ok(Lookup::Found(record)) => Some((*key, record)),
            _ => None,
        });
        found.collect()
    }

    /// The record of an action, if there is a readable one.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn record(&self, key: &StageKey) -> Result<Option<Record>, StoreError> {
        let Some(text) = self.action_text(key)? else { return Ok(None) };
        Ok(text.lines().next().and_then(|line| serde_json::from_str(line).ok()))
    }

    /// The recipe of an action, if it is recorded.
    ///
    /// # Errors
    /// [`StoreError::BadRecord`] or [`StoreError::Fs`].
    pub fn recipe(&self, key: &StageKey) -> Result<Option<Recipe>, StoreError> {
        let Some(text) = self.action_text(key)? else { return Ok(None) };
        let bad = |message: String| StoreError::BadRecord { key: *key, message };
        let line = text.lines().nth(1).ok_or_else(|| bad("it has no recipe".to_owned()))?;
        serde_json::from_str(line).map(Some).map_err(|error| bad(error.to_string()))
    }

    fn action_text(&self, key: &StageKey) -> Result<Option<String>, StoreError> {
        match fs::read(&self.action_path(key)) {
            // What is no text is a record that does not parse.
            Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Records what a recipe made: objects first, the action last.
    ///
    /// # Errors
    /// [`StoreError::Fs`]; nothing is recorded then.
    ///
    /// # Panics
    /// If a recipe cannot be serialised, which its types rule out.
    pub fn commit(
        &self,
        recipe: &Recipe,
        outputs: &[StoredOutput],
        duration: Duration,
    ) -> Result<Record, StoreError> {
        let mut record = Record { outputs: BTreeMap::new(), seconds: duration.as_secs_f64() };
        for output in outputs {
            self.adopt(&output.path, &output.digest)?;
            let reference = OutputRef { digest: output.digest, bytes: output.bytes };
            record.outputs.insert(output.port.to_owned(), reference);
        }
        let line = |json: serde_json::Result<String>| json.expect("a recipe is plain data") + "\n";
        let text = line(serde_json::to_string(&record)) + &line(serde_json::to_string(recipe));
        let path = self.action_path(&recipe.key());
        fs::write_atomic(&path, text.as_bytes())?;
        fs::sync_dir(path.parent().expect("an action lies in a shard"))?;
        Ok(record)
    }
}
