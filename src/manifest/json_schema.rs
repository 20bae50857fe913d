//! The JSON Schema of a manifest, for editors that complete and check while one types.

use serde_json::{Map, Value, json};

use crate::stage::{Arity, ErasedStage, Port, Registry};

use super::NAME_PATTERN;

/// The schema (draft 2020-12) of manifests and pipelines whose stages are in `registry`.
///
/// It is a little milder than the program: an overlay may leave out what a base gives.
#[must_use]
pub fn schema(registry: &Registry) -> Value {
    let mut definitions = Map::new();
    let mut kinds = Vec::new();
    let mut rules = Vec::new();
    for (kind, stage) in registry.iter() {
        kinds.push(json!({ "const": kind, "description": stage.info().summary }));
        rules.push(rule(kind, stage.as_ref()));
        define_params(kind, stage.schema(), &mut definitions);
    }
    // Kinds are lower case, and what they define has a dot: these three can collide with neither.
    definitions.insert("Stage".to_owned(), stage_schema(kinds, rules));
    definitions.insert("Axis".to_owned(), axis_schema());
    definitions.insert("Reference".to_owned(), reference_schema());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "erpc-pipe manifest",
        "description": "An experiment, an ablation of one, or a reusable pipeline.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "extends": {
                "type": "string",
                "description": "Another experiment that this one is laid over, relative to this file.",
            },
            "experiment": experiment_schema(),
            "stage": named("The stages of the graph.", "Stage"),
            "sweep": named("Axes along which parameters vary; they are crossed.", "Axis"),
        },
        "$defs": definitions,
    })
}

fn named(description: &str, definition: &str) -> Value {
    json!({
        "type": "object",
        "description": description,
        "propertyNames": { "pattern": NAME_PATTERN },
        "additionalProperties": { "$ref": format!("#/$defs/{definition}") },
    })
}

fn experiment_schema() -> Value {
    json!({
        "type": "object",
        "description": "What the experiment is called and how often it is repeated.",
        "additionalProperties": false,
        "properties": {
            "name": {
                "type": "string",
                "pattern": NAME_PATTERN,
                "description": "The name, also that of the folder of its results.",
            },
            "title": { "type": "string", "description": "A line for headings." },
            "description": { "type": "string", "description": "What it is about." },
            "pipeline": {
                "type": "string",
                "pattern": NAME_PATTERN,
                "description": "A reusable graph, pipelines/NAME.toml, that this file overrides.",
            },
            "seeds": {
                "type": "array",
                "items": { "type": "integer", "minimum": 0 },
                "minItems": 1,
                "uniqueItems": true,
                "default": [1],
                "description": "The seeds of the random streams; every stage that a seed can reach runs once for each.",
            },
            "exclude": {
                "type": "array",
                "items": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": { "type": ["string", "integer"] },
                },
                "description": "Combinations that are left out of the crossed axes, as in [{ method = \"full\", size = \"32\" }].",
            },
        },
    })
}

fn stage_schema(kinds: Vec<Value>, rules: Vec<Value>) -> Value {
    let mut schema = json!({
        "type": "object",
        "description": "One step of the graph.",
        "additionalProperties": false,
        "properties": {
            "kind": { "description": "What the stage does." },
            "inputs": {
                "type": "object",
                "description": "What stands at each input port: \"stage\", \"stage.port\", or a list of those.",
                "additionalProperties": { "$ref": "#/$defs/Reference" },
            },
            "params": { "type": "object", "description": "Parameters that differ from their defaults." },
            "only": {
                "type": "object",
                "additionalProperties": { "type": ["string", "integer"] },
                "description": "Holds the stage to one setting of an axis, or to one seed, as in { method = \"full\", seed = 1 }.",
            },
            "threads": {
                "anyOf": [{ "type": "integer", "minimum": 1 }, { "const": "all" }],
                "description": "The threads it may use, in place of its own wish; changes no result.",
            },
            "memory": {
                "type": "string",
                "pattern": "^[0-9]+ *(MiB|GiB)$",
                "description": "The memory it may take, such as \"2GiB\"; changes no result.",
            },
            "remove": { "type": "boolean", "description": "Takes the stage out of what lies below." },
            "same_as": {
                "type": "string",
                "description": "The stage, or \"stage.port\", whose other name this is.",
            },
        },
    });
    // An empty choice would be no schema at all.
    if !kinds.is_empty() {
        schema["properties"]["kind"]["oneOf"] = Value::Array(kinds);
        schema["allOf"] = Value::Array(rules);
    }
    schema
}

