//! Digests of files and folders outside the store.

use std::io::Read as _;
use std::path::Path;

use crate::fs;
use crate::id::{Digest, Hasher};

use super::memo::{Known, Stat};
use super::{Store, StoreError, Trust};

/// How much of a file is in memory at a time.
const CHUNK_BYTES: usize = 1 << 18;

impl Store {
    /// The digest of an outside file, or of a folder: its files' relative paths and digests.
    ///
    /// # Errors
    /// [`StoreError::Fs`].
    pub fn digest_of(&self, path: &Path) -> Result<Digest, StoreError> {
        if fs::is_dir(path) { self.digest_of_folder(path) } else { self.digest_of_file(path) }
    }

    fn digest_of_file(&self, path: &Path) -> Result<Digest, StoreError> {
        if self.trust == Trust::Stat
            && let Known::Digest(known) = self.memo.known(path)
        {
            return Ok(known);
        }
        self.hash_and_remember(path)
    }

    fn digest_of_folder(&self, folder: &Path) -> Result<Digest, StoreError> {
        let mut hasher = Hasher::default();
        self.add_folder(folder, "", &mut hasher)?;
        Ok(hasher.finish())
    }

    fn add_folder(
        &self,
        folder: &Path,
        prefix: &str,
        hasher: &mut Hasher,
    ) -> Result<(), StoreError> {
        for entry in fs::list(folder)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            let relative = format!("{prefix}{name}");
            if fs::is_dir(&entry) {
                self.add_folder(&entry, &format!("{relative}/"), hasher)?;
                continue;
            }
            let digest = self.digest_of_file(&entry)?;
            hasher.update(&(relative.len() as u64).to_le_bytes());
            hasher.update(relative.as_bytes());
            hasher.update(digest.as_bytes());
        }
        Ok(())
    }

    /// Reads a file through and notes its stat beside its digest.
    pub(super) fn hash_and_remember(&self, path: &Path) -> Result<Digest, StoreError> {
        let before = Stat::read(path);
        let mut file = fs::open(path)?;
        let mut hasher = Hasher::default();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = fs::context("read", path, file.read(&mut chunk))?;
            if count == 0 {
                break;
            }
            hasher.update(&chunk[..count]);
        }
        let digest = hasher.finish();
        // A file that was written to meanwhile must be read again next time.
        if before.is_some() && before == Stat::read(path) {
            self.memo.remember_if_settled(path, digest);
        }
        Ok(digest)
    }
}
