//! A stage kind for people: ports, and parameters with their docs and defaults.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::stage::{Arity, ErasedStage, Port};

/// The description of a kind.
pub(super) fn describe(stage: &dyn ErasedStage) -> String {
    let info = stage.info();
    let mut text = format!("{} (version {}): {}\n", info.kind, info.version, info.summary);
    if info.seeded {
        text.push_str("draws random numbers: stands once a seed\n");
    }
    ports(&mut text, "inputs", &info.inputs);
    ports(&mut text, "outputs", &info.outputs);
    let schema = stage.schema();
    if fields(&schema).is_none() {
        text.push_str("no parameters\n");
        return text;
    }
    text.push_str("parameters\n");
    parameters(&mut text, &schema, &schema, "");
    text
}

/// The fields of a table, if it is one that has some.
fn fields(table: &Value) -> Option<&Map<String, Value>> {
    let fields = table.get("properties").and_then(Value::as_object)?;
    (!fields.is_empty()).then_some(fields)
}

/// The parameters in a table, and those in the tables in it: `preprocess`, `preprocess.size`, …
fn parameters(text: &mut String, schema: &Value, table: &Value, prefix: &str) {
    for (name, property) in fields(table).into_iter().flatten() {
        parameter(text, schema, table, (prefix, name), property);
        if let Some(inner) = table_of(schema, property) {
            parameters(text, schema, inner, &format!("{prefix}{name}."));
        }
    }
}

/// The table that a property is, or may be.
fn table_of<'a>(schema: &'a Value, property: &'a Value) -> Option<&'a Value> {
    let property = resolved(schema, property);
    let options = property.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let tables = options.map(|option| resolved(schema, option));
    std::iter::once(property).chain(tables).find(|table| fields(table).is_some())
}

fn ports(text: &mut String, title: &str, ports: &[Port]) {
    if ports.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}");
    for port in ports {
        let arity = match port.arity {
            Arity::One => "",
            Arity::Optional => " (optional)",
            Arity::Gathered => " (one or more, from every trial)",
        };
        let _ = writeln!(text, "  {}: {}{arity}", port.name, port.kind);
    }
}

fn parameter(
    text: &mut String,
    schema: &Value,
    table: &Value,
    (prefix, name): (&str, &str),
    property: &Value,
) {
    let required = table.get("required").and_then(Value::as_array);
    let is_required = required.is_some_and(|names| names.iter().any(|required| required == name));
    let default = match property.get("default") {
        Some(value) => format!(" = {value}"),
        None if is_required => " (required)".to_owned(),
        None => String::new(),
    };
    let _ = writeln!(text, "  {prefix}{name}: {}{default}", type_of(schema, property));
    if let Some(doc) = property.get("description").and_then(Value::as_str) {
        for line in doc.lines() {
            let _ = writeln!(text, "      {line}");
        }
    }
}

/// The type of a property in a few words.
fn type_of(schema: &Value, property: &Value) -> String {
    let property = resolved(schema, property);
    if let Some(choices) = property.get("enum").and_then(Value::as_array) {
        return choices.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(value) = property.get("const") {
        return value.to_string();
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(options) = property.get(key).and_then(Value::as_array) {
            let names: Vec<_> = options.iter().map(|option| type_of(schema, option)).collect();
            return names.join(" | ");
        }
    }
    if property.get("format").and_then(Value::as_str) == Some("file") {
        return "file".to_owned();
    }
    let base = match property.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
        }
        _ => "any".to_owned(),
    };
    match (base.as_str(), property.get("items")) {
        ("array", Some(items)) => format!("list of {}", type_of(schema, items)),
        _ => base + &range(property),
    }
}

fn range(property: &Value) -> String {
    match (property.get("minimum"), property.get("maximum")) {
        (Some(low), Some(high)) => format!(" in [{low}, {high}]"),
        (Some(low), None) => format!(" >= {low}"),
        (None, Some(high)) => format!(" <= {high}"),
        (None, None) => String::new(),
    }
}

fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let name = property.get("$ref").and_then(Value::as_str);
    let definition = name.and_then(|name| schema.pointer(name.trim_start_matches('#')));
    definition.unwrap_or(property)
}
