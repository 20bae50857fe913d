//! What a long stage saves on its way, so that a run that was stopped goes on where it was.
//!
//! Checkpoints belong to one action: they are found under its key, so they can only be those of the
//! same parameters, inputs and seed, and they are removed once the action is recorded. A stage that
//! goes on from them must make the same bytes as one that never stopped.

use std::path::PathBuf;

use crate::fs::{self, FsResult};
use crate::id::Digest;

/// How many bytes a digest has.
const DIGEST_BYTES: usize = 32;

/// The checkpoints of one action, by name.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// Those in `folder`, which need not exist.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Saves `content` under `name`, in place of what was there: it is there whole or not at all.
    ///
    /// Nobody waits for the disk: the digest before the content tells whether it has arrived there.
    ///
    /// # Errors
    /// [`FsError`](crate::fs::FsError).
    pub fn save(&self, name: &str, content: &[u8]) -> FsResult<()> {
        let digest = Digest::of(content);
        fs::write_unsynced(&self.folder.join(name), &[digest.as_bytes(), content])
    }

    /// What was saved under `name`; none if nothing was, or if it is damaged, for then it is made
    /// again.
    #[must_use]
    pub fn load(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(&self.folder.join(name)).ok()?;
        let content = bytes.split_off(DIGEST_BYTES.min(bytes.len()));
        (Digest::of(&content).as_bytes() == bytes.as_slice()).then_some(content)
    }

    /// Removes all of them.
    ///
    /// # Errors
    /// [`FsError`](crate::fs::FsError).
    pub fn clear(&self) -> FsResult<()> {
        fs::remove_dirs(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_until_it_is_cleared_or_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(folder.path().join("deep/down"));
        assert_eq!(checkpoints.load("rows"), None);
        checkpoints.save("rows", b"one").unwrap();
        checkpoints.save("rows", b"two").unwrap();
        assert_eq!(checkpoints.load("rows").as_deref(), Some(&b"two"[..]));
        let path = folder.path().join("deep/down/rows");
        let mut bytes = fs::read(&path).unwrap();
        for length in [0, 7, DIGEST_BYTES, bytes.len() - 1] {
            fs::write_atomic(&path, &bytes[..length]).unwrap();
            assert_eq!(checkpoints.load("rows"), None, "{length} bytes");
        }
        *bytes.last_mut().unwrap() ^= 1;
        fs::write_atomic(&path, &bytes).unwrap();
        assert_eq!(checkpoints.load("rows"), None);
        checkpoints.clear().unwrap();
        assert!(!fs::exists(&path));
    }
}
