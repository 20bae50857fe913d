//! The parameters of `train-erpcnet`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::models::erpcnet::losses::{JointLoss, Objective};
use crate::models::erpcnet::network::LocalBatching;
use crate::models::erpcnet::trained::TrainingPart;
use crate::nn::optimiser::StepSchedule;
use crate::stage::StageError;

/// The weights of the four losses; 0 leaves one out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LossWeights {
    /// `L_g`, of the whole image. Default 1.
    #[schemars(range(min = 0.0))]
    pub global: f64,
    /// `L_l`, of the looks. Default 1.
    #[schemars(range(min = 0.0))]
    pub local: f64,
    /// `L_j`, of the fusion. Default 1.
    #[schemars(range(min = 0.0))]
    pub joint: f64,
    /// `L_m`, of the largest attributes. Default 1.
    #[schemars(range(min = 0.0))]
    pub largest: f64,
}

impl Default for LossWeights {
    fn default() -> Self {
        Self { global: 1.0, local: 1.0, joint: 1.0, largest: 1.0 }
    }
}

/// What of the backbone learns in the global subnet. The tail of the local one always does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trainable {
    /// Nothing: embeddings of whole images are those of the features.
    #[default]
    None,
    /// The tail: `embed-images` gives the embeddings that come of it.
    Tail,
}

/// How a network learns. The defaults are the paper's where it says something, and those of the
/// ambiguity register where it does not.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainErpcnetParams {
    /// The feature tensor that is looked at, [C, H, W], such as a ResNet's `layer3`.
    pub map: String,
    /// The feature tensor of the whole image, `[D]`, such as its pooled vector.
    pub embedding: String,
    /// Where the tail begins in the model. Default: as `map`.
    pub tail_from: Option<String>,
    /// Where it ends. Default: as `embedding`.
    pub tail_to: Option<String>,
    /// How many of the stored views (`map@1`, `map@2`, ..) take part beside the plain one, each image
    /// in one of them at a time, drawn anew every epoch: the training transform (A12). Cached maps
    /// know no other. Default 0.
    #[schemars(range(max = 32))]
    #[serde(skip_serializing_if = "is_zero")]
    pub views: usize,
    /// What of the backbone learns in the global subnet. Default `none`.
    pub trainable: Trainable,
    /// Which training images are learnt from. Default `train`.
    pub part: TrainingPart,
    /// T, the looks at each image, all at different cells. Default 6, as on SUN, CUB and aPY.
    #[schemars(range(min = 1, max = 1024))]
    pub looks: usize,
    /// Pixels on a side of a window. Default 5.
    #[schemars(range(min = 1, max = 64))]
    pub window: usize,
    /// Pixels from one window to the next. Default 3.
    #[schemars(range(min = 1, max = 64))]
    pub stride: usize,
    /// The width of the joint embedding. Default: that of `embedding`.
    #[schemars(range(min = 1))]
    pub fused: Option<usize>,
    /// Whether a ReLU follows the fusion (register A19). Default false.
    pub fusion_relu: bool,
    /// Passes over the images (A21). Default 90.
    #[schemars(range(min = 1))]
    pub epochs: usize,
    /// Images a step (A14). Default 64.
    #[schemars(range(min = 1))]
    pub batch: usize,
    /// The learning rate of the first epochs. Default 0.001.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// What it is multiplied by. Default 0.1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub drop_factor: f64,
    /// Epochs between two drops; null for none. Default 30.
    #[schemars(range(min = 1))]
    pub drop_every: Option<usize>,
    /// Default 0.9.
    #[schemars(range(min = 0.0, max = 0.999))]
    pub momentum: f64,
    /// Added to gradients times the weights. Default 0.00001.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// The share of values that dropout drops behind each predictor and in the fusion (A20).
    /// Default 0, as on SUN and AwA2; 0.5 on CUB and aPY.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
    /// Which looks share the statistics of batch normalisation (A16). Default `merged`.
    pub local_batching: LocalBatching,
    /// Which joint predictions are trained (A18). Default `prefixes`.
    pub joint_loss: JointLoss,
    /// What logits are multiplied by (A10). Default 1.
    pub logit_scale: f64,
    /// Whether the cross entropy takes probabilities for logits, as one peer does (A11). Default
    /// false.
    pub double_softmax: bool,
    /// Which losses count, and how much.
    pub losses: LossWeights,
}