fn axis_schema() -> Value {
    json!({
        "type": "object",
        "description": "One axis: lists of values that go in step, as in train.margin = [0.1, 0.2].",
        "properties": {
            "label": {
                "type": "array",
                "items": { "type": "string", "minLength": 1 },
                "uniqueItems": true,
                "description": "What to call the options; the values of the first list by default.",
            },
            "remove": { "type": "boolean", "description": "Takes the axis out of what lies below." },
        },
        "additionalProperties": {
            "type": "object",
            "description": "A stage and, for each parameter, the list of values to try.",
        },
    })
}

fn reference_schema() -> Value {
    let pattern = "^[a-z0-9_-]+([.][a-z0-9_]+)?$";
    let one = json!({ "type": "string", "pattern": pattern });
    json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

/// What holds for stages of `kind`: its parameters and its ports.
fn rule(kind: &str, stage: &dyn ErasedStage) -> Value {
    let info = stage.info();
    let port = |port: &Port| {
        let count = match port.arity {
            Arity::One => "one",
            Arity::Optional => "optional, one",
            Arity::Gathered => "gathers any number of",
        };
        let description = format!("{count} {}", port.kind);
        let schema = json!({ "$ref": "#/$defs/Reference", "description": description });
        (port.name.to_owned(), schema)
    };
    let ports: Map<String, Value> = info.inputs.iter().map(port).collect();
    json!({
        "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] },
        "then": { "properties": {
            "params": { "$ref": format!("#/$defs/{kind}") },
            "inputs": { "properties": ports, "additionalProperties": false },
        } },
    })
}

/// Adds the parameters of `kind`, and what they refer to, under names that no other kind uses.
fn define_params(kind: &str, mut schema: Value, definitions: &mut Map<String, Value>) {
    rename_references(kind, &mut schema);
    if let Value::Object(fields) = &mut schema {
        fields.remove("$schema");
        // A base or a sweep may give what this file leaves out.
        fields.remove("required");
        if let Some(Value::Object(own)) = fields.remove("$defs") {
            let own = own.into_iter();
            definitions.extend(own.map(|(name, value)| (format!("{kind}.{name}"), value)));
        }
    }
    definitions.insert(kind.to_owned(), schema);
}

fn rename_references(kind: &str, schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(target) if key == "$ref" => {
                        *target = match target.strip_prefix("#/$defs/") {
                            Some(name) => format!("#/$defs/{kind}.{name}"),
                            None => format!("#/$defs/{kind}"),
                        };
                    }
                    _ => rename_references(kind, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_references(kind, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::testing::registry;

    fn references(schema: &Value, found: &mut Vec<String>) {
        match schema {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema(&registry());
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.contains(&"#/$defs/train-model".to_owned()));
        assert!(found.contains(&"#/$defs/train-model.Optimizer".to_owned()));
        for reference in found {
            assert!(schema.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn kinds_and_ports_are_described() {
        let schema = schema(&registry());
        let kinds = &schema["$defs"]["Stage"]["properties"]["kind"]["oneOf"];
        assert_eq!(kinds[0], json!({ "const": "load-data", "description": "reads a file" }));
        let rules = schema["$defs"]["Stage"]["allOf"].as_array().expect("one a kind");
        assert_eq!(rules.len(), 3);
        let rows = &rules[1]["then"]["properties"]["inputs"]["properties"]["rows"];
        assert_eq!(rows["description"], "gathers any number of text");
    }

    #[test]
    fn an_empty_registry_gives_a_schema_without_a_choice_of_kinds() {
        let schema = schema(&Registry::default());
        assert!(schema["$defs"]["Stage"]["properties"]["kind"].get("oneOf").is_none());
    }
}
