//! `import-measures`: numbers that a program measured elsewhere, such as times, out of a CSV table.
//!
//! What a clock measures is never twice the same, so no stage measures time. A benchmark writes a table,
//! the table is kept, and tables and figures are made from it like from everything else. Its repeated
//! runs stand for seeds, so that they are summed up as seeds are.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Measures;
use crate::data::measure_table::read_measures;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

/// Which numbers.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMeasuresParams {
    /// The table (CSV with a header): a row a run.
    pub file: FileRef,
    /// The row: column to what it reads there. All other columns that hold a number are taken.
    #[serde(default, rename = "where")]
    pub wanted: BTreeMap<String, String>,
    /// A column that counts repeated runs: each seed takes the run of its number. Default: none.
    #[serde(default)]
    pub seed_column: Option<String>,
}

inputs! {
    /// Nothing: the file is a parameter.
    pub struct ImportMeasuresInputs {}
}
outputs! {
    /// What was measured.
    pub struct ImportMeasuresOutputs {
        /// The numbers of the row.
        measures: Measures,
    }
}

/// The stage.
pub struct ImportMeasures;

impl Stage for ImportMeasures {
    const KIND: &'static str = "import-measures";
    const SUMMARY: &'static str = "imports numbers that were measured elsewhere from a csv table";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = ImportMeasuresParams;
    type Inputs = ImportMeasuresInputs;
    type Outputs = ImportMeasuresOutputs;

    fn run(
        params: &ImportMeasuresParams,
        _inputs: ImportMeasuresInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportMeasuresOutputs, StageError> {
        let text = cx.read_text(&params.file)?;
        let mut wanted = params.wanted.clone();
        if let Some(column) = &params.seed_column {
            wanted.insert(column.clone(), cx.trial_seed().to_string());
        }
        let measures = read_measures(text.as_bytes(), &wanted).map_err(|error| {
            let message = format!("`{}`: {error}", cx.display(&params.file));
            let help = "write columns of labels and numbers, and name one row in `where`";
            StageError::data_with_help(message, help)
        })?;
        Ok(ImportMeasuresOutputs { measures })
    }
}

#[cfg(test)]
mod tests {
    use crate::stage::testing::Bench;

    use super::*;

    #[test]
    fn a_row_becomes_measures_or_an_error_that_names_the_file() {
        let mut bench = Bench::new();
        let file = bench.file("times.csv", b"phase,seconds\ntrain,0.5\ntest,0.25\n");
        let wanted = BTreeMap::from([("phase".to_owned(), "test".to_owned())]);
        let params = ImportMeasuresParams { file: file.clone(), wanted, seed_column: None };
        let measures: Measures = bench.run::<ImportMeasures>(&params).unwrap().output("measures");
        assert_eq!(measures.get("seconds"), Some(0.25));
        let params = ImportMeasuresParams { file, wanted: BTreeMap::new(), seed_column: None };
        let message = bench.run::<ImportMeasures>(&params).err().unwrap().to_string();
        assert!(message.contains("times.csv`: 2 rows have no `where`"), "{message}");
    }

    #[test]
    fn each_seed_takes_the_run_of_its_number() {
        let mut bench = Bench::new().seed(2);
        let file = bench.file("times.csv", b"run,seconds\n1,0.5\n2,0.25\n");
        let seed_column = Some("run".to_owned());
        let params = ImportMeasuresParams { file, wanted: BTreeMap::new(), seed_column };
        let measures: Measures = bench.run::<ImportMeasures>(&params).unwrap().output("measures");
        assert_eq!((measures.get("seconds"), measures.get("run")), (Some(0.25), None));
    }
}
