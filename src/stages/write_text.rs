//! `write-text`: a text out of the manifest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::PlainText;
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};

/// What to write.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteTextParams {
    /// The text.
    pub text: String,
}

inputs! {
    /// Nothing.
    pub struct WriteTextInputs {}
}
outputs! {
    /// The text.
    pub struct WriteTextOutputs {
        /// The text, as it stands in the manifest.
        text: PlainText,
    }
}

/// Hands a text on.
pub struct WriteText;

impl Stage for WriteText {
    const KIND: &'static str = "write-text";
    const SUMMARY: &'static str = "a text out of the manifest";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = WriteTextParams;
    type Inputs = WriteTextInputs;
    type Outputs = WriteTextOutputs;

    fn run(
        params: &WriteTextParams,
        _: WriteTextInputs,
        _: &mut StageContext<'_>,
    ) -> Result<WriteTextOutputs, StageError> {
        Ok(WriteTextOutputs { text: PlainText(params.text.clone()) })
    }
}
