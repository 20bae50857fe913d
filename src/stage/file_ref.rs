//! A parameter that names a file outside the store.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A file or folder outside the store, named relative to the data folder.
///
/// In a manifest it is a plain string. In resolved parameters it is `{"$file": NAME}`, so that the
/// plan can find it and put the *content* in its place: a moved file reruns nothing, an edited one
/// does. A stage opens it through [`StageContext`](super::StageContext) only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileRef(String);

impl FileRef {
    /// Refers to `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as written, or the digest once the plan has looked at the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The names of all files in resolved parameters, in the order of their keys.
    #[must_use]
    pub fn all_in(params: &Value) -> Vec<&str> {
        match params {
            Value::Object(fields) => match fields.get("$file").and_then(Value::as_str) {
                Some(name) => vec![name],
                None => fields.values().flat_map(Self::all_in).collect(),
            },
            Value::Array(items) => items.iter().flat_map(Self::all_in).collect(),
            _ => Vec::new(),
        }
    }

    /// A copy of resolved parameters in which `replace` has renamed each file.
    #[must_use]
    pub fn replace_in(params: &Value, replace: &dyn Fn(&str) -> String) -> Value {
        match params {
            Value::Object(fields) => match fields.get("$file").and_then(Value::as_str) {
                Some(name) => serde_json::json!({ "$file": replace(name) }),
                None => Value::Object(
                    fields
                        .iter()
                        .map(|(key, value)| (key.clone(), Self::replace_in(value, replace)))
                        .collect(),
                ),
            },
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| Self::replace_in(item, replace)).collect())
            }
            other => other.clone(),
        }
    }
}

impl fmt::Display for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FileRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        std::collections::BTreeMap::from([("$file", &self.0)]).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FileRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(Self(name)),
            other => match other.get("$file").and_then(Value::as_str) {
                Some(name) => Ok(Self(name.to_owned())),
                None => Err(D::Error::custom("expected the name of a file")),
            },
        }
    }
}

impl JsonSchema for FileRef {
    fn schema_name() -> Cow<'static, str> {
        "FileRef".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "file" })
    }
}
