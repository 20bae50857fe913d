//! `only = { axis = "label" }`: the settings that a stage is held to.

use super::{Content, Node, Place};

/// One axis, or the seed, at which a stage stands at one setting alone.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The axis, or `seed`.
    pub axis: String,
    /// The setting's label, or the seed in digits.
    pub label: String,
    /// Where the axis is written.
    pub axis_place: Place,
    /// Where the label is written.
    pub label_place: Place,
}

/// Reads the value of `only`.
pub(super) fn read(node: &Node, problems: &mut Vec<super::Problem>) -> Option<Vec<Pin>> {
    let table = node.table(problems)?;
    let mut pins = Vec::new();
    for entry in &table.0 {
        let label = match &entry.value.content {
            Content::Text(text) => text.clone(),
            Content::Integer(seed) => seed.to_string(),
            _ => {
                entry.value.reject("a label of the axis, or a seed", problems);
                continue;
            }
        };
        let (axis, axis_place) = (entry.key.value.clone(), entry.key.place.clone());
        pins.push(Pin { axis, label, axis_place, label_place: entry.value.place.clone() });
    }
    Some(pins)
}
