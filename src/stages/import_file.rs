//! `import-file`: the identity of an outside file or folder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::PlainText;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

/// Which file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFileParams {
    /// The file or folder; a folder is its files' relative names and contents.
    pub file: FileRef,
}

inputs! {
    /// Nothing.
    pub struct ImportFileInputs {}
}
outputs! {
    /// The identity.
    pub struct ImportFileOutputs {
        /// The SHA-256 of the content, as text.
        text: PlainText,
    }
}

/// Makes a change of an outside file visible to the stages behind it, without copying it.
pub struct ImportFile;

impl Stage for ImportFile {
    const KIND: &'static str = "import-file";
    const SUMMARY: &'static str = "the digest of an outside file or folder";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportFileParams;
    type Inputs = ImportFileInputs;
    type Outputs = ImportFileOutputs;

    fn run(
        params: &ImportFileParams,
        _: ImportFileInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportFileOutputs, StageError> {
        cx.path(&params.file)?;
        Ok(ImportFileOutputs { text: PlainText(params.file.name().to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::Bench;

    #[test]
    fn the_text_is_the_digest_of_the_content() {
        let mut bench = Bench::new();
        let file = bench.file("x", b"abc");
        let outcome = bench.run::<ImportFile>(&ImportFileParams { file }).unwrap();
        let PlainText(digest) = outcome.output("text");
        assert!(digest.starts_with("ba7816bf"), "{digest}");
    }
}
