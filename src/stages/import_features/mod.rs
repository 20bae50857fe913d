//! `import-features`: features that another program made, with the samples that they belong to.
//!
//! Row `i` of the features belongs to row `i` of the samples; nothing else joins by position. What
//! leaves this stage is checked: the counts agree, every class has a name, every number is finite.

mod labels;
mod pack;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::features::{Features, Storage};
use crate::data::samples::Samples;
use crate::stage::{FileRef, Needs, Stage, StageContext, StageError, inputs, outputs};

/// Where the features are, and how it is known which class a row shows.
///
/// Classes come from exactly one of: a table of samples (`samples`), numbers with the list of what
/// they stand for (`labels` and `classes`), or a column of the features' own table (`class_column`).
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFeaturesParams {
    /// The features, told by content: `.npy`, `.npz` or safetensors with arrays of shape [N, ...], or
    /// a csv or parquet table with a row a sample.
    pub features: FileRef,
    /// The arrays of an `.npz` or safetensors file to take; each becomes a tensor. Default: the only
    /// one.
    #[serde(default)]
    pub arrays: Vec<String>,
    /// Columns of a table that are features, in this order. Default: none.
    #[serde(default)]
    pub feature_columns: Vec<String>,
    /// How the names of further feature columns begin; they follow in the order of the table.
    /// Default: none.
    #[serde(default)]
    pub feature_prefix: Option<String>,
    /// The name of the tensor that a `.npy` file or a table gives. Default `features`.
    #[serde(default = "default_name")]
    pub name: String,
    /// How values are stored. Default `f32`; doubles are rounded to that.
    #[serde(default)]
    pub storage: Storage,
    /// A csv table with a header and a row a sample, in the order of the features: `name` or `path`,
    /// `class`. Default: none.
    #[serde(default)]
    pub samples: Option<FileRef>,
    /// Further columns of the table of samples, or of the features' own table, to keep. Default: none.
    #[serde(default)]
    pub columns: Vec<String>,
    /// A number a sample that says which class of `classes` it shows: `.npy`, or an `.npz` or
    /// safetensors file of one array. Default: none.
    #[serde(default)]
    pub labels: Option<FileRef>,
    /// What labels stand for: a list of classes, one a line or as JSON. Default: none.
    #[serde(default)]
    pub classes: Option<FileRef>,
    /// The label of the first class of the list. Default 0; MATLAB counts from 1.
    #[serde(default)]
    pub first_label: u16,
    /// Names of the samples that go with `labels`, one a line. Default: the numbers of the rows.
    #[serde(default)]
    pub names: Option<FileRef>,
    /// The column of the features' own table that names the class. Default `class`; not read where
    /// `samples` or `labels` say it.
    #[serde(default = "default_class_column")]
    pub class_column: String,
    /// The column of the features' own table that names the sample. Default: the numbers of the rows.
    #[serde(default)]
    pub name_column: Option<String>,
}

fn default_name() -> String {
    "features".to_owned()
}

fn default_class_column() -> String {
    "class".to_owned()
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct ImportFeaturesInputs {}
}
outputs! {
    /// The features and their samples, in the order of the file.
    pub struct ImportFeaturesOutputs {
        /// One tensor an array.
        features: Features,
        /// Names and classes.
        samples: Samples,
    }
}

/// The memory for a block of rows, read, decoded and encoded.
const MEMORY_MIB: u64 = 256;

/// The stage.
pub struct ImportFeatures;

impl Stage for ImportFeatures {
    const KIND: &'static str = "import-features";
    const SUMMARY: &'static str =
        "imports features that were computed elsewhere, with their classes";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportFeaturesParams;
    type Inputs = ImportFeaturesInputs;
    type Outputs = ImportFeaturesOutputs;

    fn check(params: &ImportFeaturesParams) -> Result<(), StageError> {
        check(params)
    }

    fn needs(_params: &ImportFeaturesParams) -> Needs {
        Needs { memory_mib: MEMORY_MIB, ..Needs::default() }
    }

    fn run(
        params: &ImportFeaturesParams,
        _inputs: ImportFeaturesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportFeaturesOutputs, StageError> {
        let mut source = source::open(params, cx)?;
        let (rows, columns) = labels::read(params, source.as_mut(), cx)?;
        let samples = Samples::new(rows, columns).map_err(|error| {
            let file = cx.display(params.samples.as_ref().unwrap_or(&params.features));
            StageError::data(format!("`{file}`: {error}"))
        })?;
        let features = pack::pack(source.as_mut(), params.storage, cx)?;
        cx.note(format!("{} samples of {} classes", samples.len(), samples.classes().len()));
        Ok(ImportFeaturesOutputs { features, samples })
    }
}

fn check(params: &ImportFeaturesParams) -> Result<(), StageError> {
    let wrong = |name: &str, message: &str| Err(StageError::parameter(name, message));
    if params.samples.is_some() && params.labels.is_some() {
        return wrong("labels", "`samples` says the classes already; leave one of the two out");
    }
    if params.labels.is_some() != params.classes.is_some() {
        return wrong(
            "classes",
            "`labels` and the list `classes` of what they stand for go together",
        );
    }
    if params.names.is_some() && params.labels.is_none() {
        return wrong("names", "goes with `labels` only");
    }
    if !params.columns.is_empty() && params.labels.is_some() {
        return wrong("columns", "there is no table to keep columns of; give `samples` instead");
    }
    for (name, list) in [
        ("arrays", &params.arrays),
        ("feature_columns", &params.feature_columns),
        ("columns", &params.columns),
    ] {
        let mut known = BTreeSet::new();
        if let Some(twice) = list.iter().find(|entry| !known.insert(entry.as_str())) {
            return wrong(name, &format!("`{twice}` is there twice"));
        }
    }
    Ok(())
}
