//! `import-attributes`: class attributes out of text files as Animals with Attributes, CUB and SUN
//! have them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attribute_files::{AttributeFileError, parse_matrix, parse_names};
use crate::data::attributes::{AttributeNorm, Attributes};
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

/// Where the attributes are.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportAttributesParams {
    /// The classes, one a line, such as AwA2's `classes.txt`.
    pub classes: FileRef,
    /// The attributes, one a line, such as AwA2's `predicates.txt`.
    pub names: FileRef,
    /// The matrix, one line a class, such as AwA2's `predicate-matrix-continuous.txt`. Entries of
    /// -1, which mark missing judgements, are kept as numbers, as the published matrices do.
    pub matrix: FileRef,
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

/// What the three files should hold.
const EXPECTED: &str = "expected one class a line, one attribute a line, and a matrix with a line a \
                        class and a number an attribute; mend the file, or name the right one";

/// The stage.
pub struct ImportAttributes;

impl Stage for ImportAttributes {
    const KIND: &'static str = "import-attributes";
    const SUMMARY: &'static str = "imports class attributes from text files";
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
        let wrong = |file: &FileRef, error: AttributeFileError| {
            StageError::data_with_help(format!("`{}`: {error}", cx.display(file)), EXPECTED)
        };
        let names =
            |file: &FileRef| parse_names(&cx.read_text(file)?).map_err(|error| wrong(file, error));
        let (classes, attributes) = (names(&params.classes)?, names(&params.names)?);
        let rows = parse_matrix(&cx.read_text(&params.matrix)?, &classes, &attributes)
            .map_err(|error| wrong(&params.matrix, error))?;
        let missing = rows.iter().flatten().filter(|value| value.total_cmp(&-1.0).is_eq()).count();
        let attributes =
            Attributes::new(classes, attributes, rows, params.norm).map_err(|error| {
                let message = format!("`{}`: {error}", cx.display(&params.matrix));
                StageError::data_with_help(message, EXPECTED)
            })?;
        if missing > 0 {
            cx.note(format!("{missing} entries of -1 (missing judgements) are kept as numbers"));
        }
        Ok(ImportAttributesOutputs { attributes })
    }
}

#[cfg(test)]
mod tests {
    use crate::stage::testing::{Bench, Outcome};

    use super::*;

    fn import(matrix: &str, norm: AttributeNorm) -> Result<Outcome, StageError> {
        let mut bench = Bench::new();
        let params = ImportAttributesParams {
            classes: bench.file("classes.txt", b"     1\tant\n     2\tgiant+bee\n"),
            names: bench.file("predicates.txt", b"     1\tlegs\n     2\twings\n"),
            matrix: bench.file("matrix.txt", matrix.as_bytes()),
            norm,
        };
        bench.run::<ImportAttributes>(&params)
    }

    #[test]
    fn rows_are_joined_by_name_and_scaled() {
        let outcome = import("  3.00  4.00\n -1.00  0.00\n", AttributeNorm::L2).unwrap();
        let attributes: Attributes = outcome.output("attributes");
        assert_eq!(attributes.row("ant"), Some(&[0.6, 0.8][..]));
        assert_eq!(attributes.row("giant+bee"), Some(&[-1.0, 0.0][..]));
        assert_eq!(outcome.signals.len(), 1);
    }

    #[test]
    fn a_bad_matrix_names_file_line_and_column() {
        let message = |matrix| import(matrix, AttributeNorm::L2).err().unwrap().to_string();
        let number = message("1 2\n3 four\n");
        assert!(number.contains("matrix.txt`: line 2, column 2 (attribute `wings`)"), "{number}");
        let zero = message("0 0\n1 1\n");
        assert!(zero.contains("matrix.txt`: all attributes of class `ant` are 0"), "{zero}");
        assert!(message("1 2\n").ends_with("1 rows of numbers for 2 classes"));
    }
}
