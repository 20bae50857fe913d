//! Which nodes are waiting for what: pure bookkeeping, no threads.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::NodeIndex;

use crate::graph::StageGraph;
use crate::id::StageKey;

/// The nodes that are not settled yet.
pub(super) struct Schedule<'g> {
    graph: &'g StageGraph,
    /// How many distinct sources of each node are not settled.
    pending: Vec<usize>,
    /// Nodes whose sources are settled and that nobody has looked at.
    open: BTreeSet<NodeIndex>,
    /// Nodes that must run and wait for room, in order.
    ready: BTreeSet<NodeIndex>,
    /// Keys being executed, with the nodes that wait for the same result.
    flights: BTreeMap<StageKey, Vec<NodeIndex>>,
}

impl<'g> Schedule<'g> {
    pub(super) fn new(graph: &'g StageGraph) -> Self {
        let pending: Vec<usize> =
            graph.indices().map(|index| graph.sources(index).count()).collect();
        let open = graph.indices().filter(|index| pending[index.index()] == 0).collect();
        Self { graph, pending, open, ready: BTreeSet::new(), flights: BTreeMap::new() }
    }

    /// The next node whose sources are settled.
    pub(super) fn next_open(&mut self) -> Option<NodeIndex> {
        self.open.pop_first()
    }

    /// Notes that a node must run; `false` if an equal action is already on its way.
    pub(super) fn must_run(&mut self, node: NodeIndex, key: StageKey) -> bool {
        if let Some(waiting) = self.flights.get_mut(&key) {
            waiting.push(node);
            return false;
        }
        self.flights.insert(key, Vec::new());
        self.ready.insert(node);
        true
    }

    /// The nodes that wait for room, in order.
    pub(super) fn ready(&self) -> Vec<NodeIndex> {
        self.ready.iter().copied().collect()
    }

    /// Notes that a node was started.
    pub(super) fn started(&mut self, node: NodeIndex) {
        self.ready.remove(&node);
    }

    /// Notes that an action ended; those that waited for it are open again.
    pub(super) fn landed(&mut self, key: &StageKey) {
        for node in self.flights.remove(key).unwrap_or_default() {
            self.open.insert(node);
        }
    }

    /// Notes that a node has its outputs; its readers may become open.
    pub(super) fn settled(&mut self, node: NodeIndex) {
        for reader in self.graph.readers(node) {
            let pending = &mut self.pending[reader.index()];
            *pending -= 1;
            if *pending == 0 {
                self.open.insert(reader);
            }
        }
    }

    /// All nodes that depend on `node`, directly or not, in order.
    pub(super) fn dependants(&self, node: NodeIndex) -> BTreeSet<NodeIndex> {
        let mut found = BTreeSet::new();
        let mut stack = vec![node];
        while let Some(next) = stack.pop() {
            for reader in self.graph.readers(next) {
                if found.insert(reader) {
                    stack.push(reader);
                }
            }
        }
        found
    }

    /// Takes back all nodes that wait for room, and those that wait for their results.
    pub(super) fn abandon(&mut self) -> Vec<NodeIndex> {
        let mut left: Vec<NodeIndex> = std::mem::take(&mut self.ready).into_iter().collect();
        left.extend(std::mem::take(&mut self.open));
        left
    }
}
