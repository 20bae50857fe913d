//! Checks parameters against the JSON Schema of their kind.
//!
//! It knows what `schemars` emits for parameter structs, no more: types, fields, items, ranges,
//! words, choices and references into `$defs`. Tables with fields are closed even if the schema
//! does not say so: a misspelt parameter that is silently passed over is the worst of all errors.

mod choice;
mod describe;
mod scalar;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::suggest::{advice, listing};

pub(super) use describe::is_file;
use describe::{describe, expected};

/// What kind of fault it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Nature {
    /// A parameter that does not exist.
    Unknown,
    /// A parameter that must be given.
    Missing,
    /// A value that cannot be.
    Value,
}

/// A parameter that cannot be.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// The parameter, a word or a list position a level; of a missing one, the table around it.
    pub(super) path: Vec<String>,
    pub(super) nature: Nature,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) help: Option<String>,
}

/// Checks the parameters of a stage of `kind`.
pub(super) fn check(kind: &str, schema: &Value, params: &Value) -> Vec<Fault> {
    let mut checker = Checker { kind, root: schema, path: Vec::new(), faults: Vec::new() };
    checker.check(schema, params);
    checker.faults
}

struct Checker<'a> {
    kind: &'a str,
    root: &'a Value,
    path: Vec<String>,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn check(&mut self, schema: &Value, value: &Value) {
        // Null stands for what was reported when the text was read.
        if value.is_null() {
            return;
        }
        let schema = expand(self.root, schema);
        let schema = schema.as_ref();
        if *schema == Value::Bool(false) {
            self.fault("must not be given", "not allowed");
        }
        for part in list(schema, "allOf") {
            self.check(part, value);
        }
        for key in ["oneOf", "anyOf"] {
            if schema.get(key).is_some() {
                self.choose(list(schema, key), value);
                return;
            }
        }
        if !has_type(schema, value) {
            let expected = expected(schema);
            self.reject(&expected, describe(value));
            return;
        }
        match value {
            Value::String(word) => self.check_text(schema, word),
            Value::Number(_) => self.check_number(schema, value),
            Value::Array(items) => self.check_items(schema, items),
            Value::Object(fields) => self.check_fields(schema, fields),
            _ => {}
        }
    }

    /// Adds a fault of the value at the current path; `what` completes "parameter `x` …".
    fn fault(&mut self, what: &str, label: &str) {
        let message = match self.path.as_slice() {
            [] => format!("the parameters of `{}` {what}", self.kind),
            path => format!("parameter `{}` {what}", path.join(".")),
        };
        self.push(Nature::Value, message, label, describe::about(self.root, &self.path));
    }

    fn push(&mut self, nature: Nature, message: String, label: &str, help: Option<String>) {
        let (path, label) = (self.path.clone(), label.to_owned());
        self.faults.push(Fault { path, nature, message, label, help });
    }

    fn reject(&mut self, expected: &str, found: &str) {
        self.fault(&format!("must be {expected}, not {found}"), &format!("expected {expected}"));
    }

    fn at(&mut self, step: String, check: impl FnOnce(&mut Self)) {
        self.path.push(step);
        check(self);
        self.path.pop();
    }

    fn check_items(&mut self, schema: &Value, items: &[Value]) {
        self.check_length(schema, ["minItems", "maxItems"], items.len() as u64, "item");
        let leading = list(schema, "prefixItems");
        for (position, item) in items.iter().enumerate() {
            if let Some(schema) = leading.get(position).or_else(|| schema.get("items")) {
                self.at(position.to_string(), |checker| checker.check(schema, item));
            }
        }
    }

    fn check_fields(&mut self, schema: &Value, fields: &Map<String, Value>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let known = |key: &str| properties.and_then(|properties| properties.get(key));
        let additional = schema.get("additionalProperties");
        let is_closed = match additional {
            Some(additional) => *additional == Value::Bool(false),
            None => properties.is_some(),
        };
        for (key, value) in fields {
            self.at(key.clone(), |checker| match (known(key), additional) {
                (None, _) if is_closed => checker.reject_field(properties),
                (Some(schema), _) | (None, Some(schema)) => checker.check(schema, value),
                (None, None) => {}
            });
        }
        for required in list(schema, "required").iter().filter_map(Value::as_str) {
            if !fields.contains_key(required) {
                self.miss_field(required);
            }
        }
    }

    fn reject_field(&mut self, properties: Option<&Map<String, Value>>) {
        let names: Vec<_> = properties.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let message = format!("`{}` has no parameter `{}`", self.kind, self.path.join("."));
        let word = self.path.last().map_or("", String::as_str);
        let help = advice(word, "parameters", &names);
        self.push(Nature::Unknown, message, "unknown", Some(help));
    }

    fn miss_field(&mut self, name: &str) {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        let help = describe::about(self.root, &path);
        let message = format!("`{}` needs the parameter `{}`", self.kind, path.join("."));
        self.push(Nature::Missing, message, "missing here", help);
    }

    fn miss_tag(&mut self, tag: &str, words: &[&str]) {
        self.miss_field(tag);
        if let Some(fault) = self.faults.last_mut() {
            fault.help = Some(listing("choices", words));
        }
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The schema with its reference followed; what stands beside a reference holds as well.
fn expand<'a>(root: &'a Value, schema: &'a Value) -> Cow<'a, Value> {
    let Some(target) = follow(root, schema) else { return Cow::Borrowed(schema) };
    let target = expand(root, target);
    let (Some(fields), Some(beside)) = (target.as_object(), schema.as_object()) else {
        return target;
    };
    let says_nothing = |key: &String| matches!(key.as_str(), "$ref" | "description" | "default");
    if beside.keys().all(says_nothing) {
        return target;
    }
    let mut merged = fields.clone();
    for (key, value) in beside.iter().filter(|(key, _)| *key != "$ref") {
        match (merged.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => old.extend(new.clone()),
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new.clone()),
            _ => _ = merged.insert(key.clone(), value.clone()),
        }
    }
    Cow::Owned(Value::Object(merged))
}

fn follow<'a>(root: &'a Value, schema: &Value) -> Option<&'a Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    match schema.get("type") {
        None => true,
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name),
    }
}
