//! `train-search`: stage II of ERPCNet, an agent that learns where to look.
//!
//! Everything but the policy stays as stage I left it, so the images are tables: embeddings of every
//! cell (`embed-looks`) and, if entropy guides, a weight a cell (`weigh-cells`). No epoch runs a
//! convolution.

mod epoch;
mod params;

use rand::seq::SliceRandom as _;

use crate::artifact::Curves;
use crate::data::attributes::Attributes;
use crate::data::features::Features;
use crate::data::glyphs::PaintedCells;
use crate::data::samples::Samples;
use crate::data::split::TrainSamples;
use crate::models::erpcnet::judge::Judge;
use crate::models::erpcnet::searcher::{Searcher, SearcherCard, SearcherDesign};
use crate::models::erpcnet::sight::{Rewarded, Sight};
use crate::models::erpcnet::trained::Trained;
use crate::nn::Workspace;
use crate::nn::optimiser::Adam;
use crate::nn::tape::Parameters;
use crate::rl::action::Noise;
use crate::rl::ppo::Lesson;
use crate::rl::{Agent, AgentShape, Deviation, InputScale, Rules, SettingError};
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::answer_key::AnswerKey;
use super::look_rows::{LookRows, judge};
use super::pool::thread_pool;
use super::same_images::check_same_images;
use super::same_network::{another_split, check_same_split};
use super::saved_training::SavedTraining;
use super::training_set::TrainingSet;
use epoch::{Epoch, Sums, avoids_the_end, cells_of};
pub use params::{
    Guidance, HeadKind, PolicyParams, PpoParams, RewardParams, ScaleKind, StopParams,
    TrainSearchParams,
};

inputs! {
    /// What is looked at, and by what it is judged.
    pub struct TrainSearchInputs {
        /// The network of stage I. It decides which images are learnt from: its own.
        network: Trained,
        /// The global embeddings.
        features: Features,
        /// The local embedding of every cell, by this network.
        looks: Features,
        /// The entropy weight of every cell, for `guidance = "entropy"`.
        weights: Option<Features>,
        /// Whose classes the images are.
        samples: Samples,
        /// The attributes of the classes.
        attributes: Attributes,
        /// The training part of the split.
        train: TrainSamples,
        /// Where the parts of the objects are, for the curves only: nothing is learnt from it.
        cells: Option<PaintedCells>,
    }
}
outputs! {
    /// What was learnt.
    pub struct TrainSearchOutputs {
        /// The agent.
        agent: Searcher,
        /// Rewards, steps and losses, one row an epoch.
        curves: Curves,
    }
}

/// The stage.
pub struct TrainSearch;

impl Stage for TrainSearch {
    const KIND: &'static str = "train-search";
    const SUMMARY: &'static str = "trains an agent that chooses where to look: stage II";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = TrainSearchParams;
    type Inputs = TrainSearchInputs;
    type Outputs = TrainSearchOutputs;

    fn check(params: &TrainSearchParams) -> Result<(), StageError> {
        params::check(params)
    }

