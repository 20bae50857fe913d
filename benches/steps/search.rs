//! Learning to search, with all looks embedded beforehand, and searching, with looks on demand.

use erpc_pipe::models::erpcnet::judge::{Classes, Judge};
use erpc_pipe::models::erpcnet::sight::{Glimpses, Rewarded, Seeable, Sight};
use erpc_pipe::models::erpcnet::unseen::Unseen;
use erpc_pipe::nn::optimiser::Adam;
use erpc_pipe::nn::tape::{Mode, Parameters, Recording, Tape};
use erpc_pipe::nn::{Tensor, Workspace};
use erpc_pipe::rl::action::{Draw, Grid, Head, Noise, Policy, Revisit};
use erpc_pipe::rl::reward::RewardForm;
use erpc_pipe::rl::{Agent, AgentShape, Lesson, Ppo, Rules, Stopping, Trace, search};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::model::{Model, SIDE, Sizes, random};
use crate::{IMAGES, SIZES};

/// Images whose looks are embedded at a time.
const GROUP: usize = 16;
/// About half of the images stop by this look.
const MIDDLE: usize = 3;

/// Updates of the policy, each from a rollout over a batch; gives their losses.
pub(crate) fn updates(count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let Model { network, parameters, .. } = Model::new(&SIZES, &mut rng);
    let (classes, labels) = (classes(&SIZES, &mut rng), labels(&SIZES, IMAGES));
    let local = random(&[IMAGES, network.cells.count(), SIZES.embedding], 1.0, &mut rng);
    let images = seeable(random(&[IMAGES, SIZES.embedding], 1.0, &mut rng), local);
    let mut learnt = Parameters::default();
    let agent = agent(&mut learnt, &mut rng);
    let mut adam = Adam::new(0.0);
    let rules = Rules { form: RewardForm::Absolute, stopping: Stopping::NEVER, discount: 0.99 };
    let judge = Judge::new(&network, &parameters, &classes);
    let workspace = Workspace::default();
    let update = |_| {
        let noise = Noise::draw(agent.policy(), IMAGES, &mut rng);
        let rewarded = Rewarded::Labels(labels.clone());
        let mut sight = Sight::new(&judge, &images, rewarded);
        let lesson =
            Lesson { environment: &mut sight, noise: &noise, rules: &rules, workspace: &workspace };
        Ppo::default().learn(&agent, &mut learnt, &mut adam, lesson).losses[0].total
    };
    (0..count).map(update).collect()
}

/// Embeds all looks at batches of images; gives a number of each.
pub(crate) fn tables(count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let model = Model::new(&SIZES, &mut rng);
    let maps = random(&[IMAGES, SIDE, SIDE, SIZES.channels], 1.0, &mut rng);
    (0..count).map(|_| f64::from(table(&model, &maps).values()[0])).collect()
}

/// Searches through batches of images, whose cells are embedded on demand; gives the mean number of
/// looks.
pub(crate) fn searches(count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let model = Model::new(&SIZES, &mut rng);
    let classes = classes(&SIZES, &mut rng);
    let maps = random(&[IMAGES, SIDE, SIDE, SIZES.channels], 1.0, &mut rng);
    let global = random(&[IMAGES, SIZES.embedding], 1.0, &mut rng);
    let mut learnt = Parameters::default();
    let agent = agent(&mut learnt, &mut rng);
    let judge = Judge::new(&model.network, &model.parameters, &classes);
    let (subnets, workspace) = (model.subnets(), Workspace::default());
    let search = |stopping: &Stopping| {
        let unseen = Unseen {
            subnets: &subnets,
            parameters: &model.parameters,
            maps: maps.clone(),
            workspace: &workspace,
        };
        let images = seeable(global.clone(), unseen);
        let mut sight = Sight::new(&judge, &images, Rewarded::Predictions);
        search(&agent, &learnt, &mut sight, stopping, Draw::Greedy)
    };
    let stopping = middling(&search(&Stopping::NEVER));
    (0..count).map(|_| mean_looks(&search(&stopping))).collect()
}

/// v of every cell of some images, [N, cells, D].
pub(crate) fn table(model: &Model, maps: &Tensor) -> Tensor {
    let (images, cells) = (maps.shape()[0], model.network.cells.count());
    let size: usize = maps.shape()[1..].iter().product();
    let mut values = Vec::new();
    for group in maps.values().chunks(GROUP * size) {
        let count = group.len() / size;
        let mut tape = Tape::new(&model.parameters, Recording::Off);
        let shape = vec![count, SIDE, SIDE, maps.shape()[3]];
        let maps = tape.constant(Tensor::new(shape, group.to_vec()));
        let all: Vec<usize> = (0..count).flat_map(|_| 0..cells).collect();
        let seen =
            model.network.embed(&mut tape, &model.subnets().local, maps, &all, Mode::Evaluation);
        values.extend_from_slice(tape.value(seen).values());
    }
    let width = values.len() / (images * cells);
    Tensor::new(vec![images, cells, width], values)
}

pub(crate) fn seeable<L: Glimpses<f32>>(global: Tensor, local: L) -> Seeable<f32, L> {
    let weights = vec![1.0; local.sizes().iter().product()];
    Seeable { global, local, weights }
}

pub(crate) fn classes(sizes: &Sizes, rng: &mut ChaCha8Rng) -> Classes {
    let signatures = random(&[sizes.classes, sizes.attributes], 0.1, rng);
    Classes { signatures, handicap: vec![0.0; sizes.classes], scale: 1.0 }
}

pub(crate) fn labels(sizes: &Sizes, images: usize) -> Vec<usize> {
    (0..images).map(|image| image % sizes.classes).collect()
}

pub(crate) fn agent(parameters: &mut Parameters, rng: &mut ChaCha8Rng) -> Agent {
    let head = Head::Gaussian2d { std: 0.1 };
    let policy = Policy::new(head, Revisit::Forbidden, Grid { side: 4 }, SIZES.looks);
    let policy = policy.expect("there are more cells than looks");
    Agent::new(parameters, "", &AgentShape::default(), policy, rng).expect("it has widths")
}

/// A rule that half of the images fulfil at the middle look.
fn middling(traces: &[Trace]) -> Stopping {
    let mut rewards: Vec<f64> = traces.iter().map(|trace| trace.looks[MIDDLE - 1].reward).collect();
    rewards.sort_by(f64::total_cmp);
    Stopping::new(rewards[rewards.len() / 2], 1).expect("it is a number")
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred looks")]
pub(crate) fn mean_looks(traces: &[Trace]) -> f64 {
    let looks: usize = traces.iter().map(|trace| trace.looks.len()).sum();
    looks as f64 / traces.len() as f64
}
