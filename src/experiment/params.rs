//! The parameters of a stage in one trial: settings applied, checked, defaults filled in.

use serde_json::{Map, Value};

use crate::manifest::{ManifestError, Problem};
use crate::stage::{FileRef, StageError};

use super::schema_check::{self, Fault, Nature};
use super::{Axis, AxisOption, Setting, StageSpec, locate};

impl StageSpec {
    /// The resolved parameters with `settings` applied; those of other stages are passed over.
    ///
    /// # Errors
    /// A problem at the place of each parameter that cannot be.
    pub fn params_for(&self, settings: &[&Setting]) -> Result<Value, ManifestError> {
        let own: Vec<_> =
            settings.iter().copied().filter(|setting| setting.stage == self.name).collect();
        let mut params = self.params.clone();
        for setting in &own {
            set(&mut params, &setting.path, &setting.value);
        }
        let kind = self.stage.info().kind;
        let faults = schema_check::check(kind, &self.schema, &params);
        if !faults.is_empty() {
            let problems = faults.into_iter().map(|fault| self.problem(&own, fault)).collect();
            return Err(ManifestError::new(problems));
        }
        if has_hole(&params) {
            return Ok(params);
        }
        let resolved = self.stage.resolve(&params).map_err(|error| {
            let fault = fault_of(kind, &error);
            ManifestError::new(vec![self.problem(&own, fault)])
        })?;
        // The file that says the name, which may be one that this manifest builds on.
        let folder = |path: &[String]| locate::written(self, &own, path).source.folder();
        Ok(FileRef::anchor_in(&resolved, &folder))
    }

    fn problem(&self, settings: &[&Setting], fault: Fault) -> Problem {
        let place = locate::blame(self, settings, &fault);
        let mut problem = Problem::at(&place, fault.message).label(fault.label);
        if let Some(help) = fault.help {
            problem = problem.help(help);
        }
        if fault.nature == Nature::Missing { problem.absence() } else { problem }
    }
}

/// Whether a value is missing because it was reported when the text was read.
fn has_hole(params: &Value) -> bool {
    match params {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_hole),
        Value::Object(fields) => fields.values().any(has_hole),
        _ => false,
    }
}

fn fault_of(kind: &str, error: &StageError) -> Fault {
    let (path, message) = match error {
        // The name that stands for all parameters, when serde finds what the schema let pass.
        StageError::Parameter { name, message } if name == "params" => {
            (Vec::new(), format!("parameters of `{kind}`: {message}"))
        }
        StageError::Parameter { name, .. } => {
            (name.split('.').map(str::to_owned).collect(), error.to_string())
        }
        _ => (Vec::new(), error.to_string()),
    };
    Fault { path, nature: Nature::Value, message, label: "here".to_owned(), help: None }
}

/// Puts `value` at `path`, making the tables on the way.
fn set(params: &mut Value, path: &[String], value: &Value) {
    let Some((step, deeper)) = path.split_first() else {
        *params = value.clone();
        return;
    };
    if !params.is_object() {
        *params = Value::Object(Map::new());
    }
    if let Value::Object(fields) = params {
        set(fields.entry(step.clone()).or_insert(Value::Null), deeper, value);
    }
}

/// Tries every value of a sweep once, the other axes at their first, and reports what is wrong.
pub(super) fn probe(spec: &StageSpec, axes: &[Axis], problems: &mut Vec<Problem>) {
    let touches = |axis: &&Axis| {
        // All options of an axis set the same parameters.
        axis.options[0].settings.iter().any(|setting| setting.stage == spec.name)
    };
    let axes: Vec<_> = axes.iter().filter(touches).collect();
    let first: Vec<_> = axes.iter().map(|axis| &axis.options[0]).collect();
    try_out(spec, &first, problems);
    for (position, axis) in axes.iter().enumerate() {
        for option in &axis.options[1..] {
            let mut options = first.clone();
            options[position] = option;
            try_out(spec, &options, problems);
        }
    }
}

fn try_out(spec: &StageSpec, options: &[&AxisOption], problems: &mut Vec<Problem>) {
    let settings: Vec<_> = options.iter().flat_map(|option| &option.settings).collect();
    if let Err(error) = spec.params_for(&settings) {
        problems.extend(error.into_problems());
    }
}