    fn needs(_params: &TrainSearchParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &TrainSearchParams,
        inputs: TrainSearchInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<TrainSearchOutputs, StageError> {
        let pool = thread_pool(cx)?;
        pool.install(|| train(params, &inputs, cx))
    }
}

fn train(
    params: &TrainSearchParams,
    inputs: &TrainSearchInputs,
    cx: &mut StageContext<'_>,
) -> Result<TrainSearchOutputs, StageError> {
    let card = &inputs.network.card;
    check_same_images(&inputs.features, &inputs.samples)?;
    let set = TrainingSet::of(card.part, &inputs.train, &inputs.samples)?;
    check_same_split(card, &inputs.train.identity)?;
    if card.classes != set.classes {
        return Err(another_split());
    }
    let weights = match (params.guidance, &inputs.weights) {
        (Guidance::None, _) => None,
        (Guidance::Entropy, Some(weights)) => Some(weights),
        (Guidance::Entropy, None) => {
            let message = "`entropy` needs the weights of the cells; connect `weights`";
            return Err(StageError::parameter("guidance", message));
        }
    };
    let (looks, asked) = (Some(&inputs.looks), set.places());
    let rows = LookRows::new(&inputs.network, &inputs.features, looks, weights, &asked)?;
    let key =
        inputs.cells.as_ref().map(|cells| AnswerKey::new(cells, &inputs.samples)).transpose()?;
    let design = design(params, &inputs.network)?;
    let statistics = statistics(&rows, &set, design.shape.state);
    params::check_sigma(params, statistics.largest_weight)?;
    let scale = (params.policy.input_scale == ScaleKind::TrainStd).then_some(&statistics.scale);
    let mut parameters = Parameters::default();
    let agent = design
        .build(&mut parameters, scale, &mut cx.rng("weights"))
        .map_err(|error| refused(&error))?;
    let school = School {
        judge: judge(&inputs.network, &inputs.attributes, &set.classes)?,
        rules: params.rules(statistics.mean_weight).map_err(|error| refused(&error))?,
        rows,
        key,
        set,
        agent,
        workspace: Workspace::default(),
    };
    let epochs = school.learn(params, &mut parameters, cx)?;
    report(params, &epochs, cx);
    let card = SearcherCard {
        design,
        has_input_scale: scale.is_some(),
        is_weighted: weights.is_some(),
        mean_weight: statistics.mean_weight,
        split: card.split.clone(),
        part: card.part,
        images: school.set.images.len(),
        epochs: params.epochs,
    };
    Ok(TrainSearchOutputs { agent: Searcher { card, parameters }, curves: curves(&epochs) })
}

fn refused(error: &SettingError) -> StageError {
    StageError::parameter("policy", error.to_string())
}

fn design(params: &TrainSearchParams, network: &Trained) -> Result<SearcherDesign, StageError> {
    let built = &network.card.design;
    let looks = params.looks.unwrap_or(built.looks);
    if looks > built.looks {
        let message =
            format!("{looks} looks, but the network was trained on {} of them", built.looks);
        return Err(StageError::parameter("looks", message));
    }
    let grid = built.cells().map_or([0, 0], |cells| cells.grid);
    let [rows, columns] = grid;
    let side = u16::try_from(rows).ok().filter(|_| rows == columns).ok_or_else(|| {
        StageError::data(format!("the map has {rows}x{columns} cells; a search takes square maps"))
    })?;
    let PolicyParams { hidden, memory, critic, revisit, .. } = params.policy;
    let shape = AgentShape { state: built.embedding, hidden, memory, critic };
    Ok(SearcherDesign { shape, head: params.head(), revisit, side, looks })
}

/// What all training images have in common.
struct Statistics {
    scale: InputScale,
    mean_weight: f64,
    largest_weight: f64,
}

/// One pass over everything that can be seen of the training images.
#[expect(clippy::cast_precision_loss, reason = "counts of cells are below 2^53")]
fn statistics(rows: &LookRows<'_>, set: &TrainingSet, width: usize) -> Statistics {
    let mut deviation = Deviation::new(width);
    let (mut sum, mut count, mut largest_weight) = (0.0, 0_usize, 0.0_f64);
    for image in &set.images {
        let seen = rows.read(&[image.get()]);
        let states = seen.global.values().chunks_exact(width);
        states.chain(seen.local.values().chunks_exact(width)).for_each(|row| deviation.push(row));
        sum += seen.weights.iter().sum::<f64>();
        count += seen.weights.len();
        largest_weight = seen.weights.iter().copied().fold(largest_weight, f64::max);
    }
    let mean_weight = sum / count.max(1) as f64;
    Statistics { scale: deviation.scale(), mean_weight, largest_weight }
}

/// Everything that stays as it is while an agent learns.
struct School<'a> {
    agent: Agent,
    rows: LookRows<'a>,
    judge: Judge,
    rules: Rules,
    key: Option<AnswerKey<'a>>,
    set: TrainingSet,
    workspace: Workspace,
}

