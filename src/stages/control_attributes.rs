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
mod tests {
    use crate::data::attributes::AttributeNorm;
    use crate::stage::testing::Bench;

    use super::*;

    fn table() -> Attributes {
        let classes: Vec<String> = (0..12).map(|class| format!("class {class}")).collect();
        let rows = (0..12).map(|class| vec![f64::from(class)]).collect();
        Attributes::new(classes, vec!["a".into()], rows, AttributeNorm::None).unwrap()
    }

    fn control(mode: Control, seed: u64) -> Attributes {
        let bench = Bench::new().seed(seed).input("attributes", &table());
        let params = ControlAttributesParams { mode };
        bench.run::<ControlAttributes>(&params).unwrap().output("attributes")
    }

    #[test]
    fn no_class_keeps_its_vector_and_none_is_lost() {
        for seed in 0..20 {
            let shuffled = control(Control::Shuffle, seed);
            let values: Vec<f64> =
                table().classes().iter().map(|class| shuffled.row(class).unwrap()[0]).collect();
            for (class, value) in values.iter().enumerate() {
                assert_ne!(class as f64, *value);
            }
            let mut sorted = values;
            sorted.sort_by(f64::total_cmp);
            assert_eq!(sorted, (0..12).map(f64::from).collect::<Vec<_>>());
        }
        assert_ne!(control(Control::Shuffle, 1), control(Control::Shuffle, 2));
    }

    #[test]
    fn keeping_keeps() {
        assert_eq!(control(Control::Keep, 1), table());
    }
}
