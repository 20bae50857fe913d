//! Where a parameter was written, in the stage or in the sweep.

use std::collections::BTreeMap;

use crate::manifest::{Content, Node, Place, Table};

use super::schema_check::{Fault, Nature};
use super::{Setting, StageSpec};

/// The places of all parameters of a stage, by their path with dots.
#[derive(Default)]
pub(super) struct ParamPlaces {
    pub(super) values: BTreeMap<String, Place>,
    pub(super) keys: BTreeMap<String, Place>,
}

/// Collects the places of everything in `table`.
pub(super) fn places(table: &Table) -> ParamPlaces {
    let mut places = ParamPlaces::default();
    places.add_table("", table);
    places
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

impl ParamPlaces {
    fn add_table(&mut self, path: &str, table: &Table) {
        for entry in &table.0 {
            let path = join(path, &entry.key.value);
            self.keys.insert(path.clone(), entry.key.place.clone());
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
        self.values.insert(path, node.place.clone());
    }
}

/// The place to blame for `fault`, a sweep's setting before the stage's own parameter.
pub(super) fn blame(spec: &StageSpec, settings: &[&Setting], fault: &Fault) -> Place {
    let sets = |setting: &&&Setting| fault.path.starts_with(&setting.path);
    let leads_through = |setting: &&&Setting| setting.path.starts_with(&fault.path);
    if fault.nature == Nature::Unknown {
        let exact = settings.iter().find(leads_through).map(|setting| &setting.key_place);
        if let Some(place) = exact {
            return place.clone();
        }
    }
    if let Some(setting) = settings.iter().find(sets) {
        return setting.place.clone();
    }
    if fault.nature == Nature::Unknown
        && let Some(place) = spec.param_key_places.get(&fault.path.join("."))
    {
        return place.clone();
    }
    nearest_place(spec, &fault.path).clone()
}

/// Where the parameter or the innermost table around it is written.
fn nearest_place<'a>(spec: &'a StageSpec, path: &[String]) -> &'a Place {
    (1..=path.len())
        .rev()
        .find_map(|length| spec.param_places.get(&path[..length].join(".")))
        .unwrap_or(&spec.params_place)
}
