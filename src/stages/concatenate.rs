//! `concatenate`: joins texts; a small stage, and a template for new ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::PlainText;
use crate::stage::{Gathered, Stage, StageContext, StageError, inputs, outputs};

/// What to join.
#[derive(Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub struct ConcatenateParams {
    /// A line of its own that comes first.
    pub text: String,
}

inputs! {
    /// The parts.
    pub struct ConcatenateInputs {
        /// The texts, in the order of the manifest and of its trials.
        parts: Gathered<PlainText>,
    }
}
outputs! {
    /// The whole.
    pub struct ConcatenateOutputs {
        /// The joined text.
        text: PlainText,
    }
}

/// Joins texts.
pub struct Concatenate;

impl Stage for Concatenate {
    const KIND: &'static str = "concatenate";
    const SUMMARY: &'static str = "a line of text, then the texts of other stages";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ConcatenateParams;
    type Inputs = ConcatenateInputs;
    type Outputs = ConcatenateOutputs;

    fn run(
        params: &ConcatenateParams,
        inputs: ConcatenateInputs,
        _: &mut StageContext<'_>,
    ) -> Result<ConcatenateOutputs, StageError> {
        let mut text = params.text.clone();
        for part in inputs.parts.0 {
            text.push('\n');
            text.push_str(&part.value.0);
        }
        Ok(ConcatenateOutputs { text: PlainText(text) })
    }
}
