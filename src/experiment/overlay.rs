//! Files on top of each other: what an experiment builds on, and how it overrides it.

use indexmap::IndexMap;

use crate::manifest::{AxisTable, Header, Located, Manifest, Problem, Role, Source, StageTable};
use crate::suggest::advice;

/// Gives the text of another file: its path as written, and the file that names it.
///
/// `extends` is passed on as it stands; `pipeline = "zsl"` asks for `pipelines/zsl.toml`. The name
/// of the source that comes back must be normalised: cycles are found by it.
pub type Loader<'a> = dyn Fn(&str, &Source) -> Result<Source, String> + 'a;

/// What a file builds on.
struct Base {
    word: Located<String>,
    path: String,
    role: Role,
}

/// Reads a manifest and what it builds on, the manifest itself first.
pub(super) fn read(
    source: &Source,
    load: &Loader<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Manifest> {
    let mut top = Manifest::read(source, Role::Experiment, problems);
    let mut layers = Vec::new();
    while let Some(base) = base_of(&top, problems) {
        let next = load(&base.path, &top.source);
        layers.push(top);
        match next.and_then(|source| check_cycle(&layers, source)) {
            Ok(source) => top = Manifest::read(&source, base.role, problems),
            Err(message) => {
                problems.push(Problem::at(&base.word.place, message).hole());
                return layers;
            }
        }
    }
    layers.push(top);
    layers
}

fn base_of(top: &Manifest, problems: &mut Vec<Problem>) -> Option<Base> {
    if let (Some(_), Some(pipeline)) = (&top.extends, &top.header.pipeline) {
        let message = "a manifest cannot have both `extends` and `pipeline`";
        let help = "name the pipeline in the manifest that this one extends";
        problems.push(Problem::at(&pipeline.place, message).help(help));
    }
    if let Some(word) = top.extends.clone() {
        return Some(Base { path: word.value.clone(), word, role: Role::Experiment });
    }
    let word = top.header.pipeline.clone()?;
    Some(Base { path: format!("pipelines/{}.toml", word.value), word, role: Role::Pipeline })
}

fn check_cycle(layers: &[Manifest], source: Source) -> Result<Source, String> {
    let names: Vec<_> = layers.iter().map(|layer| layer.source.name.as_str()).collect();
    match names.iter().position(|name| *name == source.name) {
        None => Ok(source),
        Some(start) => {
            let chain = names[start..].join("` -> `");
            Err(format!("`{}` extends itself: `{chain}` -> `{}`", source.name, source.name))
        }
    }
}

/// Lays the files on each other.
pub(super) fn flatten(layers: Vec<Manifest>, problems: &mut Vec<Problem>) -> Manifest {
    let mut layers = layers.into_iter().rev();
    let lowest = layers.next().expect("the manifest itself is always there");
    let bottom = Manifest {
        source: lowest.source.clone(),
        extends: None,
        header: Header::default(),
        stages: IndexMap::new(),
        axes: IndexMap::new(),
    };
    layers.fold(lay(bottom, lowest, problems), |base, top| lay(base, top, problems))
}

fn lay(mut base: Manifest, top: Manifest, problems: &mut Vec<Problem>) -> Manifest {
    for (name, stage) in top.stages {
        lay_stage(&mut base.stages, name, stage, problems);
    }
    for (name, axis) in top.axes {
        lay_axis(&mut base.axes, name, axis, problems);
    }
    let header = base.header.overlaid_by(top.header);
    Manifest { source: top.source, extends: None, header, stages: base.stages, axes: base.axes }
}

fn lay_stage(
    stages: &mut IndexMap<String, StageTable>,
    name: String,
    stage: StageTable,
    problems: &mut Vec<Problem>,
) {
    if stage.remove.is_some() {
        take_out("stage", stages, &stage.name, problems);
    } else if let Some(old) = stages.get_mut(&name) {
        *old = old.clone().overlaid_by(stage);
    } else {
        stages.insert(name, stage);
    }
}

fn lay_axis(
    axes: &mut IndexMap<String, AxisTable>,
    name: String,
    axis: AxisTable,
    problems: &mut Vec<Problem>,
) {
    if axis.remove.is_some() {
        take_out("axis", axes, &axis.name, problems);
    } else {
        axes.insert(name, axis);
    }
}

fn take_out<T>(
    what: &str,
    entries: &mut IndexMap<String, T>,
    name: &Located<String>,
    problems: &mut Vec<Problem>,
) {
    if entries.shift_remove(&name.value).is_none() {
        let names: Vec<_> = entries.keys().map(String::as_str).collect();
        let message = format!("there is no {what} `{}` below to take out", name.value);
        let plural = if what == "axis" { "axes" } else { "stages" };
        let help = advice(&name.value, &format!("{plural} below"), &names);
        problems.push(Problem::at(&name.place, message).help(help).absence());
    }
}
