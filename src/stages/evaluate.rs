//! `evaluate`: from scores to T1, U, S, H, AUSUC and all that tables and figures show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::class_tree::ClassTree;
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::Evaluation;
use crate::zsl::evaluate::{Setting, evaluate};
use crate::zsl::hierarchy::HierarchyError;
use crate::zsl::scores::Scores;

/// How to evaluate.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateParams {
    /// The calibration to subtract from seen classes. Default: the one that the model's selection
    /// policy chose. A value chosen by looking at test results makes the result worthless.
    pub delta: Option<f64>,
    /// The number of bins of the expected calibration error and of the reliability diagram; 0 stands
    /// for the square root of the number of test images, rounded. Default 15, as in Guo et al.
    /// (2017, section 2).
    #[schemars(range(min = 0, max = 1000))]
    pub bins: u16,
}

impl Default for EvaluateParams {
    fn default() -> Self {
        Self { delta: None, bins: 15 }
    }
}

inputs! {
    /// What is evaluated.
    pub struct EvaluateInputs {
        /// The scores of the test images.
        scores: Scores,
        /// Which class belongs to which group, to weigh mistakes by.
        tree: Option<ClassTree>,
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
    const VERSION: u32 = 2;
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
        let bins = usize::from(params.bins);
        let setting = Setting { delta, bins, tree: inputs.tree.as_ref() };
        let evaluation = evaluate(&inputs.scores, setting).map_err(refusal)?;
        if evaluation.hierarchy.is_some_and(|hierarchy| hierarchy.is_one_number) {
            cx.note(
                "every class is two links below the root: F = 1 - TIE/6 and LCA = TIE/2 are one \
                 number in three forms",
            );
        }
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

fn refusal(error: HierarchyError) -> StageError {
    match error {
        HierarchyError::Tree(error) => StageError::data_with_help(
            error.to_string(),
            "add all candidate classes to the file of `import-class-tree`",
        ),
        error => StageError::data(error.to_string()),
    }
}
