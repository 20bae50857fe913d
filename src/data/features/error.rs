//! What features do not have.

/// What features do not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureError {
    /// No tensor has this name.
    #[error("the features hold no tensor `{name}`, only {}", offered.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        offered: Vec<String>,
    },
    /// There are several, and none was named.
    #[error("the features hold several tensors ({}); name one", offered.join(", "))]
    Ambiguous {
        /// The names there are.
        offered: Vec<String>,
    },
    /// Only some images are stored.
    #[error("the features hold {stored} of {images} images only")]
    Partial {
        /// How many are stored.
        stored: usize,
        /// How many there are.
        images: usize,
    },
}
