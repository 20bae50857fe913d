//! Experiment → [`StageGraph`]: every stage of every trial, connected and checked.
//!
//! A stage stands once a *trial* only along the axes that can reach it: those whose settings touch
//! its parameters, the seed if it draws, and whatever reaches the stages it reads from. A gathering
//! port collects all trials of its sources, so what lies behind it stands once again.
//! Hence features are extracted once for ten seeds, and a new seed runs only its own trial and the
//! tables.
//!
//! Node indices are a topological order.

mod choice;
mod connect;
mod draw;
mod trials;

use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use crate::experiment::Experiment;
use crate::id::StageId;
use crate::manifest::ManifestError;
use crate::stage::{Arity, ErasedStage, Needs, StageInfo};

pub use draw::{to_dot, to_svg};

/// One stage in one trial.
pub struct Node {
    /// The stage's name and its trial.
    pub id: StageId,
    /// The code.
    pub stage: Arc<dyn ErasedStage>,
    /// What is known about the code.
    pub info: Arc<StageInfo>,
    /// Resolved parameters; outside files stand by name.
    pub params: Arc<Value>,
    /// The trial's seed, if the stage draws.
    pub seed: Option<u64>,
    /// What each connected port reads, in the order of the ports.
    pub inputs: Vec<Connection>,
    /// The threads and memory it wants.
    pub needs: Needs,
}

/// What a port reads.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The input port.
    pub port: &'static str,
    /// How many artifacts it takes.
    pub arity: Arity,
    /// Where they come from, in order.
    pub sources: Vec<Source>,
}

/// An output of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// The node that makes it.
    pub node: NodeIndex,
    /// The output port.
    pub port: &'static str,
}

/// All stages of an experiment in all their trials.
pub struct StageGraph {
    /// The experiment's name.
    pub experiment: String,
    nodes: DiGraph<Node, ()>,
}

impl StageGraph {
    /// Connects the stages of an experiment.
    ///
    /// # Errors
    /// Everything about ports, kinds, cycles and parameters that cannot be, in one go.
    pub fn build(experiment: &Experiment) -> Result<Self, ManifestError> {
        let blueprint = connect::connect(experiment)?;
        let nodes = trials::expand(experiment, &blueprint)?;
        Ok(Self { experiment: experiment.name.clone(), nodes })
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.node_count()
    }

    /// Whether the experiment has no stages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One node.
    #[must_use]
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index]
    }

    /// All nodes, each after those it reads from.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = NodeIndex> + use<> {
        (0..self.nodes.node_count()).map(NodeIndex::new)
    }

    /// The nodes that read from `index`.
    pub fn readers(&self, index: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.nodes.neighbors(index)
    }

    /// The nodes that `index` reads from, each once.
    pub fn sources(&self, index: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.nodes.neighbors_directed(index, petgraph::Direction::Incoming)
    }
}

#[cfg(test)]
mod tests;
