//! `audit-splits`: a table of what published splits hold and leak. Fails if one cannot be used.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Cell, Presentation, Table, TableColumn, Values};
use crate::data::published_files::read_published_split;
use crate::data::published_split::List;
use crate::data::split_audit::{SplitAudit, audit};
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

/// Which splits.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditSplitsParams {
    /// The splits by the names that the table gives them: MATLAB files such as `att_splits.mat`, or
    /// JSON with the same lists. At least one.
    pub files: BTreeMap<String, FileRef>,
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct AuditSplitsInputs {}
}
outputs! {
    /// What was found.
    pub struct AuditSplitsOutputs {
        /// One row a split.
        table: Table,
    }
}

/// The stage.
pub struct AuditSplits;

impl Stage for AuditSplits {
    const KIND: &'static str = "audit-splits";
    const SUMMARY: &'static str = "tabulates what published splits hold, and their leaks";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = AuditSplitsParams;
    type Inputs = AuditSplitsInputs;
    type Outputs = AuditSplitsOutputs;

    fn check(params: &AuditSplitsParams) -> Result<(), StageError> {
        match params.files.is_empty() {
            true => Err(StageError::parameter("files", "expected at least one file")),
            false => Ok(()),
        }
    }

    fn run(
        params: &AuditSplitsParams,
        _inputs: AuditSplitsInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<AuditSplitsOutputs, StageError> {
        let mut audits = Vec::new();
        for (name, file) in &params.files {
            let shown = cx.display(file);
            let split = read_published_split(cx.open(file)?).map_err(|error| {
                let message = format!("`{shown}`: {error}");
                match error.help() {
                    Some(help) => StageError::data_with_help(message, help),
                    None => StageError::data(message),
                }
            })?;
            let found = audit(&split);
            if !found.is_sound() {
                let wrong: Vec<_> = found.violations.iter().map(ToString::to_string).collect();
                let message = format!("`{shown}`: {}", wrong.join("; "));
                let help = "the split cannot be used as it is; take another version of it";
                return Err(StageError::data_with_help(message, help));
            }
            audits.push((name.clone(), found));
        }
        let table = table(&audits);
        Ok(AuditSplitsOutputs { table: table.map_err(|error| StageError::Bug(error.to_string()))? })
    }
}

/// A fact of the table: the tidy column, its heading, and where its number comes from.
type Fact = (&'static str, &'static str, fn(&SplitAudit) -> usize);

const FACTS: [Fact; 10] = [
    ("images", "images", |audit| audit.images),
    ("trainval", "trainval", |audit| audit.count(List::Trainval)),
    ("test_seen", "test seen", |audit| audit.count(List::TestSeen)),
    ("test_unseen", "test unseen", |audit| audit.count(List::TestUnseen)),
    ("train_loc", "train_loc", |audit| audit.count(List::Train)),
    ("val_loc", "val_loc", |audit| audit.count(List::Validation)),
    ("train_leak", "leak in train_loc", |audit| audit.train_leak),
    ("val_leak", "leak in val_loc", |audit| audit.validation_leak),
    ("train", "train, leak-free", |audit| audit.train),
    ("validation", "val, leak-free", |audit| audit.validation),
];

fn table(audits: &[(String, SplitAudit)]) -> std::io::Result<Table> {
    let texts = |text: &dyn Fn(&(String, SplitAudit)) -> String| {
        Values::Text(audits.iter().map(text).collect())
    };
    let mut columns = vec![("split".to_owned(), texts(&|(name, _)| name.clone()))];
    let mut printed = vec![column("split", "split")];
    for (name, heading, fact) in FACTS {
        let counts = audits.iter().map(|(_, audit)| fact(audit)).collect();
        columns.push((name.to_owned(), Values::Count(counts)));
        printed.push(column(name, heading));
    }
    columns.push(("identity".to_owned(), texts(&|(_, audit)| audit.identity.to_string())));
    let note = "A leak are images of test_seen_loc: who trains on train_loc or chooses on val_loc \
                has looked at the images that S is measured on.";
    let presentation = Presentation {
        caption: "Published splits and their leaks".to_owned(),
        columns: printed,
        notes: vec![note.to_owned()],
        ..Presentation::default()
    };
    Table::new(columns, presentation)
}

fn column(name: &str, heading: &str) -> TableColumn {
    let cell = Cell::Value { column: name.to_owned(), labels: BTreeMap::new() };
    TableColumn { heading: heading.to_owned(), cell }
}

#[cfg(test)]
mod tests {
    use crate::stage::testing::Bench;

    use super::*;

    /// Training images 0 to 3, seen test images 4 and 5, both of which leak.
    const LEAKY: &str = r#"{"trainval_loc": [0, 1, 2, 3], "test_seen_loc": [4, 5],
        "test_unseen_loc": [6, 7], "train_loc": [4, 0, 1], "val_loc": [2, 5, 3]}"#;

    fn params(bench: &mut Bench, json: &str) -> AuditSplitsParams {
        let file = bench.file("split.json", json.as_bytes());
        AuditSplitsParams { files: BTreeMap::from([("mine".to_owned(), file)]) }
    }

    #[test]
    fn the_table_counts_what_leaks() {
        let mut bench = Bench::new();
        let params = params(&mut bench, LEAKY);
        let table: Table = bench.run::<AuditSplits>(&params).unwrap().output("table");
        let number = |column: &str| table.numbers(column).unwrap()[0].unwrap();
        assert_eq!(
            FACTS.map(|(column, _, _)| number(column)),
            [8.0, 4.0, 2.0, 2.0, 3.0, 3.0, 1.0, 1.0, 2.0, 2.0]
        );
        assert_eq!(table.texts("split").unwrap(), ["mine"]);
    }

    #[test]
    fn a_split_that_cannot_be_used_is_an_error() {
        let mut bench = Bench::new();
        let params = params(&mut bench, &LEAKY.replace("[6, 7]", "[6, 3]"));
        let said = bench.run::<AuditSplits>(&params).err().unwrap().to_string();
        assert!(said.contains("split.json`: `trainval_loc` and `test_unseen_loc` share"), "{said}");
        assert!(AuditSplits::check(&AuditSplitsParams { files: BTreeMap::new() }).is_err());
    }
}
