//! A `[stage.NAME]` table as written.

use indexmap::IndexMap;

use crate::stage::Threads;

use super::{
    Content, InputSpec, Located, Node, Pin, Place, Problem, Reference, Table, check_name, pin,
    reference,
};

/// The keys of a stage.
const KEYS: [&str; 8] =
    ["kind", "inputs", "params", "only", "threads", "memory", "remove", "same_as"];

/// A stage, all of it optional because a file below may have the rest.
#[derive(Clone, Debug)]
pub(crate) struct StageTable {
    pub(crate) name: Located<String>,
    pub(crate) kind: Option<Located<String>>,
    /// The kind is written but is no string, which has been reported.
    pub(crate) is_kind_broken: bool,
    pub(crate) inputs: IndexMap<String, InputSpec>,
    /// Ports that came from below when the kind changed: dropped if the new kind lacks them.
    pub(crate) inherited_ports: Vec<String>,
    pub(crate) params: Option<ParamTable>,
    /// The settings that it is held to.
    pub(crate) only: Option<Vec<Pin>>,
    pub(crate) threads: Option<Threads>,
    pub(crate) memory_mib: Option<u64>,
    pub(crate) remove: Option<Place>,
    /// The stage whose other name this is.
    pub(crate) same_as: Option<Reference>,
}

/// The parameters, and where the word `params` stands.
#[derive(Clone, Debug)]
pub(crate) struct ParamTable {
    pub(crate) place: Place,
    pub(crate) table: Table,
}

impl StageTable {
    pub(super) fn read(
        name: &Located<String>,
        node: &Node,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        check_name("a stage", name, problems);
        let table = node.table(problems)?;
        table.reject_unknown("a stage", &KEYS, problems);
        let value = |key: &str| table.get(key).map(|entry| &entry.value);
        let kind = value("kind").and_then(|node| node.text(problems));
        Some(Self {
            name: name.clone(),
            is_kind_broken: kind.is_none() && value("kind").is_some(),
            kind,
            inputs: value("inputs").map(|node| read_inputs(node, problems)).unwrap_or_default(),
            inherited_ports: Vec::new(),
            params: read_params(table, problems),
            only: value("only").and_then(|node| pin::read(node, problems)),
            threads: value("threads").and_then(|node| read_threads(node, problems)),
            memory_mib: value("memory").and_then(|node| read_memory(node, problems)),
            remove: read_remove("stage", table, problems),
            same_as: read_same_as(table, problems),
        })
    }

    /// Lays `top` over this stage.
    pub(crate) fn overlaid_by(mut self, top: Self) -> Self {
        if top.same_as.is_some() || self.same_as.is_some() {
            return top;
        }
        let word = |kind: &Option<Located<String>>| kind.as_ref().map(|kind| kind.value.clone());
        if top.kind.is_some() && word(&self.kind) != word(&top.kind) {
            // Another kind: the old parameters mean nothing, the old inputs may.
            self.params = None;
            self.inherited_ports = self.inputs.keys().cloned().collect();
        }
        if top.kind.is_some() {
            self.kind = top.kind;
            self.name = top.name;
        }
        self.is_kind_broken |= top.is_kind_broken;
        self.inherited_ports.retain(|port| !top.inputs.contains_key(port));
        self.inputs.extend(top.inputs);
        self.params = match (self.params, top.params) {
            (Some(old), Some(new)) => {
                Some(ParamTable { place: new.place, table: old.table.overlaid_by(new.table) })
            }
            (old, new) => new.or(old),
        };
        self.only = top.only.or(self.only);
        self.threads = top.threads.or(self.threads);
        self.memory_mib = top.memory_mib.or(self.memory_mib);
        self
    }
}

fn read_inputs(node: &Node, problems: &mut Vec<Problem>) -> IndexMap<String, InputSpec> {
    let mut inputs = IndexMap::new();
    for entry in node.table(problems).map_or(&[][..], |table| &table.0) {
        if let Some(input) = reference::read(&entry.key.place, &entry.value, problems) {
            inputs.insert(entry.key.value.clone(), input);
        }
    }
    inputs
}

fn read_params(table: &Table, problems: &mut Vec<Problem>) -> Option<ParamTable> {
    let entry = table.get("params")?;
    let table = entry.value.table(problems)?.clone();
    Some(ParamTable { place: entry.key.place.clone(), table })
}

fn read_threads(node: &Node, problems: &mut Vec<Problem>) -> Option<Threads> {
    const EXPECTED: &str = "a positive number of threads or `\"all\"`";
    match &node.content {
        Content::Text(text) if text == "all" => return Some(Threads::All),
        Content::Integer(count) => {
            if let Some(count) = usize::try_from(*count).ok().filter(|count| *count > 0) {
                return Some(Threads::Count(count));
            }
            problems.push(Problem::at(&node.place, format!("expected {EXPECTED}, found {count}")));
        }
        Content::Text(text) => {
            let message = format!("expected {EXPECTED}, found {text:?}");
            problems.push(Problem::at(&node.place, message));
        }
        _ => node.reject(EXPECTED, problems),
    }
    None
}

/// Reads `512MiB` or `2GiB` as MiB.
fn read_memory(node: &Node, problems: &mut Vec<Problem>) -> Option<u64> {
    let text = node.text(problems)?;
    let parse = |unit, mib: u64| {
        let digits = text.value.strip_suffix(unit)?.trim_end();
        digits.parse::<u64>().ok().filter(|amount| *amount > 0)?.checked_mul(mib)
    };
    let amount = parse("MiB", 1).or_else(|| parse("GiB", 1024));
    if amount.is_none() {
        let message = format!("`{}` is not an amount of memory", text.value);
        let help = "write a whole number and its unit, such as `\"512MiB\"` or `\"2GiB\"`";
        problems.push(Problem::at(&text.place, message).help(help));
    }
    amount
}

/// Reads `remove = true`, which stands alone in its table.
pub(super) fn read_remove(what: &str, table: &Table, problems: &mut Vec<Problem>) -> Option<Place> {
    let entry = table.get("remove")?;
    if !entry.value.boolean(problems)? {
        return None;
    }
    check_alone("remove", &format!("{what} that is taken out"), table, problems);
    Some(entry.key.place.clone())
}

/// Reads `same_as = "stage"`, which stands alone in its table.
fn read_same_as(table: &Table, problems: &mut Vec<Problem>) -> Option<Reference> {
    let entry = table.get("same_as")?;
    check_alone("same_as", "stage that is another's name", table, problems);
    reference::read_one(&entry.value, problems)
}

fn check_alone(key: &str, what: &str, table: &Table, problems: &mut Vec<Problem>) {
    if let Some(other) = table.0.iter().find(|other| other.key.value != key) {
        let message = format!("a {what} has no other keys");
        let owner = what.split(' ').next().unwrap_or_default();
        let help = format!("delete `{key}`, or everything else of the {owner}");
        problems.push(Problem::at(&other.key.place, message).help(help));
    }
}
