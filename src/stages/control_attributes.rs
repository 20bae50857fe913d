//! `control-attributes`: the attributes as they are, or dealt to the wrong classes.
//!
//! With shuffled attributes nothing can be transferred to unseen classes, so a method that still
//! beats chance has learnt something else.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};

/// What happens to the attributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Nothing.
    #[default]
    Keep,
    /// Each class gets the vector of another one.
    Shuffle,
}

/// Which control.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ControlAttributesParams {
    /// `keep` (default) or `shuffle`: a random permutation by seed in which no class keeps its own
    /// vector.
    pub mode: Control,
}

inputs! {
    /// The table to control.
    pub struct ControlAttributesInputs {
        /// One row a class.
        attributes: Attributes,
    }
}
outputs! {
    /// The controlled table.
    pub struct ControlAttributesOutputs {
        /// One row a class.
        attributes: Attributes,
    }
}

/// The stage.
pub struct ControlAttributes;

impl Stage for ControlAttributes {
    const KIND: &'static str = "control-attributes";
    const SUMMARY: &'static str = "keeps class attributes, or deals them to the wrong classes";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = ControlAttributesParams;
    type Inputs = ControlAttributesInputs;
    type Outputs = ControlAttributesOutputs;

    fn run(
        params: &ControlAttributesParams,
        inputs: ControlAttributesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ControlAttributesOutputs, StageError> {
        let attributes = match params.mode {
            Control::Keep => inputs.attributes,
            Control::Shuffle => {
                let classes = inputs.attributes.classes().len();
                if classes < 2 {
                    let message = "one class alone cannot get the attributes of another one";
                    return Err(StageError::data(message));
                }
                inputs.attributes.permuted(&derangement(classes, &mut cx.rng("shuffle")))
            }
        };
        Ok(ControlAttributesOutputs { attributes })
    }
}

/// A random cyclic permutation (Sattolo's algorithm): no element stays in its place.
fn derangement(length: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    for last in (1..length).rev() {
        order.swap(last, rng.random_range(0..last));
    }
    order
}

#[cfg(test)]
mod tests;
