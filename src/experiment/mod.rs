//! A manifest with everything resolved: overlays applied, kinds looked up, parameters checked.
//!
//! [`Experiment::resolve`] lays the files on each other (a pipeline below the experiment that names
//! it, a base below the ablation that extends it), looks every kind up, checks parameters against
//! the schema of their kind, and turns `[sweep]` into axes. What the edges of the graph mean (which
//! port fits which, what is gathered) is not decided here but in `graph`.

mod aliases;
mod locate;
mod overlay;
mod params;
mod pins;
mod resolve;
mod schema_check;
mod sweep;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::manifest::{Place, Source};
use crate::stage::{ErasedStage, Threads};

pub use crate::manifest::{InputSpec, Pin, Reference};
pub use locate::ParamPlaces;
pub use overlay::Loader;

/// What a manifest asks for, nothing left open but the connections between stages.
pub struct Experiment {
    /// The name, also that of the folder of its results.
    pub name: String,
    /// A line for headings.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The seeds, distinct, in the order written.
    pub seeds: Vec<u64>,
    /// The axes of the sweep, in the order of appearance; they are crossed.
    pub axes: Vec<Axis>,
    /// Combinations of settings that are left out of the cross; the settings exist.
    pub excluded: Vec<Vec<Pin>>,
    /// The stages, in the order of appearance.
    pub stages: IndexMap<String, StageSpec>,
    /// The files it was read from: the manifest itself, then what it builds on.
    pub sources: Vec<Source>,
}

/// One direction in which parameters vary.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// The points on it; never empty, and their labels differ.
    pub options: Vec<AxisOption>,
}

/// One point on an axis.
#[derive(Clone, Debug)]
pub struct AxisOption {
    /// What tables and stage names call it.
    pub label: String,
    /// What it changes.
    pub settings: Vec<Setting>,
}

/// One parameter with the value that it takes at a point of an axis.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The stage.
    pub stage: String,
    /// The parameter, a word a level.
    pub path: Vec<String>,
    /// The value.
    pub value: Value,
    /// Where the value is written.
    pub place: Place,
    /// Where the parameter's name is written.
    pub key_place: Place,
}

/// A stage, its kind looked up and its parameters checked.
#[derive(Clone)]
pub struct StageSpec {
    /// The name.
    pub name: String,
    /// Where the name is written.
    pub place: Place,
    /// Where the kind is written.
    pub kind_place: Place,
    /// The kind.
    pub stage: Arc<dyn ErasedStage>,
    /// The JSON Schema of the kind's parameters.
    pub schema: Arc<Value>,
    /// The parameters as written and overlaid, without defaults.
    pub params: Value,
    /// Where the word `params` is written, or the stage's name if it is not.
    pub params_place: Place,
    /// Where each parameter is written.
    pub param_places: ParamPlaces,
    /// What stands at each input port.
    pub inputs: IndexMap<String, InputSpec>,
    /// The settings that it is held to: one an axis, and they exist.
    pub only: Vec<Pin>,
    /// What the manifest says about threads and memory.
    pub needs: NeedsOverride,
}

/// Needs that the manifest sets in place of the stage's own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct NeedsOverride {
    /// The threads.
    pub threads: Option<Threads>,
    /// The memory, in MiB.
    pub memory_mib: Option<u64>,
}
