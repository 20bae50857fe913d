//! Where a parameter was written, in the stage or in the sweep.

use crate::manifest::{Content, Node, Place, Table};

use super::schema_check::{Fault, Nature};
use super::{Setting, StageSpec};

/// Where the parameters of a stage are written, by path: nesting and list positions after dots.
///
/// Lists and not maps: stages are many and parameters few, and an empty map is not small.
#[derive(Clone, Debug, Default)]
pub struct ParamPlaces {
    values: Vec<(String, Place)>,
    keys: Vec<(String, Place)>,
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

fn find<'a>(places: &'a [(String, Place)], path: &str) -> Option<&'a Place> {
    places.iter().find(|(written, _)| written == path).map(|(_, place)| place)
}

impl ParamPlaces {
    /// Collects the places of everything in `table`.
    pub(super) fn of(table: &Table) -> Self {
        let mut places = Self::default();
        places.add_table("", table);
        places.values.shrink_to_fit();
        places.keys.shrink_to_fit();
        places
    }

    /// Where the value at `path` is written.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&Place> {
        find(&self.values, path)
    }

    /// Where the name of the parameter at `path` is written.
    #[must_use]
    pub fn key(&self, path: &str) -> Option<&Place> {
        find(&self.keys, path)
    }

    fn add_table(&mut self, path: &str, table: &Table) {
        for entry in &table.0 {
            let path = join(path, &entry.key.value);
            self.keys.push((path.clone(), entry.key.place.clone()));
            self.add(path, &entry.value);
        }
    }

    fn add(&mut self, path: String, node: &Node) {
        match &node.content {
            Content::Table(table) => self.add_table(&path, table),
            Content::List(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.add(join(&path, &position.to_string()), item);
                }
            }
            _ => {}
        }
        self.values.push((path, node.place.clone()));
    }
}

/// The place to blame for `fault`, a sweep's setting before the stage's own parameter.
pub(super) fn blame(spec: &StageSpec, settings: &[&Setting], fault: &Fault) -> Place {
    let leads_through = |setting: &&&Setting| setting.path.starts_with(&fault.path);
    if fault.nature == Nature::Unknown {
        let exact = settings.iter().find(leads_through).map(|setting| &setting.key_place);
        if let Some(place) = exact {
            return place.clone();
        }
    }
    let is_set = settings.iter().any(|setting| fault.path.starts_with(&setting.path));
    if fault.nature == Nature::Unknown
        && !is_set
        && let Some(place) = spec.param_places.key(&fault.path.join("."))
    {
        return place.clone();
    }
    written(spec, settings, &fault.path).clone()
}

/// Where the value at `path` is written, in a sweep's setting before the stage's own parameters.
pub(super) fn written<'a>(
    spec: &'a StageSpec,
    settings: &[&'a Setting],
    path: &[String],
) -> &'a Place {
    let setting = settings.iter().find(|setting| path.starts_with(&setting.path));
    setting.map_or_else(|| nearest_place(spec, path), |setting| &setting.place)
}

/// Where the parameter or the innermost table around it is written.
fn nearest_place<'a>(spec: &'a StageSpec, path: &[String]) -> &'a Place {
    (1..=path.len())
        .rev()
        .find_map(|length| spec.param_places.value(&path[..length].join(".")))
        .unwrap_or(&spec.params_place)
}
