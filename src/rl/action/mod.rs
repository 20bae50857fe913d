//! From what an actor says to the cell that is looked at.
//!
//! Two heads. `gaussian2d` is the one of the paper's lineage: a point in the unit square, normal
//! around `sigmoid(x)`, which falls into a cell; the first coordinate is the row. `categorical` is
//! a softmax over the cells. What is chosen is an [`Action`]; its density is computed again from
//! it, on a tape, with whatever the agent has become.
//!
//! A cell that has been seen shows nothing new. Where revisits are forbidden, the categorical head
//! gives seen cells probability 0 and renormalises. The gaussian head takes the free cell nearest
//! to its point, and the density stays that of the point: the agent is judged for where it
//! pointed. Drawing again until a free cell comes up is not offered: with a deviation of .1 of the
//! square, a mean amid seen cells would hardly ever leave them.

mod categorical;
mod gaussian;
mod grid;
mod noise;
mod policy;
mod visits;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::tape::Var;

pub use grid::Grid;
pub use noise::{Draw, Noise};
pub use policy::Policy;
pub use visits::Visits;

/// What an actor's output means (A1).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// A normal density around a point of the square.
    Gaussian2d {
        /// The standard deviation of each coordinate; .1 in the paper's lineage.
        std: f64,
    },
    /// A probability a cell.
    Categorical,
}

impl Head {
    /// Random numbers an action takes.
    fn noise_width(self) -> usize {
        match self {
            Self::Gaussian2d { .. } => 2,
            Self::Categorical => 1,
        }
    }
}

/// Whether a cell may be looked at twice (A2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revisit {
    /// No: masked, or moved to the nearest free cell.
    Forbidden,
    /// Yes.
    Allowed,
}

/// What was chosen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Action<T> {
    /// A point [row, column] of the unit square.
    Point([T; 2]),
    /// A cell.
    Cell(usize),
}

/// An action and where it leads.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Choice<T> {
    /// What the agent did; its density counts.
    pub action: Action<T>,
    /// The cell that is looked at.
    pub cell: usize,
}

/// What a head says of some actions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Density {
    /// The logarithm of the probability (density) of each action, `[n]`.
    pub log: Var,
    /// The entropy of all that could have been chosen, in nats, `[n]`.
    pub entropy: Var,
}

impl<T: Copy> Choice<T> {
    fn point(&self) -> [T; 2] {
        match self.action {
            Action::Point(point) => point,
            Action::Cell(_) => panic!("a gaussian head chooses points"),
        }
    }
}
