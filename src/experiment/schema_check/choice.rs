//! Checks a value against alternatives: words, tagged tables, and the optional.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::describe::{describe, expected, words};
use super::{Checker, Fault, expand, has_type, list};

impl Checker<'_> {
    /// Checks that one of `alternatives` fits, and blames the one that was most likely meant.
    pub(super) fn choose(&mut self, alternatives: &[Value], value: &Value) {
        let root = self.root;
        let is_null = |schema: &&Value| schema.get("type").is_some_and(|name| name == "null");
        let alternatives: Vec<Cow<'_, Value>> = alternatives
            .iter()
            .filter(|schema| !is_null(schema))
            .map(|schema| expand(root, schema))
            .collect();
        match (alternatives.as_slice(), value) {
            ([only], _) => self.check(only, value),
            (_, Value::String(word)) if self.choose_word(&alternatives, word) => {}
            (_, Value::Object(fields)) if self.choose_tag(&alternatives, fields, value) => {}
            _ => self.choose_nearest(&alternatives, value),
        }
    }

    /// Decides over a choice of words; false if it is none.
    fn choose_word(&mut self, alternatives: &[Cow<'_, Value>], word: &str) -> bool {
        let choices: Vec<_> = alternatives.iter().flat_map(|schema| words(schema)).collect();
        let takes_any = |schema: &Cow<'_, Value>| {
            words(schema).is_empty() && has_type(schema, &Value::String(String::new()))
        };
        if choices.is_empty() || alternatives.iter().any(takes_any) {
            return false;
        }
        if !choices.contains(&word) {
            self.reject_word(word, &choices);
        }
        true
    }

    /// Decides over tables that a field or their only key tells apart; false if they are none.
    fn choose_tag(
        &mut self,
        alternatives: &[Cow<'_, Value>],
        fields: &Map<String, Value>,
        value: &Value,
    ) -> bool {
        let Some(tag) = alternatives.iter().find_map(|schema| tag_of(schema)) else {
            return self.choose_key(alternatives, fields, value);
        };
        let tagged = |schema: &&Cow<'_, Value>| tag_word(schema, tag).is_some();
        let choices: Vec<_> =
            alternatives.iter().filter_map(|schema| tag_word(schema, tag)).collect();
        let Some(word) = fields.get(tag) else {
            self.miss_tag(tag, &choices);
            return true;
        };
        let is_meant = |schema: &&Cow<'_, Value>| tag_word(schema, tag) == word.as_str();
        match (alternatives.iter().filter(tagged).find(is_meant), word) {
            (Some(schema), _) => self.check(schema, value),
            (None, Value::String(word)) => {
                self.at(tag.to_owned(), |checker| checker.reject_word(word, &choices));
            }
            (None, Value::Null) => {}
            (None, other) => {
                self.at(tag.to_owned(), |checker| checker.reject("a string", describe(other)));
            }
        }
        true
    }

    fn choose_key(
        &mut self,
        alternatives: &[Cow<'_, Value>],
        fields: &Map<String, Value>,
        value: &Value,
    ) -> bool {
        let key = |schema: &Cow<'_, Value>| match list(schema, "required") {
            [key] if schema.get("properties")?.as_object()?.len() == 1 => {
                key.as_str().map(str::to_owned)
            }
            _ => None,
        };
        let meant = alternatives
            .iter()
            .find(|schema| key(schema).is_some_and(|key| fields.contains_key(&key)));
        if let Some(schema) = meant {
            self.check(schema, value);
        }
        meant.is_some()
    }

    fn choose_nearest(&mut self, alternatives: &[Cow<'_, Value>], value: &Value) {
        let mut nearest: Option<Vec<Fault>> = None;
        for schema in alternatives.iter().filter(|schema| has_type(schema, value)) {
            let (kind, root, path) = (self.kind, self.root, self.path.clone());
            let mut attempt = Checker { kind, root, path, faults: Vec::new() };
            attempt.check(schema, value);
            if nearest.as_ref().is_none_or(|nearest| attempt.faults.len() < nearest.len()) {
                nearest = Some(attempt.faults);
            }
        }
        if let Some(faults) = nearest {
            self.faults.extend(faults);
        } else {
            let mut names: Vec<_> = alternatives.iter().map(|schema| expected(schema)).collect();
            names.dedup();
            self.reject(&names.join(" or "), describe(value));
        }
    }
}

/// The field whose constant tells a variant of an internally tagged enum.
fn tag_of(schema: &Value) -> Option<&str> {
    let properties = schema.get("properties")?.as_object()?;
    let required = list(schema, "required");
    let is_tag = |(key, field): &(&String, &Value)| {
        field.get("const").is_some() && required.iter().any(|name| name == key.as_str())
    };
    properties.iter().find(is_tag).map(|(key, _)| key.as_str())
}

fn tag_word<'a>(schema: &'a Value, tag: &str) -> Option<&'a str> {
    schema.get("properties")?.get(tag)?.get("const")?.as_str()
}
