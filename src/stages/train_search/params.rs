//! The parameters of `train-search`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rl::action::{Head, Revisit};
use crate::rl::ppo::{Normalisation, Ppo};
use crate::rl::{CriticEncoder, RewardForm, Rules, SettingError, Stopping};
use crate::stage::StageError;

/// How an agent's output becomes a look (register A1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeadKind {
    /// A normal density around a point of the map.
    #[default]
    Gaussian2d,
    /// A softmax over the cells.
    Categorical,
}

/// What rewards are multiplied by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Guidance {
    /// The entropy weight of the cell that was looked at: ERPCNet.
    #[default]
    Entropy,
    /// Nothing: RPCNet.
    None,
}

/// What states are divided by (A33).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleKind {
    /// Nothing.
    #[default]
    None,
    /// The standard deviation of each number over the embeddings of the training images.
    TrainStd,
}

/// The agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyParams {
    /// How its output becomes a look (A1). Default `gaussian2d`, the lineage's.
    pub action: HeadKind,
    /// The standard deviation of `gaussian2d` in parts of the map's side. Default 0.1.
    pub deviation: f64,
    /// Whether a cell may be looked at twice (A2). Default `forbidden`.
    pub revisit: Revisit,
    /// Outputs of the two layers in front of the memory. Default 1024 and 256.
    pub hidden: [usize; 2],
    /// The width of the memory. Default 256.
    #[schemars(range(min = 1))]
    pub memory: usize,
    /// Whether the critic reads an encoder of its own (A7). Default `shared`.
    pub critic: CriticEncoder,
    /// What states are divided by (A33). Default `none`.
    pub input_scale: ScaleKind,
}

impl Default for PolicyParams {
    fn default() -> Self {
        Self {
            action: HeadKind::Gaussian2d,
            deviation: 0.1,
            revisit: Revisit::Forbidden,
            hidden: [1024, 256],
            memory: 256,
            critic: CriticEncoder::Shared,
            input_scale: ScaleKind::None,
        }
    }
}

/// What the agent works for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RewardParams {
    /// What is paid (A4, A32). Default `absolute`, as the paper says.
    pub form: RewardForm,
    /// gamma. Default 0.99.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub discount: f64,
}

impl Default for RewardParams {
    fn default() -> Self {
        Self { form: RewardForm::Absolute, discount: 0.99 }
    }
}

/// When an episode ends in training.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StopParams {
    /// Whether sigma ends episodes in training (A31). Default true, as the paper says; with rewards
    /// that are not increments, this teaches an agent to stay below sigma.
    pub train: bool,
    /// The reward that ends an episode. Default 0.5, as on CUB and AwA2.
    pub sigma: f64,
    /// The first step that may be the last (A27). Default 1.
    #[schemars(range(min = 1))]
    pub min_steps: usize,
    /// Whether sigma is multiplied by the mean weight of all cells (A34). Default false.
    pub sigma_times_mean_beta: bool,
}

impl Default for StopParams {
    fn default() -> Self {
        Self { train: true, sigma: 0.5, min_steps: 1, sigma_times_mean_beta: false }
    }
}

/// How an agent learns from a batch of episodes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PpoParams {
    /// Updates from one rollout (A6). Default 1.
    #[schemars(range(min = 1))]
    pub epochs: usize,
    /// eps. Default 0.2.
    pub clip: f64,
    /// The weight of the critic's squared error. Default 0.5.
    #[schemars(range(min = 0.0))]
    pub value_weight: f64,
    /// The weight of the entropy. Default 0.01.
    #[schemars(range(min = 0.0))]
    pub entropy_weight: f64,
    /// What is standardised over the steps of a batch (A5). Default `return`.
    pub normalize: Normalisation,
}

impl Default for PpoParams {
    fn default() -> Self {
        let Ppo { clip, value_weight, entropy_weight, epochs, normalisation, .. } = Ppo::default();
        Self { epochs, clip, value_weight, entropy_weight, normalize: normalisation }
    }
}

