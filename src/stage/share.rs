//! The threads that a running stage may use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

/// The threads that a stage was granted for all of its time, and those that it is lent while nobody
/// else wants them. A stage that can change its number of threads looks now and then.
///
/// Clones share what is lent. A stage in another process has what it was granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "usize", into = "usize")]
pub struct Share {
    granted: usize,
    lent: Arc<AtomicUsize>,
}

impl Share {
    /// The threads granted, at least one.
    #[must_use]
    pub fn granted(&self) -> usize {
        self.granted
    }

    /// The threads at the moment: those granted and those lent.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.granted + self.lent.load(Ordering::Relaxed)
    }

    /// Lends that many threads in place of those lent before; none takes them back.
    pub fn lend(&self, threads: usize) {
        self.lent.store(threads, Ordering::Relaxed);
    }

    /// Whether one is a clone of the other.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.lent, &other.lent)
    }
}

impl From<usize> for Share {
    fn from(granted: usize) -> Self {
        Self { granted: granted.max(1), lent: Arc::default() }
    }
}

impl From<Share> for usize {
    fn from(share: Share) -> Self {
        share.granted
    }
}