/// A parameter that says nothing stays out of recipes, which older stores have without it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Default for TrainErpcnetParams {
    fn default() -> Self {
        Self {
            map: "map".to_owned(),
            embedding: "embedding".to_owned(),
            tail_from: None,
            tail_to: None,
            views: 0,
            trainable: Trainable::None,
            part: TrainingPart::Train,
            looks: 6,
            window: 5,
            stride: 3,
            fused: None,
            fusion_relu: false,
            epochs: 90,
            batch: 64,
            learning_rate: 1e-3,
            drop_factor: 0.1,
            drop_every: Some(30),
            momentum: 0.9,
            weight_decay: 1e-5,
            dropout: 0.0,
            local_batching: LocalBatching::Merged,
            joint_loss: JointLoss::Prefixes,
            logit_scale: 1.0,
            double_softmax: false,
            losses: LossWeights::default(),
        }
    }
}

impl TrainErpcnetParams {
    /// The feature tensor that holds g of this network. A trained tail gives another than the
    /// backbone's, so it has another name: one cannot be connected for the other.
    pub(super) fn global_embedding(&self) -> String {
        match self.trainable {
            Trainable::None => self.embedding.clone(),
            Trainable::Tail => format!("{}-trained", self.embedding),
        }
    }

    /// The tensors between which the tail lies.
    pub(super) fn tail(&self) -> [String; 2] {
        let or = |given: &Option<String>, other: &String| given.as_ref().unwrap_or(other).clone();
        [or(&self.tail_from, &self.map), or(&self.tail_to, &self.embedding)]
    }

    pub(super) fn schedule(&self) -> StepSchedule {
        StepSchedule { rate: self.learning_rate, factor: self.drop_factor, every: self.drop_every }
    }

    pub(super) fn objective(&self) -> Objective {
        let LossWeights { global, local, joint, largest } = self.losses;
        Objective {
            joint: self.joint_loss,
            logit_scale: self.logit_scale,
            double_softmax: self.double_softmax,
            weights: [global, local, joint, largest],
        }
    }
}

/// Checks what can be checked without data.
pub(super) fn check(params: &TrainErpcnetParams) -> Result<(), StageError> {
    let counts = [
        ("looks", params.looks),
        ("window", params.window),
        ("stride", params.stride),
        ("epochs", params.epochs),
        ("batch", params.batch),
        ("fused", params.fused.unwrap_or(1)),
        ("drop_every", params.drop_every.unwrap_or(1)),
    ];
    if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
        return Err(StageError::parameter(name, "expected at least 1, got 0"));
    }
    let ranges = [
        ("learning_rate", params.learning_rate, f64::MAX),
        ("drop_factor", params.drop_factor, 1.0),
        ("momentum", params.momentum, 0.999),
        ("weight_decay", params.weight_decay, f64::MAX),
        ("dropout", params.dropout, 0.95),
        ("logit_scale", params.logit_scale, f64::MAX),
        ("losses.global", params.losses.global, f64::MAX),
        ("losses.local", params.losses.local, f64::MAX),
        ("losses.joint", params.losses.joint, f64::MAX),
        ("losses.largest", params.losses.largest, f64::MAX),
    ];
    for (name, value, most) in ranges {
        if !(0.0..=most).contains(&value) {
            let range =
                if most == f64::MAX { "0 or more".to_owned() } else { format!("0 to {most}") };
            return Err(StageError::parameter(name, format!("expected {range}, got {value}")));
        }
    }
    if params.objective().weights.iter().all(|weight| *weight == 0.0) {
        return Err(StageError::parameter("losses", "at least one loss must count"));
    }
    Ok(())
}
