//! Where unfinished actions keep what they have saved.

use crate::fs;
use crate::id::{Digest, StageKey};
use crate::stage::Checkpoints;

use super::gc::{GcOptions, is_younger};
use super::{Store, StoreError};

impl Store {
    /// The checkpoints of an action.
    #[must_use]
    pub fn checkpoints(&self, key: &StageKey) -> Checkpoints {
        Checkpoints::new(self.folder("checkpoints").join(key.0.to_string()))
    }

    /// Removes the checkpoints of actions that are recorded or that nobody went on with for long;
    /// gives their number.
    pub(super) fn sweep_checkpoints(&self, options: GcOptions) -> Result<usize, StoreError> {
        let mut swept = 0;
        for folder in fs::list(&self.folder("checkpoints"))? {
            let name = folder.file_name().and_then(|name| name.to_str());
            let key = name.and_then(|name| name.parse::<Digest>().ok()).map(StageKey);
            let is_recorded = match key {
                Some(key) => self.record(&key)?.is_some(),
                None => true,
            };
            if is_recorded || !is_younger(&folder, options.keep) {
                swept += 1;
                if !options.is_dry_run {
                    fs::remove_dirs(&folder)?;
                }
            }
        }
        Ok(swept)
    }
}
