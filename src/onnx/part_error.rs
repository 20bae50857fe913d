//! What can be wrong with a part of a network, and with training it.

use super::error::{OnnxError, SUPPORTED, list};

/// Why a part of a network cannot be taken out, trained or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// It begins at a tensor that does not lead to its end.
    #[error("`{to}` is not computed from `{from}`")]
    Apart {
        /// Where it should begin.
        from: String,
        /// Where it should end.
        to: String,
        /// The tensors that it can begin at.
        instead: Vec<String>,
    },
    /// It needs more than the tensor it begins at.
    #[error("node `{node}` ({operator}) also reads `{other}`, which is not computed from `{from}`")]
    SideInput {
        /// Where it begins.
        from: String,
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// What else it reads.
        other: String,
        /// The tensors next to `from` that it can begin at.
        instead: Vec<String>,
    },
    /// It begins at something else than maps.
    #[error("`{from}` is {shape}; a part begins at maps, [N, C, H, W]")]
    NoMaps {
        /// Where it should begin.
        from: String,
        /// Its shape.
        shape: String,
    },
    /// An operator that cannot be trained.
    #[error(
        "node `{node}` is a `{operator}`, which a trainable tail cannot hold; it can hold {}",
        SUPPORTED.join(", ")
    )]
    Untrainable {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// The last tensor before it that the tail can end at.
        end: Option<String>,
        /// The first tensor behind it that the tail can begin at.
        begin: Option<String>,
    },
    /// Maps that do not fit where it begins.
    #[error("the part that begins at `{from}` takes maps of {expected} channels, got {found}")]
    Channels {
        /// Where it begins.
        from: String,
        /// What it takes.
        expected: usize,
        /// What it was given.
        found: usize,
    },
}

impl PartError {
    /// What to do about it, where there is something.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Apart { instead, .. } | Self::SideInput { instead, .. }
                if !instead.is_empty() =>
            {
                Some(format!("begin at {} instead", list(instead)))
            }
            Self::Untrainable { end, begin, .. } => {
                let end = end.as_ref().map(|name| format!("end the tail at `{name}`"));
                let begin = begin.as_ref().map(|name| format!("begin it at `{name}`"));
                let both: Vec<String> = end.into_iter().chain(begin).collect();
                (!both.is_empty()).then(|| both.join(", or "))
            }
            Self::NoMaps { from, .. } => {
                Some(format!("begin before the pooling that makes `{from}`"))
            }
            Self::Channels { from, .. } => {
                Some(format!("give it the maps of the tensor `{from}` of the same network"))
            }
            _ => None,
        }
    }
}

impl From<PartError> for OnnxError {
    fn from(error: PartError) -> Self {
        Self::Part(Box::new(error))
    }
}
