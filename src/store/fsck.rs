//! `fsck`: every object hashed, every action's outputs looked for.

use std::path::Path;

use crate::fs;
use crate::id::{Digest, StageKey};

use super::{Store, StoreError, unsharded};

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Damage {
    /// An object's content does not hash to its name.
    Object(Digest),
    /// An action refers to an object that is gone or damaged.
    Action {
        /// The action.
        key: StageKey,
        /// The object.
        object: Digest,
    },
    /// An action's record does not parse.
    Record(StageKey),
    /// A file whose name no object or action could have.
    Stranger(String),
}

/// What `fsck` found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FsckReport {
    /// How many objects were hashed.
    pub objects: usize,
    /// How many actions were read.
    pub actions: usize,
    /// What is not as it should be.
    pub damage: Vec<Damage>,
}

/// What to do about damage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repair {
    /// Report it.
    ReportOnly,
    /// Remove what is damaged, so that its stage runs again.
    Remove,
}

impl Store {
    /// Hashes every object and reads every action.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn fsck(&self, repair: Repair) -> Result<FsckReport, StoreError> {
        let mut report = FsckReport::default();
        for path in self.files_in("objects")? {
            let Some(digest) = unsharded(&path) else {
                report.damage.push(Damage::Stranger(path.display().to_string()));
                remove_if(repair, &path)?;
                continue;
            };
            report.objects += 1;
            if self.hash_and_remember(&path)? != digest {
                report.damage.push(Damage::Object(digest));
                remove_if(repair, &path)?;
            }
        }
        for path in self.files_in("actions")? {
            let Some(key) = unsharded(&path).map(StageKey) else {
                report.damage.push(Damage::Stranger(path.display().to_string()));
                remove_if(repair, &path)?;
                continue;
            };
            report.actions += 1;
            if let Some(damage) = self.damage_of(&key)? {
                report.damage.push(damage);
                remove_if(repair, &path)?;
            }
        }
        Ok(report)
    }

    fn damage_of(&self, key: &StageKey) -> Result<Option<Damage>, StoreError> {
        let Some(record) = self.record(key)? else { return Ok(Some(Damage::Record(*key))) };
        if self.recipe(key).is_err() {
            return Ok(Some(Damage::Record(*key)));
        }
        for output in record.outputs.values() {
            if !self.has_object(&output.digest)? {
                return Ok(Some(Damage::Action { key: *key, object: output.digest }));
            }
        }
        Ok(None)
    }
}

fn remove_if(repair: Repair, path: &Path) -> Result<(), StoreError> {
    match repair {
        Repair::ReportOnly => Ok(()),
        Repair::Remove => Ok(fs::remove(path)?),
    }
}
