//! Folders for running stages, swept away when their owner is gone.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::fs;

use super::{Store, StoreError};

/// A folder of a running stage's own; dropping it removes it.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    // Locked as long as the owner lives, so that others can tell a leftover from a folder in use.
    _guard: File,
}

impl Scratch {
    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A leftover is swept by the next `gc`.
        let _ = fs::remove_dirs(&self.folder);
    }
}

impl Store {
    /// Makes a scratch folder on the store's file system.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn scratch(&self) -> Result<Scratch, StoreError> {
        let folder = self.folder("scratch").join(fs::unique_name("stage"));
        fs::create_dirs(&folder)?;
        let path = folder.join("guard");
        let guard = fs::create(&path)?;
        fs::context("lock", &path, guard.lock())?;
        Ok(Scratch { folder, _guard: guard })
    }

    /// Removes what processes left that are gone: scratch folders and half-written files; gives
    /// their number.
    pub(super) fn sweep_leftovers(&self) -> Result<usize, StoreError> {
        let mut swept = self.sweep_scratch()?;
        for folder in [self.root.clone(), self.folder("last")] {
            swept += fs::sweep_unfinished(&folder)?;
        }
        for shard in fs::list(&self.folder("actions"))? {
            swept += fs::sweep_unfinished(&shard)?;
        }
        Ok(swept)
    }

    fn sweep_scratch(&self) -> Result<usize, StoreError> {
        let mut swept = 0;
        for folder in fs::list(&self.folder("scratch"))? {
            let guard = folder.join("guard");
            let is_leftover = match fs::open(&guard) {
                Ok(file) => file.try_lock().is_ok(),
                Err(_) => true,
            };
            if is_leftover {
                fs::remove_dirs(&folder)?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}