/// How an agent is trained. The defaults are the paper's where it says something, and those of the
/// ambiguity register where it does not.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainSearchParams {
    /// What rewards are multiplied by. Default `entropy`, which needs the input `weights`.
    pub guidance: Guidance,
    /// The agent.
    pub policy: PolicyParams,
    /// What it works for.
    pub reward: RewardParams,
    /// When an episode ends.
    pub stop: StopParams,
    /// How it learns.
    pub ppo: PpoParams,
    /// T, the most looks at an image. Default: as many as the network has learnt from.
    #[schemars(range(min = 1))]
    pub looks: Option<usize>,
    /// Passes over the images (A21); 0 gives an agent that has learnt nothing. Default 60.
    pub epochs: usize,
    /// Images a rollout. Default 64.
    #[schemars(range(min = 1))]
    pub batch: usize,
    /// Of Adam. Default 0.0003.
    pub learning_rate: f64,
}

impl Default for TrainSearchParams {
    fn default() -> Self {
        Self {
            guidance: Guidance::Entropy,
            policy: PolicyParams::default(),
            reward: RewardParams::default(),
            stop: StopParams::default(),
            ppo: PpoParams::default(),
            looks: None,
            epochs: 60,
            batch: 64,
            learning_rate: 3e-4,
        }
    }
}

impl TrainSearchParams {
    pub(super) fn head(&self) -> Head {
        match self.policy.action {
            HeadKind::Gaussian2d => Head::Gaussian2d { std: self.policy.deviation },
            HeadKind::Categorical => Head::Categorical,
        }
    }

    pub(super) fn ppo(&self) -> Result<Ppo, SettingError> {
        let PpoParams { epochs, clip, value_weight, entropy_weight, normalize } = self.ppo;
        let normalisation = normalize;
        let rate = self.learning_rate;
        Ppo { clip, value_weight, entropy_weight, epochs, normalisation, rate }.checked()
    }

    /// What counts in training, where cells weigh so much in the mean.
    pub(super) fn rules(&self, mean_weight: f64) -> Result<Rules, SettingError> {
        let RewardParams { form, discount } = self.reward;
        let stopping = match &self.stop {
            stop if !stop.train => Stopping::NEVER,
            stop => {
                let rule = Stopping::new(stop.sigma, stop.min_steps)?;
                if stop.sigma_times_mean_beta { rule.times(mean_weight) } else { rule }
            }
        };
        Ok(Rules { form, stopping, discount })
    }
}

/// Checks what can be checked without data.
pub(super) fn check(params: &TrainSearchParams) -> Result<(), StageError> {
    let [first, second] = params.policy.hidden;
    let counts = [
        ("policy.hidden", first.min(second)),
        ("policy.memory", params.policy.memory),
        ("stop.min_steps", params.stop.min_steps),
        ("ppo.epochs", params.ppo.epochs),
        ("looks", params.looks.unwrap_or(1)),
        ("batch", params.batch),
    ];
    if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
        return Err(StageError::parameter(name, "expected at least 1, got 0"));
    }
    if !(0.0..=1.0).contains(&params.reward.discount) {
        let message = format!("expected 0 to 1, got {}", params.reward.discount);
        return Err(StageError::parameter("reward.discount", message));
    }
    let above =
        [("policy.deviation", params.policy.deviation), ("learning_rate", params.learning_rate)];
    if let Some((name, value)) = above.into_iter().find(|(_, one)| !(one.is_finite() && *one > 0.0))
    {
        return Err(StageError::parameter(name, format!("expected a number above 0, got {value}")));
    }
    if params.guidance == Guidance::None {
        check_sigma(params, 1.0)?;
    }
    params.ppo().map_err(|error| StageError::parameter("ppo", error.to_string()))?;
    Ok(())
}

/// Refuses a threshold that no reward can reach: none is above twice the largest weight (1.6).
pub(super) fn check_sigma(
    params: &TrainSearchParams,
    largest_weight: f64,
) -> Result<(), StageError> {
    let (sigma, most) = (params.stop.sigma, 2.0 * largest_weight);
    if !params.stop.train || sigma <= most {
        return Ok(());
    }
    let message = format!(
        "no reward is above {most:.4}, twice the largest weight, so {sigma} never ends an episode; \
         take less, or `stop.train = false`"
    );
    Err(StageError::parameter("stop.sigma", message))
}
