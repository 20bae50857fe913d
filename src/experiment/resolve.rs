//! From manifest to experiment: names become things, and everything wrong is found in one go.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::manifest::{
    InputSpec, Located, Manifest, ManifestError, Problem, Reference, Source, StageTable,
};
use crate::stage::{ErasedStage, Registry};
use crate::suggest::{advice, nearest};

use super::{
    Experiment, Loader, NeedsOverride, ParamPlaces, StageSpec, aliases, overlay, params, pins,
    sweep,
};

impl Experiment {
    /// Reads the manifest in `source` and what it builds on, and resolves all of it.
    ///
    /// # Errors
    /// Every problem that can be found without connecting the graph.
    pub fn resolve(
        source: &Source,
        registry: &Registry,
        load: &Loader<'_>,
    ) -> Result<Self, ManifestError> {
        let mut problems = Vec::new();
        let layers = overlay::read(source, load, &mut problems);
        let sources = layers.iter().map(|layer| layer.source.clone()).collect();
        let mut manifest = overlay::flatten(layers, &mut problems);
        aliases::replace(&mut manifest, &mut problems);
        let name = experiment_name(&manifest, &mut problems);
        let stages = stage_specs(&manifest, registry, &mut problems);
        check_references(&manifest, &stages, &mut problems);
        let axes = sweep::axes(&manifest, &stages, &mut problems);
        let seeds = manifest.header.seeds.clone().unwrap_or_else(|| vec![1]);
        for spec in stages.values() {
            params::probe(spec, &axes, &mut problems);
            pins::check(&spec.only, &axes, &seeds, &mut problems);
        }
        let excluded = manifest.header.exclude.unwrap_or_default();
        for combination in &excluded {
            pins::check(combination, &axes, &seeds, &mut problems);
        }
        match name {
            Some(name) if problems.is_empty() => Ok(Self {
                name,
                title: manifest.header.title,
                description: manifest.header.description,
                seeds,
                axes,
                excluded,
                stages,
                sources,
            }),
            _ => Err(ManifestError::new(problems)),
        }
    }
}

fn experiment_name(manifest: &Manifest, problems: &mut Vec<Problem>) -> Option<String> {
    let header = &manifest.header;
    if header.name.is_none() {
        let start = manifest.source.place(0..0);
        let place = header.place.as_ref().unwrap_or(&start);
        let problem = Problem::at(place, "the experiment has no name");
        let help = "write `name = \"…\"` under `[experiment]`";
        problems.push(problem.help(help).absence());
    }
    if manifest.stages.is_empty() {
        let place = manifest.source.place(0..0);
        let problem = Problem::at(&place, "the experiment has no stages");
        problems.push(problem.help("write `[stage.NAME]` with a `kind`").absence());
    }
    header.name.as_ref().map(|name| name.value.clone())
}

fn stage_specs(
    manifest: &Manifest,
    registry: &Registry,
    problems: &mut Vec<Problem>,
) -> IndexMap<String, StageSpec> {
    let mut schemas = HashMap::new();
    let mut specs = IndexMap::new();
    for (name, table) in &manifest.stages {
        let Some(kind) = kind_of(table, manifest, problems) else { continue };
        let Some(stage) = look_up(kind, registry, problems) else { continue };
        let schema = schemas.entry(kind.value.clone()).or_insert_with(|| Arc::new(stage.schema()));
        let inputs = check_ports(table, stage.as_ref(), problems);
        let spec = stage_spec(table, kind, stage, Arc::clone(schema), inputs);
        specs.insert(name.clone(), spec);
    }
    specs
}

fn kind_of<'a>(
    table: &'a StageTable,
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) -> Option<&'a Located<String>> {
    if table.kind.is_none() && !table.is_kind_broken {
        let name = &table.name;
        let problem = Problem::at(&name.place, format!("stage `{}` has no kind", name.value));
        let known = manifest.stages.iter().filter(|(_, stage)| stage.kind.is_some());
        let help = match nearest(&name.value, known.map(|(name, _)| name.as_str())) {
            Some(other) => format!("write `kind = \"…\"`, or did you mean stage `{other}`?"),
            None => "write `kind = \"…\"`".to_owned(),
        };
        problems.push(problem.help(help).absence());
    }
    table.kind.as_ref()
}

