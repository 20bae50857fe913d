//! What stands at an input port: references to the outputs of other stages.

use super::{Content, Node, Place, Problem};

/// A reference to an output: `stage` or `stage.port`.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The stage.
    pub stage: String,
    /// The output port, if named.
    pub port: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// The references at one input port.
#[derive(Clone, Debug)]
pub struct InputSpec {
    /// In the order written; never empty.
    pub references: Vec<Reference>,
    /// Whether they were written as a list.
    pub is_list: bool,
    /// Where the port's name is written.
    pub place: Place,
}

/// Reads the value of a port; `place` is that of its name.
pub(super) fn read(place: &Place, node: &Node, problems: &mut Vec<Problem>) -> Option<InputSpec> {
    let (items, is_list) = match &node.content {
        Content::List(items) => (items.as_slice(), true),
        Content::Text(_) => (std::slice::from_ref(node), false),
        _ => {
            node.reject("`\"stage\"`, `\"stage.port\"` or a list of those", problems);
            return None;
        }
    };
    if items.is_empty() {
        let problem = Problem::at(&node.place, "this input names no stage");
        problems.push(problem.help("leave the port out, or name a stage"));
        return None;
    }
    let references: Vec<_> = items.iter().filter_map(|item| read_one(item, problems)).collect();
    // Half a list would look complete to later checks.
    let is_complete = references.len() == items.len();
    is_complete.then(|| InputSpec { references, is_list, place: place.clone() })
}

/// Reads one reference.
pub(super) fn read_one(node: &Node, problems: &mut Vec<Problem>) -> Option<Reference> {
    let text = node.text(problems)?;
    let mut parts = text.value.split('.');
    let stage = parts.next().unwrap_or_default().to_owned();
    let port = parts.next().map(str::to_owned);
    let is_empty = stage.is_empty() || port.as_ref().is_some_and(String::is_empty);
    if is_empty || parts.next().is_some() {
        let message = format!("`{}` is not a reference to an output", text.value);
        let problem = Problem::at(&text.place, message);
        problems.push(problem.help("write `\"stage\"` or `\"stage.port\"`"));
        return None;
    }
    Some(Reference { stage, port, place: text.place })
}
