//! Other names of stages, so that a pipeline's words fit whatever an experiment brings.
//!
//! A pipeline may read its images from `photos` and its maps from `features`; an experiment whose
//! data come from one stage says `[stage.photos] same_as = "maps"`.

use indexmap::IndexMap;

use crate::manifest::{Manifest, Problem, Reference};

/// Takes the other names out and puts the stages that they stand for in their place.
pub(super) fn replace(manifest: &mut Manifest, problems: &mut Vec<Problem>) {
    let mut aliases: IndexMap<String, Reference> = IndexMap::new();
    for (name, table) in &manifest.stages {
        aliases.extend(table.same_as.clone().map(|target| (name.clone(), target)));
    }
    for (name, target) in &aliases {
        if aliases.contains_key(&target.stage) {
            let message =
                format!("`{name}` is another name of `{}`, which is one too", target.stage);
            let help = "name the stage itself";
            problems.push(Problem::at(&target.place, message).help(help));
        }
    }
    manifest.stages.retain(|name, _| !aliases.contains_key(name));
    let inputs = manifest.stages.values_mut().flat_map(|table| table.inputs.values_mut());
    for reference in inputs.flat_map(|input| &mut input.references) {
        let Some(target) = aliases.get(&reference.stage) else { continue };
        reference.stage.clone_from(&target.stage);
        // A port that is written at the place of use is meant; one of the other name fills the gap.
        reference.port = reference.port.take().or_else(|| target.port.clone());
    }
}
