//! Why a stage must run: which fields of its recipe differ from the last one.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Input, Recipe};
use crate::id::Digest;

/// Why a stage runs instead of being reused.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DirtyReason {
    /// It never ran in this experiment.
    New,
    /// Its recipe differs from the last one in these fields.
    Changed(Vec<Change>),
    /// The recipe is known, but this object is gone from the store.
    OutputMissing(Digest),
    /// The recipe is the last one, but its result is not recorded: it failed or was removed.
    NotRecorded,
}

impl DirtyReason {
    /// Compares the recipe of now with the last one.
    #[must_use]
    pub fn between(last: Option<&Recipe>, now: &Recipe) -> Self {
        let Some(last) = last else { return Self::New };
        let changes = changes(last, now);
        if changes.is_empty() { Self::NotRecorded } else { Self::Changed(changes) }
    }
}

impl fmt::Display for DirtyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("never ran before"),
            Self::NotRecorded => f.write_str("no result is recorded"),
            Self::OutputMissing(digest) => write!(f, "object {} is missing", digest.short()),
            Self::Changed(changes) => {
                for (position, change) in changes.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    write!(f, "{comma}{change}")?;
                }
                Ok(())
            }
        }
    }
}

/// One field that differs, with its old and its new value; absent is `None`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// The field, such as `params.margin` or `input features`.
    pub field: String,
    /// The value of the last run.
    pub old: Option<String>,
    /// The value of now.
    pub new: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "`{}` changed ({old} => {new})", self.field),
            (None, Some(new)) => write!(f, "`{}` is new ({new})", self.field),
            (Some(old), None) => write!(f, "`{}` is gone (was {old})", self.field),
            (None, None) => write!(f, "`{}` changed", self.field),
        }
    }
}

fn changes(last: &Recipe, now: &Recipe) -> Vec<Change> {
    let mut found = Vec::new();
    let mut field = |name: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            found.push(Change { field: name.to_owned(), old, new });
        }
    };
    field("kind", Some(last.kind.clone()), Some(now.kind.clone()));
    field("version", Some(last.version.to_string()), Some(now.version.to_string()));
    field("seed", last.seed.map(|s| s.to_string()), now.seed.map(|s| s.to_string()));
    let runtime = |recipe: &Recipe| recipe.runtime.as_ref().map(ToString::to_string);
    let library = |recipe: &Recipe| recipe.runtime.as_ref()?.library.map(|digest| digest.short());
    field("runtime", runtime(last), runtime(now));
    field("runtime library", library(last), library(now));
    let platform = |recipe: &Recipe| recipe.platform.as_ref().map(|p| p.0.clone());
    field("platform", platform(last), platform(now));
    for port in union(last.inputs.keys(), now.inputs.keys()) {
        input_changes(&port, last.inputs.get(&port), now.inputs.get(&port), &mut field);
    }
    for port in union(last.outputs.keys(), now.outputs.keys()) {
        let codec = |recipe: &Recipe| recipe.outputs.get(&port).map(ToString::to_string);
        field(&format!("codec of {port}"), codec(last), codec(now));
    }
    value_changes("params", Some(&last.params), Some(&now.params), &mut field);
    found
}

fn union<'a>(
    left: impl Iterator<Item = &'a String>,
    right: impl Iterator<Item = &'a String>,
) -> BTreeSet<String> {
    left.chain(right).cloned().collect()
}

type Field<'a> = dyn FnMut(&str, Option<String>, Option<String>) + 'a;

fn input_changes(port: &str, old: Option<&Input>, new: Option<&Input>, field: &mut Field<'_>) {
    let flat = |input: Option<&Input>| -> Vec<(String, Digest)> {
        match input {
            None => Vec::new(),
            Some(Input::One(digest)) => vec![(String::new(), *digest)],
            Some(Input::Gathered(items)) => items
                .iter()
                .map(|item| match item.trial.is_shared() {
                    true => (format!(" from {}", item.stage), item.digest),
                    false => (format!(" from {}@{}", item.stage, item.trial), item.digest),
                })
                .collect(),
        }
    };
    let (old, new) = (flat(old), flat(new));
    let find = |items: &[(String, Digest)], origin: &str| {
        items.iter().find(|(name, _)| name == origin).map(|(_, digest)| digest.short())
    };
    for origin in union(old.iter().map(|(name, _)| name), new.iter().map(|(name, _)| name)) {
        let name = format!("input {port}{origin}");
        field(&name, find(&old, &origin), find(&new, &origin));
    }
    let order = |items: &[(String, Digest)]| {
        items.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",")
    };
    if old.len() == new.len() {
        field(&format!("order of input {port}"), Some(order(&old)), Some(order(&new)));
    }
}

fn value_changes(path: &str, old: Option<&Value>, new: Option<&Value>, field: &mut Field<'_>) {
    if old == new {
        return;
    }
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (old, new)
        && !old.contains_key("$file")
        && !new.contains_key("$file")
    {
        for key in union(old.keys(), new.keys()) {
            value_changes(&format!("{path}.{key}"), old.get(&key), new.get(&key), field);
        }
        return;
    }
    field(path, old.map(render), new.map(render));
}

fn render(value: &Value) -> String {
    match value.get("$file").and_then(Value::as_str) {
        Some(digest) => format!("content {}", digest.get(..12).unwrap_or(digest)),
        None => value.to_string(),
    }
}
