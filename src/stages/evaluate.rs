//! `evaluate`: from scores to T1, U, S, H, AUSUC and all that tables and figures show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::Evaluation;
use crate::zsl::evaluate::evaluate;
use crate::zsl::scores::Scores;

/// How to evaluate.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateParams {
    /// The calibration to subtract from seen classes. Default: the one that the model's selection
    /// policy chose. A value chosen by looking at test results makes the result worthless.
    pub delta: Option<f64>,
}

inputs! {
    /// What is evaluated.
    pub struct EvaluateInputs {
        /// The scores of the test images.
        scores: Scores,
    }
}
outputs! {
    /// The result.
    pub struct EvaluateOutputs {
        /// Every number that a table or a figure may show.
        evaluation: Evaluation,
    }
}

/// The stage.
pub struct Evaluate;

impl Stage for Evaluate {
    const KIND: &'static str = "evaluate";
    const SUMMARY: &'static str = "turns scores into T1, U, S, H and the seen-unseen curve";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = EvaluateParams;
    type Inputs = EvaluateInputs;
    type Outputs = EvaluateOutputs;

    fn check(params: &EvaluateParams) -> Result<(), StageError> {
        match params.delta {
            Some(delta) if !delta.is_finite() => {
                let message = format!("expected a finite number, got {delta}");
                Err(StageError::parameter("delta", message))
            }
            _ => Ok(()),
        }
    }

    fn run(
        params: &EvaluateParams,
        inputs: EvaluateInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<EvaluateOutputs, StageError> {
        let chosen = inputs.scores.header().provenance.delta;
        if let Some(delta) = params.delta {
            cx.note(format!("delta {delta} is set by hand; the selection policy chose {chosen}"));
        }
        let delta = params.delta.unwrap_or(chosen);
        let evaluation =
            evaluate(&inputs.scores, delta).map_err(|error| StageError::data(error.to_string()))?;
        cx.note(format!(
            "T1 {:.4}, U {:.4}, S {:.4}, H {:.4}, AUSUC {:.4}",
            evaluation.t1,
            evaluation.unseen,
            evaluation.seen,
            evaluation.harmonic,
            evaluation.ausuc
        ));
        Ok(EvaluateOutputs { evaluation })
    }
}
