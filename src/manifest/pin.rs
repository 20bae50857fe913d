//! `{ axis = "label" }`: the settings that a stage is held to by `only`, or that `exclude` leaves out.

use super::{Content, Node, Place, Problem};

/// One axis, or the seed, at one setting.
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

/// Reads the value of `exclude`: combinations of settings.
pub(super) fn read_all(node: &Node, problems: &mut Vec<Problem>) -> Option<Vec<Vec<Pin>>> {
    let items = node.list("a list of combinations such as { method = \"full\" }", problems)?;
    let mut all = Vec::new();
    for item in items {
        let Some(pins) = read(item, problems) else { continue };
        if pins.is_empty() && matches!(&item.content, Content::Table(table) if table.0.is_empty()) {
            let problem = Problem::at(&item.place, "a combination names at least one axis");
            problems.push(problem.help("write { AXIS = \"label\", OTHER = \"label\" }"));
        }
        all.push(pins);
    }
    Some(all)
}

/// Reads the value of `only`, or one combination.
pub(super) fn read(node: &Node, problems: &mut Vec<Problem>) -> Option<Vec<Pin>> {
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
