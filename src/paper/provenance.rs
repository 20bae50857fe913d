//! How much an experiment was given, by its `provenance.json`.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::published::{PROVENANCE, Stages, read_published};

use super::PaperError;

/// The recipes of a published experiment.
pub(super) struct Provenance(Vec<Stage>);

#[derive(Deserialize)]
struct Stage {
    recipe: Recipe,
}

/// As much of a recipe as a budget can speak of.
#[derive(Deserialize)]
struct Recipe {
    kind: String,
    params: Value,
}

impl Provenance {
    /// Reads the file of a folder, if it is there.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, PaperError> {
        let read = read_published(folder, PROVENANCE)?;
        Ok(read.map(|Stages { stages }| Self(stages)))
    }

    /// Why `parameter` (`KIND.NAME`) is below `least` in some recipe; none if it is not.
    pub(super) fn lacks(&self, parameter: &str, least: f64) -> Option<String> {
        let (kind, path) = parameter.split_once('.')?;
        let recipes = self.0.iter().map(|stage| &stage.recipe);
        let values: Vec<Option<f64>> = recipes
            .filter(|recipe| recipe.kind == kind)
            .map(|recipe| {
                path.split('.').try_fold(&recipe.params, |value, name| value.get(name))?.as_f64()
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
        let stage = |params: Value| Stage { recipe: Recipe { kind: "train".to_owned(), params } };
        let provenance = Provenance(vec![
            stage(json!({ "epochs": 90, "ppo": { "rounds": 2 } })),
            stage(json!({ "epochs": 30, "ppo": { "rounds": 2 } })),
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
