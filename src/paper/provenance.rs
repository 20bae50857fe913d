//! How much an experiment was given, by its `provenance.json`.

use std::path::Path;

use serde_json::Value;

use crate::fs;

use super::PaperError;

/// The recipes of a published experiment: kinds with their parameters.
pub(super) struct Provenance(Vec<(String, Value)>);

impl Provenance {
    /// Reads the file of a folder, if it is there.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, PaperError> {
        let path = folder.join("provenance.json");
        if !fs::exists(&path) {
            return Ok(None);
        }
        let damaged = |what: String| PaperError::Damaged { file: path.display().to_string(), what };
        let bytes = fs::read(&path)?;
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        let stages = value["stages"].as_array();
        let stages = stages.ok_or_else(|| damaged("it has no list `stages`".to_owned()))?;
        let recipe = |stage: &Value| {
            let recipe = &stage["recipe"];
            Some((recipe["kind"].as_str()?.to_owned(), recipe["params"].clone()))
        };
        Ok(Some(Self(stages.iter().filter_map(recipe).collect())))
    }

    /// Why `parameter` (`KIND.NAME`) is below `least` in some recipe; none if it is not.
    pub(super) fn lacks(&self, parameter: &str, least: f64) -> Option<String> {
        let (kind, path) = parameter.split_once('.')?;
        let recipes = self.0.iter().filter(|(found, _)| found == kind);
        let values: Vec<Option<f64>> = recipes
            .map(|(_, params)| {
                path.split('.').try_fold(params, |value, name| value.get(name))?.as_f64()
            })
            .collect();
        if values.is_empty() {
            return Some(format!("no stage of it is a {kind}"));
        }
        let short = values.into_iter().find(|value| value.is_none_or(|value| value < least))?;
        Some(match short {
            Some(value) => format!("{parameter} is {value}, {least} is asked for"),
            None => format!("{parameter} is not in its recipe"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_least_of_all_recipes_of_a_kind_counts() {
        let recipe = |kind: &str, params: Value| (kind.to_owned(), params);
        let provenance = Provenance(vec![
            recipe("train", json!({ "epochs": 90, "ppo": { "rounds": 2 } })),
            recipe("train", json!({ "epochs": 30, "ppo": { "rounds": 2 } })),
        ]);
        let epochs = provenance.lacks("train.epochs", 90.0);
        assert_eq!(epochs.as_deref(), Some("train.epochs is 30, 90 is asked for"));
        assert_eq!(provenance.lacks("train.epochs", 30.0), None);
        assert_eq!(provenance.lacks("train.ppo.rounds", 2.0), None);
        let absent = provenance.lacks("train.ppo.steps", 2.0);
        assert_eq!(absent.as_deref(), Some("train.ppo.steps is not in its recipe"));
        let no_stage = provenance.lacks("search.looks", 2.0);
        assert_eq!(no_stage.as_deref(), Some("no stage of it is a search"));
    }
}
