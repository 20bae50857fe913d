//! `import-mat-attributes`: class attributes out of a MATLAB file such as `att_splits.mat`.
//!
//! A stage of its own, so that other attributes or another scaling do not import features again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attribute_files::parse_names;
use crate::data::attributes::{AttributeNorm, Attributes};
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

use super::mat_source::{MatSource, read_classes};

/// Numbers that an attribute table may have.
const MAX_VALUES: u64 = 1 << 26;

/// What to import.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMatAttributesParams {
    /// The MATLAB file with the attributes, such as `att_splits.mat`; of version 7 or older.
    pub file: FileRef,
    /// The variable with the attributes, [attributes, classes]. Default `att`; `original_att` holds
    /// them as they were judged.
    #[serde(default = "att")]
    pub variable: String,
    /// Where the names of the classes are, in the order of the columns: a MATLAB file with
    /// `allclasses_names`, or a text file with one a line. Default: the file itself.
    #[serde(default)]
    pub classes: Option<FileRef>,
    /// A text file with the name of one attribute a line. Default: attributes are called by their
    /// number.
    #[serde(default)]
    pub names: Option<FileRef>,
    /// How each class's vector is scaled. Default `l2`: length one, as `att` is already.
    #[serde(default)]
    pub norm: AttributeNorm,
}

fn att() -> String {
    "att".to_owned()
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct ImportMatAttributesInputs {}
}
outputs! {
    /// The table.
    pub struct ImportMatAttributesOutputs {
        /// One row a class.
        attributes: Attributes,
    }
}

/// The stage.
pub struct ImportMatAttributes;

impl Stage for ImportMatAttributes {
    const KIND: &'static str = "import-mat-attributes";
    const SUMMARY: &'static str = "imports class attributes from a MATLAB file like att_splits.mat";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportMatAttributesParams;
    type Inputs = ImportMatAttributesInputs;
    type Outputs = ImportMatAttributesOutputs;

    fn run(
        params: &ImportMatAttributesParams,
        _inputs: ImportMatAttributesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportMatAttributesOutputs, StageError> {
        let classes = read_classes(params.classes.as_ref().unwrap_or(&params.file), cx)?;
        let mut source = MatSource::open(&params.file, cx)?;
        let variable = &params.variable;
        let count = attribute_count(&source, variable, classes.len())?;
        let values = source.file.vector(variable, MAX_VALUES);
        let values = values.map_err(|error| source.name.wrong(&error))?;
        let names = match &params.names {
            Some(file) => attribute_names(file, count, cx)?,
            None => (1..=count).map(|attribute| attribute.to_string()).collect(),
        };
        let rows = values.chunks_exact(count).map(<[f64]>::to_vec).collect();
        let help = "expected a finite number an attribute for each class, not all of them 0";
        let attributes = Attributes::new(classes, names, rows, params.norm)
            .map_err(|error| source.name.bad(variable, &error.to_string(), help))?;
        Ok(ImportMatAttributesOutputs { attributes })
    }
}

/// How many attributes there are, if there is a column a class.
fn attribute_count(
    source: &MatSource,
    variable: &str,
    classes: usize,
) -> Result<usize, StageError> {
    let found = source.file.variable(variable).map_err(|error| source.name.wrong(&error))?;
    let size = found.size();
    let is_columns = |count: u64| count == classes as u64;
    match *found.dims.as_slice() {
        [count, columns] if is_columns(columns) && (1..=MAX_VALUES).contains(&count) => {
            Ok(usize::try_from(count).expect("it is limited"))
        }
        [rows, _] if is_columns(rows) => {
            let problem = format!("its size is {size}: a class a row, expected one a column");
            let help = format!("save it transposed, in MATLAB: {variable} = {variable}.';");
            Err(source.name.bad(variable, &problem, &help))
        }
        _ => {
            let problem = format!("its size is {size}, expected a column for {classes} classes");
            let help = "name the list of classes that belongs to it in `classes`";
            Err(source.name.bad(variable, &problem, help))
        }
    }
}

fn attribute_names(
    file: &FileRef,
    count: usize,
    cx: &StageContext<'_>,
) -> Result<Vec<String>, StageError> {
    let shown = cx.display(file);
    let names = parse_names(&cx.read_text(file)?)
        .map_err(|error| StageError::data(format!("`{shown}`: {error}")))?;
    if names.len() == count {
        return Ok(names);
    }
    let message = format!("`{shown}`: {} names for {count} attributes", names.len());
    Err(StageError::data_with_help(message, "expected the name of one attribute a line"))
}

#[cfg(test)]
mod tests {
    use crate::formats::mat::writing::MatWriter;
    use crate::stage::testing::{Bench, Outcome};

    use super::*;

    fn run(writer: MatWriter, variable: &str, names: &[u8]) -> Result<Outcome, StageError> {
        let mut bench = Bench::new();
        let params = ImportMatAttributesParams {
            file: bench.file("att_splits.mat", &writer.finish()),
            variable: variable.to_owned(),
            classes: None,
            names: Some(bench.file("names.txt", names)),
            norm: AttributeNorm::L2,
        };
        bench.run::<ImportMatAttributes>(&params)
    }

    fn file() -> MatWriter {
        MatWriter::new()
            .texts("allclasses_names", &["owl", "fox"])
            .doubles("att", [2, 2], &[3.0, 4.0, -1.0, 0.0])
            .doubles("long", [3, 1], &[1.0, 2.0, 3.0])
            .doubles("turned", [2, 3], &[1.0; 6])
            .doubles("zero", [2, 2], &[1.0, 1.0, 0.0, 0.0])
            .doubles("bad", [2, 2], &[1.0, f64::INFINITY, 1.0, 0.0])
    }

    #[test]
    fn columns_are_joined_by_name_and_scaled() {
        let outcome = run(file(), "att", b"1 legs\n2 wings\n").unwrap();
        let attributes: Attributes = outcome.output("attributes");
        assert_eq!(attributes.row("owl"), Some(&[0.6, 0.8][..]));
        assert_eq!(attributes.row("fox"), Some(&[-1.0, 0.0][..]));
        assert_eq!(attributes.names(), ["legs", "wings"]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let said = |variable: &str| run(file(), variable, b"a\nb\n").err().unwrap().to_string();
        assert!(said("long").ends_with("its size is 3x1, expected a column for 2 classes"));
        assert!(said("turned").ends_with("2x3: a class a row, expected one a column"));
        assert!(said("zero").ends_with(
            "`zero`: all attributes of class `fox` are 0, so it cannot be scaled to length 1"
        ));
        assert!(said("bad").ends_with("class `owl`, attribute `b`: inf is not a finite number"));
        let names = run(file(), "att", b"a\n").err().unwrap().to_string();
        assert!(names.ends_with("names.txt`: 1 names for 2 attributes"), "{names}");
    }
}
