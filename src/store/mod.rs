//! The content-addressed store: what was made, by which recipe, and where it is.
//!
//! ```text
//! .erpc/                       settable, shareable by projects and processes
//!   v1/objects/ab/cdef…        blobs by the SHA-256 of their content, read-only
//!   v1/actions/ab/cdef…        two lines of JSON: outputs, recipe; named by the action key
//!   v1/last/EXPERIMENT         one line a stage: the key it last had, for `why` and `gc`
//!   v1/locks/KEY               held while an action runs; gone when nobody runs it
//!   v1/scratch/…               where running stages write
//!   v1/checkpoints/KEY/…       what a long action saved; gone when it is recorded
//!   v1/memo                    (device, inode, size, mtime, ctime) → digest of files
//! ```
//!
//! **Commit.** Outputs are written to scratch, hashed on the way, synced, renamed into `objects`,
//! the folder synced; only then the action is written (temporary name, sync, rename). A crash at
//! any point leaves scratch to sweep and at most objects that nothing refers to.
//!
//! **Trust.** Content is hashed when it is read, once a process. Whether something *is there* is
//! decided by the memo: an object whose stat changed is hashed again, and one that is damaged
//! counts as absent, so that its stage runs again.
//!
//! There is one implementation, so there is no trait; tests use it on a temporary folder.

mod action;
mod checkpoints;
mod digest;
mod error;
mod fsck;
mod gc;
mod last;
mod lock;
mod memo;
mod objects;
mod scratch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::fs;
use crate::id::Digest;

pub use action::{Lookup, OutputRef, Record};
pub use error::StoreError;
pub use fsck::{Damage, FsckReport, Repair};
pub use gc::{GcOptions, GcReport};
pub use last::LastKeys;
pub use lock::ActionLock;
pub use scratch::Scratch;

use memo::Memo;

/// The layout version; a change of layout starts a new folder beside the old one.
const LAYOUT: &str = "v1";

/// How far files outside the store are trusted to be what their stat says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Trust {
    /// A file whose device, inode, size and times are known is not read again.
    #[default]
    Stat,
    /// Every file is hashed every time (`--paranoid`).
    Nothing,
}

/// The store. It can be used from several threads and processes at once.
pub struct Store {
    root: PathBuf,
    trust: Trust,
    memo: Memo,
    verified: Mutex<BTreeSet<Digest>>,
}

impl Store {
    /// Opens the store under `root`, making the folders that are missing.
    ///
    /// # Errors
    /// [`StoreError::Fs`] if they cannot be made.
    pub fn open(root: &Path, trust: Trust) -> Result<Self, StoreError> {
        let root = root.join(LAYOUT);
        for folder in ["objects", "actions", "last", "locks", "scratch", "checkpoints"] {
            fs::create_dirs(&root.join(folder))?;
        }
        let memo = Memo::load(&root.join("memo"));
        Ok(Self { root, trust, memo, verified: Mutex::default() })
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// The path of something named by a digest: two digits of folder keep folders small.
fn sharded(folder: &Path, digest: &Digest) -> PathBuf {
    let text = digest.to_string();
    folder.join(&text[..2]).join(&text[2..])
}

/// The digest that a path made by [`sharded`] stands for.
fn unsharded(path: &Path) -> Option<Digest> {
    let tail = path.file_name()?.to_str()?;
    let head = path.parent()?.file_name()?.to_str()?;
    format!("{head}{tail}").parse().ok()
}

#[cfg(test)]
mod tests;
