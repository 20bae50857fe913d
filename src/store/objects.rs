//! Blobs by content.

use std::path::{Path, PathBuf};

use crate::artifact::Blob;
use crate::fs;
use crate::id::Digest;

use super::memo::Known;
use super::{Store, StoreError, sharded};

impl Store {
    pub(super) fn object_path(&self, digest: &Digest) -> PathBuf {
        sharded(&self.folder("objects"), digest)
    }

    /// Whether an object is there and still what it was when it was last looked at.
    ///
    /// # Errors
    /// [`StoreError::Fs`] if it is there but cannot be read.
    pub fn has_object(&self, digest: &Digest) -> Result<bool, StoreError> {
        let path = self.object_path(digest);
        match self.memo.known(&path) {
            Known::Absent => Ok(false),
            Known::Digest(known) => Ok(known == *digest),
            Known::Changed => Ok(self.hash_and_remember(&path)? == *digest),
        }
    }

    /// Maps an object; its content is hashed the first time this process reads it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Damaged`].
    pub fn open_object(&self, digest: &Digest) -> Result<Blob, StoreError> {
        let path = self.object_path(digest);
        if !fs::exists(&path) {
            return Err(StoreError::Missing { digest: *digest });
        }
        if !self.lock_verified().contains(digest) {
            let found = self.hash_and_remember(&path)?;
            if found != *digest {
                return Err(StoreError::Damaged { expected: *digest, found });
            }
            self.lock_verified().insert(*digest);
        }
        Ok(Blob::map(&path)?)
    }

    /// Moves a finished, synced scratch file into place.
    pub(super) fn adopt(&self, scratch: &Path, digest: &Digest) -> Result<(), StoreError> {
        let path = self.object_path(digest);
        if self.has_object(digest)? {
            // Equal content is stored once.
            return Ok(fs::remove(scratch)?);
        }
        let folder = path.parent().expect("an object lies in a shard");
        fs::create_dirs(folder)?;
        fs::protect(scratch)?;
        fs::rename(scratch, &path)?;
        fs::sync_dir(folder)?;
        self.memo.remember(&path, *digest);
        Ok(())
    }

    fn lock_verified(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<Digest>> {
        self.verified.lock().expect("no thread panics while it holds this lock")
    }
}
