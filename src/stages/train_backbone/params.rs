//! The parameters of `train-backbone`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::{Preprocess, filled};
use crate::nn::optimiser::StepSchedule;
use crate::stage::StageError;

/// What is learnt from, and how. The defaults are those that small residual networks are usually
/// trained with (He et al. 2016, on CIFAR-10), for fewer epochs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainBackboneParams {
    /// The tensor that the classifier reads; of a map its mean over pixels. Default: `embedding`.
    pub embedding: String,
    /// How a picture becomes the network's input. Augmented views take turns, one an epoch; held-out
    /// pictures are seen plain. Default: squashed to 224 x 224, RGB, 0..255.
    #[serde(deserialize_with = "filled")]
    pub preprocess: Preprocess,
    /// The column of the samples that says which pictures are learnt from. Default: all are.
    pub role_column: Option<String>,
    /// Its values for those pictures. Default: `seen`.
    pub roles: Vec<String>,
    /// The share of each class's pictures that is not learnt from and tells how well what was learnt
    /// carries over. Default: 0.1.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub held_out: f64,
    /// Passes over the pictures. Default: 30.
    #[schemars(range(min = 1))]
    pub epochs: usize,
    /// Pictures a step. Default: 64.
    #[schemars(range(min = 2))]
    pub batch: usize,
    /// Default: 0.1.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// What the learning rate is multiplied by at a drop. Default: 0.1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub drop_factor: f64,
    /// Epochs between two drops. Default: 10.
    #[schemars(range(min = 1))]
    pub drop_every: Option<usize>,
    /// Default: 0.9.
    #[schemars(range(min = 0.0, max = 0.999))]
    pub momentum: f64,
    /// Added to the gradient, times the weight. Default: 1e-4.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
}

impl Default for TrainBackboneParams {
    fn default() -> Self {
        Self {
            embedding: "embedding".to_owned(),
            preprocess: Preprocess::default(),
            role_column: None,
            roles: vec!["seen".to_owned()],
            held_out: 0.1,
            epochs: 30,
            batch: 64,
            learning_rate: 0.1,
            drop_factor: 0.1,
            drop_every: Some(10),
            momentum: 0.9,
            weight_decay: 1e-4,
        }
    }
}

impl TrainBackboneParams {
    pub(super) fn schedule(&self) -> StepSchedule {
        StepSchedule { rate: self.learning_rate, factor: self.drop_factor, every: self.drop_every }
    }

    /// The view that an epoch, counted from 0, learns from.
    pub(super) fn view(&self, epoch: usize) -> usize {
        let views = self.preprocess.pictures() - 1;
        if views == 0 { 0 } else { 1 + epoch % views }
    }
}

/// Checks what can be checked without data.
pub(super) fn check(params: &TrainBackboneParams) -> Result<(), StageError> {
    if let Some((name, message)) = params.preprocess.problem() {
        return Err(StageError::parameter(format!("preprocess.{name}"), message));
    }
    if params.role_column.is_some() && params.roles.is_empty() {
        return Err(StageError::parameter("roles", "expected at least one value"));
    }
    let counts = [
        ("epochs", params.epochs, 1),
        ("batch", params.batch, 2),
        ("drop_every", params.drop_every.unwrap_or(1), 1),
    ];
    if let Some((name, count, least)) = counts.into_iter().find(|(_, count, least)| count < least) {
        return Err(StageError::parameter(name, format!("expected at least {least}, got {count}")));
    }
    let ranges = [
        ("held_out", params.held_out, 0.9),
        ("learning_rate", params.learning_rate, f64::MAX),
        ("drop_factor", params.drop_factor, 1.0),
        ("momentum", params.momentum, 0.999),
        ("weight_decay", params.weight_decay, f64::MAX),
    ];
    for (name, value, most) in ranges {
        if !(0.0..=most).contains(&value) {
            let range =
                if most == f64::MAX { "0 or more".to_owned() } else { format!("0 to {most}") };
            return Err(StageError::parameter(name, format!("expected {range}, got {value}")));
        }
    }
    Ok(())
}
