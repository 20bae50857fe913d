//! Settings that cannot be.

/// A setting that no search can run with.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum SettingError {
    /// No cell or no step.
    #[error("a search needs cells and steps: there are {cells} cells and {steps} steps")]
    NothingToSee {
        /// Cells of the grid.
        cells: usize,
        /// Steps of an episode.
        steps: usize,
    },
    /// More steps than cells.
    #[error(
        "{steps} steps on {cells} cells: each cell is looked at once, so at most {cells} steps are \
         possible; take fewer steps or allow revisits"
    )]
    TooManySteps {
        /// Cells of the grid.
        cells: usize,
        /// Steps of an episode.
        steps: usize,
    },
    /// A number that means nothing where it stands.
    #[error("`{name}` is {value}; expected {expected}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// Divisors that do not fit the states.
    #[error("an input scale of {found} numbers for states of {expected}")]
    ScaleWidth {
        /// Numbers of a state.
        expected: usize,
        /// Numbers of the scale.
        found: usize,
    },
}

impl SettingError {
    pub(super) fn out_of_range(name: &'static str, value: f64, expected: &'static str) -> Self {
        Self::OutOfRange { name, value, expected }
    }
}
