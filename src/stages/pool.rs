//! The threads that a stage was granted.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::stage::{StageContext, StageError};

/// A pool of the threads that `cx` grants.
pub(super) fn thread_pool(cx: &StageContext<'_>) -> Result<ThreadPool, StageError> {
    let pool = ThreadPoolBuilder::new().num_threads(cx.threads()).build();
    pool.map_err(|error| StageError::Bug(format!("no threads: {error}")))
}
