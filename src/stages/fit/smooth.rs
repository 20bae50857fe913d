//! Fits by regularised likelihood, for the baselines that are made of one.

use faer::Mat;
use rayon::prelude::*;

use crate::stage::{StageContext, StageError};
use crate::zsl::likelihood::{Likelihood, Target};

use super::part::{Bias, Part};

/// What the outputs of an image are.
pub(in crate::stages) struct Outputs {
    /// What turns K outputs into logits, [L, K].
    pub(in crate::stages) logits: Mat<f64>,
    /// What the logits of an image of each class should say.
    pub(in crate::stages) target: Target,
    /// Whether an output has a bias.
    pub(in crate::stages) bias: Bias,
}

/// The weights [D, K] after `steps` steps with each of `lambdas`; with a bias, [D + 1, K].
pub(in crate::stages) fn minimise(
    part: &Part<'_>,
    outputs: Outputs,
    lambdas: &[f64],
    steps: usize,
    cx: &mut StageContext<'_>,
) -> Result<Vec<Mat<f64>>, StageError> {
    let Outputs { logits, target, bias } = outputs;
    let moments = part.moments(bias, cx)?;
    cx.check_cancelled()?;
    let problem = Likelihood::new(moments, logits, target, part.pool)
        .map_err(|error| StageError::data(error.to_string()))?;
    let mut models: Vec<_> = lambdas.iter().map(|&lambda| problem.begin(lambda)).collect();
    for step in (1..).take(steps) {
        part.each_chunk(bias, cx, |rows, labels| {
            models.par_iter_mut().for_each(|model| problem.look(model, rows, labels, part.pool));
        })?;
        for model in &mut models {
            let objective = problem.step(model, part.pool);
            if !objective.is_finite() {
                let what = "the objective".to_owned();
                return Err(StageError::Diverged { what, step, value: objective });
            }
        }
        cx.progress(step, steps as u64, "steps");
    }
    Ok(models.iter().map(|model| model.weights().to_owned()).collect())
}
