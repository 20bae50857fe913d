//! A parameter that names a file outside the store.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A file or folder outside the store.
///
/// In a manifest it is a plain string: relative to the data folder, or, if it begins with `./` or
/// `../`, to the folder of the manifest that says it. In resolved parameters it is `{"$file": NAME}`,
/// with `"beside": FOLDER` for the second kind, so that the plan can find it and put the *content* in
/// its place: a moved file reruns nothing, an edited one does. A stage opens it through
/// [`StageContext`](super::StageContext) only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileRef {
    name: String,
    beside: Option<String>,
}

impl FileRef {
    /// Refers to `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), beside: None }
    }

    /// The name as written, or the digest once the plan has looked at the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of the manifest, if the name is relative to it.
    #[must_use]
    pub fn beside(&self) -> Option<&str> {
        self.beside.as_deref()
    }

    /// All files in resolved parameters, in the order of their keys.
    #[must_use]
    pub fn all_in(params: &Value) -> Vec<Self> {
        match params {
            Value::Object(fields) => match Self::of(params) {
                Some(file) => vec![file],
                None => fields.values().flat_map(Self::all_in).collect(),
            },
            Value::Array(items) => items.iter().flat_map(Self::all_in).collect(),
            _ => Vec::new(),
        }
    }

    /// A copy of resolved parameters in which `replace` has renamed each file.
    #[must_use]
    pub fn replace_in(params: &Value, replace: &dyn Fn(&Self) -> String) -> Value {
        map_in(params, &mut Vec::new(), &|_, file| Self::new(replace(file)))
    }

    /// A copy of resolved parameters in which each name that begins with `./` or `../` is relative to
    /// the folder that `folder` gives for its path, a word or a list position a level.
    #[must_use]
    pub fn anchor_in(params: &Value, folder: &dyn Fn(&[String]) -> String) -> Value {
        map_in(params, &mut Vec::new(), &|path, file| {
            let is_beside = file.name.starts_with("./") || file.name.starts_with("../");
            let beside = if is_beside { Some(folder(path)) } else { file.beside.clone() };
            Self { name: file.name.clone(), beside }
        })
    }

    fn of(value: &Value) -> Option<Self> {
        let name = value.get("$file")?.as_str()?.to_owned();
        let beside = value.get("beside").and_then(Value::as_str).map(str::to_owned);
        Some(Self { name, beside })
    }
}

/// A copy of resolved parameters in which `map` has replaced each file, whose path it is told.
fn map_in(
    params: &Value,
    path: &mut Vec<String>,
    map: &dyn Fn(&[String], &FileRef) -> FileRef,
) -> Value {
    if let Some(file) = FileRef::of(params) {
        return serde_json::to_value(map(path, &file)).expect("a name is plain data");
    }
    let mut deeper = |step: String, value: &Value| {
        path.push(step);
        let mapped = map_in(value, path, map);
        path.pop();
        mapped
    };
    match params {
        Value::Object(fields) => {
            let mapped =
                |(key, value): (&String, &Value)| (key.clone(), deeper(key.clone(), value));
            Value::Object(fields.iter().map(mapped).collect())
        }
        Value::Array(items) => {
            let mapped = |(place, item): (usize, &Value)| deeper(place.to_string(), item);
            Value::Array(items.iter().enumerate().map(mapped).collect())
        }
        other => other.clone(),
    }
}

impl fmt::Display for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Serialize for FileRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = ("$file", self.name.as_str());
        let beside = self.beside.as_deref().map(|folder| ("beside", folder));
        serializer.collect_map(std::iter::once(name).chain(beside))
    }
}

impl<'de> Deserialize<'de> for FileRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(name) => Ok(Self::new(name)),
            other => {
                Self::of(&other).ok_or_else(|| D::Error::custom("expected the name of a file"))
            }
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
