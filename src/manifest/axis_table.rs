//! A `[sweep.NAME]` table as written: the settings of one axis.

use super::stage_table::read_remove;
use super::{Content, Located, Node, Place, Problem, Table, check_name};

/// One axis.
#[derive(Clone, Debug)]
pub(crate) struct AxisTable {
    pub(crate) name: Located<String>,
    pub(crate) labels: Option<Located<Vec<Located<String>>>>,
    pub(crate) lists: Vec<ValueList>,
    pub(crate) remove: Option<Place>,
}

/// The values that one parameter takes along an axis: `train.margin = [0.1, 0.2]`.
#[derive(Clone, Debug)]
pub(crate) struct ValueList {
    pub(crate) stage: Located<String>,
    /// The parameter, a word a level.
    pub(crate) path: Vec<String>,
    /// Where the path is written.
    pub(crate) key_place: Place,
    /// Where the list is written.
    pub(crate) place: Place,
    pub(crate) values: Vec<Node>,
}

impl ValueList {
    /// The stage and the parameter, with dots.
    pub(crate) fn target(&self) -> String {
        format!("{}.{}", self.stage.value, self.path.join("."))
    }
}

impl AxisTable {
    pub(super) fn read(
        name: &Located<String>,
        node: &Node,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        check_name("an axis", name, problems);
        if name.value == "seed" {
            let problem = Problem::at(&name.place, "the axis `seed` is there already");
            problems.push(problem.help("list the seeds in `[experiment]`: `seeds = [1, 2, 3]`"));
            return None;
        }
        let table = node.table(problems)?;
        let remove = read_remove("sweep", table, problems);
        let labels = table.get("label").and_then(|entry| read_labels(&entry.value, problems));
        let mut lists = Vec::new();
        for entry in &table.0 {
            if !matches!(entry.key.value.as_str(), "label" | "remove") {
                read_stage(&entry.key, &entry.value, &mut lists, problems);
            }
        }
        if lists.is_empty() && remove.is_none() && table.0.len() == usize::from(labels.is_some()) {
            let message = format!("axis `{}` sets no parameter", name.value);
            let help = "write `stage.parameter = [value, value]`";
            problems.push(Problem::at(&name.place, message).help(help).absence());
        }
        Some(Self { name: name.clone(), labels, lists, remove })
    }
}

fn read_labels(node: &Node, problems: &mut Vec<Problem>) -> Option<Located<Vec<Located<String>>>> {
    let items = node.list("a list of labels", problems)?;
    let labels: Vec<_> = items.iter().filter_map(|item| item.text(problems)).collect();
    let is_complete = labels.len() == items.len();
    is_complete.then(|| Located { value: labels, place: node.place.clone() })
}

fn read_stage(
    stage: &Located<String>,
    node: &Node,
    lists: &mut Vec<ValueList>,
    problems: &mut Vec<Problem>,
) {
    match &node.content {
        Content::Table(table) => read_path(stage, &mut Vec::new(), table, lists, problems),
        Content::Invalid => {}
        _ => {
            let message = format!("`{}` is not a parameter of a stage", stage.value);
            let help = "write `stage.parameter = [value, value]`";
            problems.push(Problem::at(&stage.place, message).help(help));
        }
    }
}

fn read_path(
    stage: &Located<String>,
    path: &mut Vec<String>,
    table: &Table,
    lists: &mut Vec<ValueList>,
    problems: &mut Vec<Problem>,
) {
    for entry in &table.0 {
        path.push(entry.key.value.clone());
        match &entry.value.content {
            Content::Table(deeper) => read_path(stage, path, deeper, lists, problems),
            _ => lists.extend(read_list(stage, path, &entry.key.place, &entry.value, problems)),
        }
        path.pop();
    }
}

fn read_list(
    stage: &Located<String>,
    path: &[String],
    key_place: &Place,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<ValueList> {
    let values = node.list("a list of the values to try", problems)?;
    if values.is_empty() {
        problems.push(Problem::at(&node.place, "a sweep needs at least one value"));
        return None;
    }
    Some(ValueList {
        stage: stage.clone(),
        path: path.to_vec(),
        key_place: key_place.clone(),
        place: node.place.clone(),
        values: values.to_vec(),
    })
}
