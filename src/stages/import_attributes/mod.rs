//! `import-attributes`: class attributes out of the files that Animals with Attributes, CUB, SUN and
//! `aPY` come with: lists of names, and a matrix as text or as an array.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attribute_files::{AttributeFileError, first_width, parse_matrix, parse_names};
use crate::data::attribute_table::{AttributeTable, is_table, parse_table};
use crate::data::attributes::{AttributeNorm, Attributes};
use crate::data::class_list::parse_class_list;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};
use crate::stages::array_file::{holds_arrays, read_arrays};

/// Where the attributes are.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportAttributesParams {
    /// The classes in the order of the matrix's rows, one a line, such as AwA2's `classes.txt`, or as
    /// JSON: a list, or an object with one as `allclasses_names`. Not for a table, which names them
    /// itself.
    #[serde(default)]
    pub classes: Option<FileRef>,
    /// The attributes, one a line, such as AwA2's `predicates.txt`. Default: they are called by their
    /// numbers.
    #[serde(default)]
    pub names: Option<FileRef>,
    /// The matrix [classes, attributes], told by content: text with one line a class and blanks
    /// between the numbers, such as AwA2's `predicate-matrix-continuous.txt`; an array in `.npy`,
    /// `.npz` or safetensors; or a table (CSV, or with tabs) whose header names the attributes and
    /// whose first column names the classes. Entries of -1, which mark missing judgements, are kept
    /// as numbers, as the published matrices do.
    pub matrix: FileRef,
    /// Which array of an `.npz` or safetensors file. Default: the only one.
    #[serde(default)]
    pub array: Option<String>,
    /// How each class's vector is scaled. Default `l2`: length one, as in the published `att`.
    #[serde(default)]
    pub norm: AttributeNorm,
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct ImportAttributesInputs {}
}
outputs! {
    /// The table.
    pub struct ImportAttributesOutputs {
        /// One row a class.
        attributes: Attributes,
    }
}

/// What the files should hold.
const EXPECTED: &str = "expected one class a line, one attribute a line, and a matrix with a line a \
                        class and a number an attribute; mend the file, or name the right one";

/// The stage.
pub struct ImportAttributes;

impl Stage for ImportAttributes {
    const KIND: &'static str = "import-attributes";
    const SUMMARY: &'static str = "imports class attributes from text files and arrays";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportAttributesParams;
    type Inputs = ImportAttributesInputs;
    type Outputs = ImportAttributesOutputs;

    fn run(
        params: &ImportAttributesParams,
        _inputs: ImportAttributesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportAttributesOutputs, StageError> {
        let AttributeTable { classes, names, rows } = read(params, cx)?;
        let missing = rows.iter().flatten().filter(|value| value.total_cmp(&-1.0).is_eq()).count();
        let attributes = Attributes::new(classes, names, rows, params.norm)
            .map_err(|error| wrong(&params.matrix, &error, cx))?;
        if missing > 0 {
            cx.note(format!("{missing} entries of -1 (missing judgements) are kept as numbers"));
        }
        Ok(ImportAttributesOutputs { attributes })
    }
}

/// Names of attributes, and the rows of the matrix.
type Matrix = (Vec<String>, Vec<Vec<f64>>);

fn read(
    params: &ImportAttributesParams,
    cx: &StageContext<'_>,
) -> Result<AttributeTable, StageError> {
    let is_array = holds_arrays(&cx.map(&params.matrix)?);
    if !is_array && is_table(&cx.read_text(&params.matrix)?) {
        return read_table(params, cx);
    }
    let Some(file) = &params.classes else {
        let message =
            "name the file with the classes; only a table with a header names them itself";
        return Err(StageError::parameter("classes", message));
    };
    let classes =
        parse_class_list(&cx.read_text(file)?).map_err(|error| wrong(file, &error, cx))?;
    let (names, rows) = match is_array {
        true => read_array(params, &classes, cx)?,
        false => read_text(params, &classes, cx)?,
    };
    Ok(AttributeTable { classes, names, rows })
}

fn read_table(
    params: &ImportAttributesParams,
    cx: &StageContext<'_>,
) -> Result<AttributeTable, StageError> {
    for (name, file) in [("classes", &params.classes), ("names", &params.names)] {
        if file.is_some() {
            let matrix = cx.display(&params.matrix);
            let message = format!("leave it out: the table `{matrix}` names them itself");
            return Err(StageError::parameter(name, message));
        }
    }
    parse_table(&cx.read_text(&params.matrix)?).map_err(|error| {
        let help = "expected a header, then a class and a number an attribute on each line; a matrix \
                    without a header has blanks between its numbers";
        StageError::data_with_help(format!("`{}`: {error}", cx.display(&params.matrix)), help)
    })
}

fn wrong(file: &FileRef, error: &impl std::fmt::Display, cx: &StageContext<'_>) -> StageError {
    StageError::data_with_help(format!("`{}`: {error}", cx.display(file)), EXPECTED)
}

/// The names of the attributes, of which there should be `width`.
fn read_names(
    params: &ImportAttributesParams,
    width: usize,
    cx: &StageContext<'_>,
) -> Result<Vec<String>, StageError> {
    let Some(file) = &params.names else {
        return Ok((1..=width).map(|number| number.to_string()).collect());
    };
    parse_names(&cx.read_text(file)?).map_err(|error| wrong(file, &error, cx))
}

fn read_text(
    params: &ImportAttributesParams,
    classes: &[String],
    cx: &StageContext<'_>,
) -> Result<Matrix, StageError> {
    let text = cx.read_text(&params.matrix)?;
    let names = read_names(params, first_width(&text), cx)?;
    let rows =
        parse_matrix(&text, classes, &names).map_err(|error| wrong(&params.matrix, &error, cx))?;
    Ok((names, rows))
}

fn read_array(
    params: &ImportAttributesParams,
    classes: &[String],
    cx: &StageContext<'_>,
) -> Result<Matrix, StageError> {
    let asked: Vec<String> = params.array.iter().cloned().collect();
    let array = read_arrays(&params.matrix, &asked, cx)?.remove(0);
    let &[rows, width] = array.info.shape() else {
        let (label, shape) = (array.label(), array.shape_text());
        let message = format!("{label}: the shape is {shape}; expected [classes, attributes]");
        return Err(StageError::data_with_help(message, EXPECTED));
    };
    if rows != classes.len() {
        let error = AttributeFileError::Rows { got: rows, expected: classes.len() };
        if width == classes.len() {
            let message = format!("{}: {error}", array.label());
            return Err(StageError::data_with_help(message, "transpose it: classes are its rows"));
        }
        return Err(wrong(&params.matrix, &error, cx));
    }
    let names = read_names(params, width, cx)?;
    if names.len() != width {
        let (label, count) = (array.label(), names.len());
        let message = format!("{label}: {width} columns for {count} attributes");
        return Err(StageError::data_with_help(message, EXPECTED));
    }
    let row = |at: usize| {
        let mut row = vec![0.0; width];
        array.read_rows(at, &mut row);
        row
    };
    Ok((names, (0..rows).map(row).collect()))
}

#[cfg(test)]
mod tests;