impl School<'_> {
    fn learn(
        &self,
        params: &TrainSearchParams,
        parameters: &mut Parameters,
        cx: &mut StageContext<'_>,
    ) -> Result<Vec<Epoch>, StageError> {
        let mut adam = Adam::new(0.0);
        let mut saved = SavedTraining::new(cx.checkpoints());
        let mut epochs: Vec<Epoch> = saved.restore(parameters, &mut adam);
        if !epochs.is_empty() {
            cx.note(format!("goes on after {} of {} epochs", epochs.len(), params.epochs));
        }
        for epoch in epochs.len()..params.epochs {
            let done = self.epoch(params, epoch, parameters, &mut adam, cx)?;
            cx.metric("search/reward", epoch as u64, done.reward);
            cx.metric("search/steps", epoch as u64, done.steps);
            epochs.push(done);
            saved.end_epoch(parameters, &adam, &epochs)?;
        }
        Ok(epochs)
    }

    fn epoch(
        &self,
        params: &TrainSearchParams,
        epoch: usize,
        parameters: &mut Parameters,
        adam: &mut Adam,
        cx: &mut StageContext<'_>,
    ) -> Result<Epoch, StageError> {
        let ppo = params.ppo().map_err(|error| refused(&error))?;
        // Each epoch has a stream of its own, so that a training that goes on draws the same.
        let mut rng = cx.rng(&format!("epoch-{epoch}"));
        let mut order: Vec<usize> = (0..self.set.images.len()).collect();
        order.shuffle(&mut rng);
        let mut sums = Sums::default();
        let batches = order.len().div_ceil(params.batch);
        for (at, places) in order.chunks(params.batch).enumerate() {
            cx.check_cancelled()?;
            let images: Vec<usize> = places.iter().map(|at| self.set.images[*at].get()).collect();
            let labels: Vec<usize> = places.iter().map(|at| self.set.labels[*at]).collect();
            let noise = Noise::draw(self.agent.policy(), places.len(), &mut rng);
            let seeable = self.rows.read(&images);
            let mut sight = Sight::new(&self.judge, &seeable, Rewarded::Labels(labels.clone()));
            let lesson = Lesson {
                environment: &mut sight,
                noise: &noise,
                rules: &self.rules,
                workspace: &self.workspace,
            };
            let learnt = ppo.learn(&self.agent, parameters, adam, lesson);
            let done = epoch * batches + at + 1;
            if let Some(bad) = learnt.losses.iter().find(|losses| !losses.total.is_finite()) {
                let what = format!("the objective of stage II (epoch {})", epoch + 1);
                return Err(StageError::Diverged { what, step: done as u64, value: bad.total });
            }
            let hits = self.key.as_ref().map(|key| {
                let cells = |image| cells_of(&learnt.rollout.steps, image);
                key.mean_hits(images.iter().enumerate().map(|(at, image)| (*image, cells(at))))
            });
            sums.add(&learnt, &labels, hits);
            cx.progress(done as u64, (params.epochs * batches) as u64, "steps");
        }
        Ok(sums.mean())
    }
}

fn report(params: &TrainSearchParams, epochs: &[Epoch], cx: &mut StageContext<'_>) {
    let Some(last) = epochs.last() else {
        return cx.note("an agent that has learnt nothing");
    };
    let hits = last.hits.map_or_else(String::new, |hits| format!(", hits {hits:.3}"));
    cx.note(format!(
        "{} epochs: reward {:.4} a step, {:.2} steps, {:.1} % of episodes ended early, training \
         accuracy {:.4}{hits}",
        epochs.len(),
        last.reward,
        last.steps,
        100.0 * last.ended_early,
        last.accuracy
    ));
    if params.stop.train && avoids_the_end(epochs) {
        cx.warn(
            "episodes have grown longer while their steps earn or hit less: the agent has learnt to \
             stay below sigma; set `stop.train = false` or `reward.form = \"absorbing\"`",
        );
    }
}

fn curves(epochs: &[Epoch]) -> Curves {
    let mut curves = Curves::new(&[
        "reward",
        "steps",
        "ended_early",
        "accuracy",
        "hits",
        "policy",
        "value",
        "entropy",
        "clipped",
    ]);
    for Epoch { reward, steps, ended_early, accuracy, hits, policy, value, entropy, clipped } in
        epochs
    {
        let [reward, steps, ended_early, accuracy, policy, value, entropy, clipped] =
            [reward, steps, ended_early, accuracy, policy, value, entropy, clipped]
                .map(|number| Some(*number));
        curves.push(vec![
            reward,
            steps,
            ended_early,
            accuracy,
            *hits,
            policy,
            value,
            entropy,
            clipped,
        ]);
    }
    curves
}

#[cfg(test)]
mod tests;
