//! Which settings differ, stage by stage.
//!
//! The recipes of a stage's trials often differ in the same way, so equal differences are said once.
//! What follows from another difference (the content of inputs) is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::id::StageId;
use crate::published::{PROVENANCE, read_published};
use crate::recipe::{DirtyReason, Recipe};

use super::super::CliError;

/// What `provenance.json` says, as far as settings go.
#[derive(Deserialize)]
struct Provenance {
    #[serde(rename = "erpc-pipe")]
    version: String,
    files: BTreeMap<String, String>,
    stages: Vec<Stage>,
}

#[derive(Deserialize)]
struct Stage {
    stage: String,
    recipe: Recipe,
}

/// A line a difference: program, files, stages and their parameters.
pub(super) fn compare(before: &Path, after: &Path) -> Result<Vec<String>, CliError> {
    let (before, after) = (read(before)?, read(after)?);
    let mut lines = Vec::new();
    if before.version != after.version {
        lines.push(format!("erpc-pipe: {} => {}", before.version, after.version));
    }
    files(&before.files, &after.files, &mut lines);
    stages(&before.stages, &after.stages, &mut lines);
    Ok(lines)
}

fn read(folder: &Path) -> Result<Provenance, CliError> {
    read_published(folder, PROVENANCE)?.ok_or_else(|| {
        let message = format!("`{}` holds no {PROVENANCE}", folder.display());
        CliError::usage(message, "name the folder of a published experiment")
    })
}

fn files(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    lines: &mut Vec<String>,
) {
    for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(name), after.get(name)) {
            (Some(one), Some(other)) if one != other => {
                lines.push(format!("file {name}: another content"));
            }
            (Some(_), None) => lines.push(format!("file {name}: only in the first")),
            (None, Some(_)) => lines.push(format!("file {name}: only in the second")),
            _ => {}
        }
    }
}

fn stages(before: &[Stage], after: &[Stage], lines: &mut Vec<String>) {
    let old: BTreeMap<&str, &Recipe> =
        before.iter().map(|stage| (stage.stage.as_str(), &stage.recipe)).collect();
    let new: BTreeSet<&str> = after.iter().map(|stage| stage.stage.as_str()).collect();
    // From what is said about a stage to how many of its trials it is said.
    let mut found: IndexMap<String, usize> = IndexMap::new();
    let mut say = |stage: &str, what: &str| {
        *found.entry(format!("{}: {what}", StageId::name_in(stage))).or_default() += 1;
    };
    for stage in before.iter().filter(|stage| !new.contains(stage.stage.as_str())) {
        say(&stage.stage, "only in the first");
    }
    for stage in after {
        match old.get(stage.stage.as_str()) {
            None => say(&stage.stage, "only in the second"),
            Some(recipe) => {
                for change in changes(recipe, &stage.recipe) {
                    say(&stage.stage, &change);
                }
            }
        }
    }
    lines.extend(found.into_iter().map(|(line, trials)| match trials {
        1 => line,
        trials => format!("{line} ({trials} trials)"),
    }));
}

fn changes(before: &Recipe, after: &Recipe) -> Vec<String> {
    let DirtyReason::Changed(changes) = DirtyReason::between(Some(before), after) else {
        return Vec::new();
    };
    let is_setting = |field: &str| {
        !["input ", "order of input ", "codec of "].iter().any(|prefix| field.starts_with(prefix))
    };
    let changes = changes.into_iter().filter(|change| is_setting(&change.field));
    changes.map(|change| change.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stage(stage: &str, gamma: f64, input: u8) -> Stage {
        let digest = format!("{input:02x}").repeat(32);
        let recipe = json!({
            "kind": "fit", "version": 1, "params": { "gamma": gamma },
            "inputs": { "features": { "one": digest } }, "outputs": { "model": 1 },
        });
        Stage { stage: stage.into(), recipe: serde_json::from_value(recipe).unwrap() }
    }

    #[test]
    fn a_difference_of_all_trials_is_said_once_and_its_consequences_not_at_all() {
        let before = [stage("fit@seed=1", 1.0, 1), stage("fit@seed=2", 1.0, 2), stage("a", 1.0, 1)];
        let after = [stage("fit@seed=1", 2.0, 3), stage("fit@seed=2", 2.0, 4), stage("b", 1.0, 1)];
        let mut lines = Vec::new();
        stages(&before, &after, &mut lines);
        assert_eq!(
            lines,
            [
                "a: only in the first",
                "fit: `params.gamma` changed (1.0 => 2.0) (2 trials)",
                "b: only in the second",
            ]
        );
    }
}
