//! Single flight: an action that is being executed elsewhere is waited for, not repeated.
//!
//! A lock is a file under `locks/`, locked by the system: the lock of a dead process is gone with
//! it. The file is removed by its holder, so whoever got the lock checks that the file is still the
//! one that the name leads to.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use crate::fs;
use crate::id::StageKey;

use super::{Store, StoreError};

/// The right to execute an action; dropping it gives it up.
#[derive(Debug)]
pub struct ActionLock {
    path: PathBuf,
    _file: File,
}

impl Store {
    /// Takes the lock of an action, or `None` while someone else holds it.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn try_lock(&self, key: &StageKey) -> Result<Option<ActionLock>, StoreError> {
        let path = self.folder("locks").join(key.to_string());
        loop {
            let file = fs::open_or_create(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => fs::context("lock", &path, Err(error))?,
            }
            if fs::is_named(&file, &path) {
                return Ok(Some(ActionLock { path, _file: file }));
            }
        }
    }
}

impl Drop for ActionLock {
    fn drop(&mut self) {
        // Still locked here, so nobody else can hold the file that goes away. A leftover is
        // harmless.
        let _ = fs::remove(&self.path);
    }
}
