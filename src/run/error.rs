//! Why a run could not go on; a failed stage is not among the reasons.

use crate::plan::PlanError;
use crate::store::StoreError;

/// Why a run broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A recipe could not be looked up.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
