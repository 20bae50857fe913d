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
mod tests {
    use super::*;
    use crate::stage::testing::Bench;

    fn run(params: &MeasureCurvesParams) -> Result<Measures, StageError> {
        let mut curves = Curves::new(&["reward", "hits"]);
        for number in [0.2, 0.5, 0.8, 0.7] {
            curves.push(vec![Some(number), None]);
        }
        let outcome = Bench::new().input("curves", &curves).run::<MeasureCurves>(params)?;
        Ok(outcome.output("measures"))
    }

    #[test]
    fn a_curve_comes_down_to_a_few_numbers() {
        let measures =
            run(&MeasureCurvesParams { reach: Some(0.6), ..Default::default() }).unwrap();
        let of = |name| measures.get(name);
        assert_eq!((of("first"), of("last"), of("largest")), (Some(0.2), Some(0.7), Some(0.8)));
        assert!((of("mean").unwrap() - 0.55).abs() < 1e-12);
        assert_eq!((of("epochs_to_reach"), of("best_epoch")), (Some(3.0), Some(3.0)));
        let never = MeasureCurvesParams { reach: Some(0.9), ..Default::default() };
        assert_eq!(run(&never).unwrap().get("epochs_to_reach"), None);
    }

    #[test]
    fn curves_without_numbers_have_no_measures_and_unknown_ones_are_named() {
        let empty = MeasureCurvesParams { curve: "hits".into(), reach: None };
        let measures = run(&empty).unwrap();
        assert!(measures.names().all(|name| measures.get(name).is_none()));
        let unknown = MeasureCurvesParams { curve: "rewards".into(), reach: None };
        let message = run(&unknown).err().unwrap().to_string();
        assert_eq!(
            message,
            "parameter `curve`: there is no curve `rewards`; did you mean `reward`?"
        );
    }
}
