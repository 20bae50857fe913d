//! Whether a search, a network and a split belong together.

use crate::data::split::SplitIdentity;
use crate::models::erpcnet::traces::Traces;
use crate::models::erpcnet::trained::{Card, Trained};
use crate::stage::StageError;

/// Fails unless the network was trained on this split.
pub(super) fn check_same_split(card: &Card, split: &SplitIdentity) -> Result<(), StageError> {
    if card.split == split.split.to_string() {
        return Ok(());
    }
    Err(another_split())
}

/// What is said of a network that was not trained on the split at hand.
pub(super) fn another_split() -> StageError {
    let message = "the network was trained on another split";
    let help = "connect all stages to one `split-classes` stage";
    StageError::data_with_help(message, help)
}

/// Fails unless the search looked at cells of this network's map, on the split that it was trained on.
pub(super) fn check_same_network(traces: &Traces, network: &Trained) -> Result<(), StageError> {
    let card = &network.card;
    let cells = card.design.cells().map_or(0, |cells| cells.count());
    let looked = (0..traces.len()).flat_map(|row| traces.image(row).cells);
    let is_there = looked.max().is_none_or(|cell| cell < cells);
    if is_there && card.split == traces.header().provenance.split.split.to_string() {
        return Ok(());
    }
    let message = "the search was not made with this network";
    let help = "connect the network that the stage `search` reads";
    Err(StageError::data_with_help(message, help))
}
