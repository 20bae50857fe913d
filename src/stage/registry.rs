//! The explicit list of stage kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::erased::Bound;
use super::{ErasedStage, Stage};

/// The stage kinds that manifests may name, sorted.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Arc<dyn ErasedStage>>,
}

impl Registry {
    /// Adds a kind.
    ///
    /// # Panics
    /// If the word is taken.
    #[must_use]
    pub fn with<S: Stage>(mut self) -> Self {
        let previous = self.kinds.insert(S::KIND, Arc::new(Bound::<S>::new()));
        assert!(previous.is_none(), "two stages are called `{}`", S::KIND);
        self
    }

    /// The kind called `kind`.
    #[must_use]
    pub fn get(&self, kind: &str) -> Option<&Arc<dyn ErasedStage>> {
        self.kinds.get(kind)
    }

    /// All kinds, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn ErasedStage>)> {
        self.kinds.iter().map(|(kind, stage)| (*kind, stage))
    }
}
