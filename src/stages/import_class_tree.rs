//! `import-class-tree`: which class belongs to which group, out of a text file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::class_tree::ClassTree;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

/// Where the tree is.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportClassTreeParams {
    /// One link a line: a class or group, a tab or comma, the group above it.
    pub file: FileRef,
}

inputs! {
    /// Nothing: the file is a parameter.
    pub struct ImportClassTreeInputs {}
}
outputs! {
    /// The tree.
    pub struct ImportClassTreeOutputs {
        /// From the classes to one root.
        tree: ClassTree,
    }
}

/// The stage.
pub struct ImportClassTree;

impl Stage for ImportClassTree {
    const KIND: &'static str = "import-class-tree";
    const SUMMARY: &'static str = "imports a tree of classes from a text file";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportClassTreeParams;
    type Inputs = ImportClassTreeInputs;
    type Outputs = ImportClassTreeOutputs;

    fn run(
        params: &ImportClassTreeParams,
        _inputs: ImportClassTreeInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportClassTreeOutputs, StageError> {
        let tree = ClassTree::parse(&cx.read_text(&params.file)?).map_err(|error| {
            let message = format!("`{}`: {error}", cx.display(&params.file));
            let help = "write one link a line, such as `lion,feline`, up to one root";
            StageError::data_with_help(message, help)
        })?;
        Ok(ImportClassTreeOutputs { tree })
    }
}

#[cfg(test)]
mod tests {
    use crate::stage::testing::Bench;

    use super::*;

    #[test]
    fn a_file_becomes_a_tree_or_an_error_that_names_the_line() {
        let mut bench = Bench::new();
        let file = bench.file("tree.csv", b"cat,feline\nfeline,animal\n");
        let outcome = bench.run::<ImportClassTree>(&ImportClassTreeParams { file }).unwrap();
        let tree: ClassTree = outcome.output("tree");
        assert_eq!(tree.path("cat").count(), 3);
        let file = bench.file("tree.csv", b"cat,feline\nfeline\n");
        let error = bench.run::<ImportClassTree>(&ImportClassTreeParams { file }).err().unwrap();
        let message = error.to_string();
        assert!(message.contains("tree.csv`: line 2: expected a class"), "{message}");
    }
}
