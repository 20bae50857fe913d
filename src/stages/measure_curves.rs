//! `measure-curves`: how fast and how far a training went, in a few numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Curves, Measures};
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};
use crate::suggest::advice;

/// What is measured.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MeasureCurvesParams {
    /// The curve. Default `reward`.
    pub curve: String,
    /// A value whose first epoch is sought. Default: none.
    pub reach: Option<f64>,
}

impl Default for MeasureCurvesParams {
    fn default() -> Self {
        Self { curve: "reward".to_owned(), reach: None }
    }
}

inputs! {
    /// What is measured.
    pub struct MeasureCurvesInputs {
        /// The curves of one training.
        curves: Curves,
    }
}
outputs! {
    /// What was found.
    pub struct MeasureCurvesOutputs {
        /// `first`, `last`, `mean` over epochs (the area under the curve), `largest`, `best_epoch`,
        /// the first with the largest, and `epochs_to_reach`, none if it never was.
        measures: Measures,
    }
}

/// The stage.
pub struct MeasureCurves;

impl Stage for MeasureCurves {
    const KIND: &'static str = "measure-curves";
    const SUMMARY: &'static str = "how fast and how far a training went";
    const VERSION: u32 = 2;
    const SEEDED: bool = false;
    type Params = MeasureCurvesParams;
    type Inputs = MeasureCurvesInputs;
    type Outputs = MeasureCurvesOutputs;

    fn run(
        params: &MeasureCurvesParams,
        inputs: MeasureCurvesInputs,
        _cx: &mut StageContext<'_>,
    ) -> Result<MeasureCurvesOutputs, StageError> {
        let curve = curve(&inputs.curves, &params.curve)?;
        Ok(MeasureCurvesOutputs { measures: measure(&curve, params.reach) })
    }
}

/// A curve by its name, a number or none an epoch.
///
/// # Errors
/// [`StageError::Parameter`] if there is no such curve.
pub(super) fn curve(curves: &Curves, name: &str) -> Result<Vec<Option<f64>>, StageError> {
    curves.numbers(name).ok_or_else(|| {
        let known: Vec<&str> = curves.names().iter().map(String::as_str).collect();
        let help = advice(name, "curves", &known);
        StageError::parameter("curve", format!("there is no curve `{name}`; {help}"))
    })
}

#[expect(clippy::cast_precision_loss, reason = "epochs are far fewer than 2^53")]
fn measure(curve: &[Option<f64>], reach: Option<f64>) -> Measures {
    let numbers: Vec<f64> = curve.iter().copied().flatten().collect();
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let mut measures = Measures::default();
    measures.push("first", numbers.first().copied());
    measures.push("last", numbers.last().copied());
    measures.push("mean", Some(mean));
    let largest = numbers.iter().copied().reduce(f64::max);
    measures.push("largest", largest);
    let epoch_of = |holds: &dyn Fn(f64) -> bool| {
        let found = curve.iter().position(|one| one.is_some_and(holds));
        found.map(|epoch| (epoch + 1) as f64)
    };
    measures.push("best_epoch", largest.and_then(|largest| epoch_of(&|one| one >= largest)));
    if let Some(reach) = reach {
        measures.push("epochs_to_reach", epoch_of(&|one| one >= reach));
    }
    measures
}

#[cfg(test)]
mod tests;
