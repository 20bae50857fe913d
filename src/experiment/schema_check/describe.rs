//! Words for what a schema expects and what a value is.

use serde_json::Value;

use super::{follow, list};

/// What a value is, with its article.
pub(super) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a float",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// What a schema expects, with its article.
pub(super) fn expected(schema: &Value) -> String {
    if schema.get("format").is_some_and(|format| format == "file") {
        return "the name of a file".to_owned();
    }
    let name = |name: &Value| match name.as_str()? {
        "string" => Some("a string"),
        "integer" => Some("an integer"),
        "number" => Some("a number"),
        "boolean" => Some("`true` or `false`"),
        "array" => Some("a list"),
        "object" => Some("a table"),
        _ => None,
    };
    let names: Vec<_> = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().filter_map(name).collect(),
        Some(one) => name(one).into_iter().collect(),
        None => Vec::new(),
    };
    if names.is_empty() { "something else".to_owned() } else { names.join(" or ") }
}

/// The words that a schema allows; none if it is not a choice of words.
pub(super) fn words(schema: &Value) -> Vec<&str> {
    let constant = schema.get("const").and_then(Value::as_str);
    constant.into_iter().chain(list(schema, "enum").iter().filter_map(Value::as_str)).collect()
}

/// The range that a number's format implies beyond what `schemars` spells out.
pub(super) fn format_range(schema: &Value) -> (Option<f64>, Option<f64>) {
    match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
        Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        Some("float") => (Some(f64::from(f32::MIN)), Some(f64::from(f32::MAX))),
        _ => (None, None),
    }
}

/// Every schema that describes the parameter at `path`, the choices of an enum side by side.
fn at<'a>(root: &'a Value, schema: &'a Value, path: &[String]) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|key| list(schema, key));
    for part in follow(root, schema).into_iter().chain(parts) {
        found.extend(at(root, part, path));
    }
    match path.split_first() {
        None => found.insert(0, schema),
        Some((step, deeper)) => {
            let field = schema.get("properties").and_then(|properties| properties.get(step));
            let other = || schema.get("items").or_else(|| schema.get("additionalProperties"));
            if let Some(next) = field.or_else(other) {
                found.extend(at(root, next, deeper));
            }
        }
    }
    found
}

/// The first line of what the documentation says about a parameter.
pub(super) fn about(root: &Value, path: &[String]) -> Option<String> {
    let name = path.last()?;
    let descriptions = at(root, root, path);
    let text = descriptions.iter().find_map(|schema| schema.get("description")?.as_str())?;
    let paragraph = text.split("\n\n").next()?.replace('\n', " ");
    Some(format!("`{name}`: {paragraph}"))
}

/// Whether the parameter at `path` names a file.
pub(in super::super) fn is_file(root: &Value, path: &[String]) -> bool {
    let names_file = |schema: &&Value| schema.get("format").is_some_and(|format| format == "file");
    at(root, root, path).iter().any(names_file)
}