fn look_up(
    kind: &Located<String>,
    registry: &Registry,
    problems: &mut Vec<Problem>,
) -> Option<Arc<dyn ErasedStage>> {
    let stage = registry.get(&kind.value).map(Arc::clone);
    if stage.is_none() {
        let kinds: Vec<_> = registry.iter().map(|(kind, _)| kind).collect();
        let problem = Problem::at(&kind.place, format!("no stage kind `{}`", kind.value));
        problems.push(problem.help(advice(&kind.value, "kinds", &kinds)));
    }
    stage
}

fn check_ports(
    table: &StageTable,
    stage: &dyn ErasedStage,
    problems: &mut Vec<Problem>,
) -> IndexMap<String, InputSpec> {
    let info = stage.info();
    let ports: Vec<_> = info.inputs.iter().map(|port| port.name).collect();
    let mut inputs = table.inputs.clone();
    // An overlay changed the kind: what fed only the old one is gone with it.
    inputs
        .retain(|port, _| ports.contains(&port.as_str()) || !table.inherited_ports.contains(port));
    for (port, input) in &inputs {
        if !ports.contains(&port.as_str()) {
            let message = format!("`{}` has no input port `{port}`", info.kind);
            let help = advice(port, "input ports", &ports);
            problems.push(Problem::at(&input.place, message).help(help));
        }
    }
    inputs
}

fn stage_spec(
    table: &StageTable,
    kind: &Located<String>,
    stage: Arc<dyn ErasedStage>,
    schema: Arc<Value>,
    inputs: IndexMap<String, InputSpec>,
) -> StageSpec {
    let written = table.params.as_ref();
    let param_places = written.map(|params| ParamPlaces::of(&params.table)).unwrap_or_default();
    let empty = || Value::Object(serde_json::Map::new());
    StageSpec {
        name: table.name.value.clone(),
        place: table.name.place.clone(),
        kind_place: kind.place.clone(),
        stage,
        schema,
        params: written.map_or_else(empty, |params| Value::Object(params.table.to_map())),
        params_place: written.map_or(&table.name.place, |params| &params.place).clone(),
        param_places,
        inputs,
        only: table.only.clone().unwrap_or_default(),
        needs: NeedsOverride { threads: table.threads, memory_mib: table.memory_mib },
    }
}

fn check_references(
    manifest: &Manifest,
    specs: &IndexMap<String, StageSpec>,
    problems: &mut Vec<Problem>,
) {
    let references =
        specs.values().flat_map(|spec| spec.inputs.values()).flat_map(|input| &input.references);
    for reference in references {
        if manifest.stages.contains_key(&reference.stage) {
            check_output(reference, specs, problems);
        } else {
            let stages: Vec<_> = manifest.stages.keys().map(String::as_str).collect();
            let message = format!("there is no stage `{}`", reference.stage);
            let help = advice(&reference.stage, "stages", &stages);
            problems.push(Problem::at(&reference.place, message).help(help).absence());
        }
    }
}

fn check_output(
    reference: &Reference,
    specs: &IndexMap<String, StageSpec>,
    problems: &mut Vec<Problem>,
) {
    // A stage without a spec has been blamed for its kind.
    let Some(spec) = specs.get(&reference.stage) else { return };
    let Some(port) = &reference.port else { return };
    let info = spec.stage.info();
    let ports: Vec<_> = info.outputs.iter().map(|port| port.name).collect();
    if !ports.contains(&port.as_str()) {
        let message =
            format!("stage `{}` (`{}`) has no output port `{port}`", reference.stage, info.kind);
        let help = advice(port, "output ports", &ports);
        problems.push(Problem::at(&reference.place, message).help(help));
    }
}
