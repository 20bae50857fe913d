//! A task whose answer lies in one cell, which the whole image hints at.

use rand::RngExt as _;

use crate::statistics::PairedDifference;

use super::*;

const PLACES: usize = 9;
const KINDS: usize = 4;
/// A state holds the hint and what was found.
const STATE: usize = PLACES + KINDS;
const BATCH: usize = 48;
const TURNS: usize = 2;
const LESSONS: u64 = 120;

/// A network that hands on what is found: attributes are the sum of the looks, the whole image says
/// nothing about the class.
fn network() -> (Network, Parameters<f32>) {
    let mut parameters = Parameters::default();
    let mut dense = |name: &str, shape: &[usize], value: &dyn Fn(usize) -> f32| {
        let count = shape.iter().product();
        let weight = Tensor::new(shape.to_vec(), (0..count).map(value).collect());
        let bias = Tensor::zeros(vec![shape[0]]);
        Dense {
            weight: parameters.add(format!("{name}.weight"), ParameterKind::Weight, weight),
            bias: Some(parameters.add(format!("{name}.bias"), ParameterKind::Weight, bias)),
        }
    };
    let nothing = |_: usize| 0.0;
    let total = (TURNS + 1) * STATE;
    // Output k takes the number of kind k out of every slot but the first.
    let found = move |at: usize| {
        let (kind, column) = (at / total, at % total);
        let is_look = column >= STATE;
        if is_look && column % STATE == PLACES + kind { 1.0 } else { 0.0 }
    };
    let fuse = dense("fcj1", &[KINDS, total], &found);
    let network = Network {
        cells: Cells::of([3, 3], 1, 1).unwrap(),
        look: dense("pconv", &[1, 1, 1, 1], &nothing),
        global: dense("fcg", &[KINDS, STATE], &nothing),
        local: dense("fcl", &[KINDS, STATE], &nothing),
        fuse: Fuse { weight: fuse.weight, bias: fuse.bias.unwrap() },
        joint: dense("fcj2", &[KINDS, KINDS], &|at| {
            if at % KINDS == at / KINDS { 4.0 } else { 0.0 }
        }),
        activation: Activation::None,
        batching: LocalBatching::Merged,
        dropout: 0.0,
    };
    (network, parameters)
}

/// Images, the informative cell of each, and the classes.
struct Planted {
    images: Seeable,
    places: Vec<usize>,
    labels: Vec<usize>,
}

impl Planted {
    /// The hint is the number of a cell; `code` says which cell it stands for.
    fn new(code: &[usize], seed: u64) -> Self {
        let mut rng = rng(seed);
        let hints: Vec<usize> = (0..BATCH).map(|_| rng.random_range(0..PLACES)).collect();
        let labels: Vec<usize> = (0..BATCH).map(|_| rng.random_range(0..KINDS)).collect();
        let places: Vec<usize> = hints.iter().map(|hint| code[*hint]).collect();
        let mut global = Tensor::zeros(vec![BATCH, STATE]);
        let mut local = Tensor::zeros(vec![BATCH, PLACES, STATE]);
        for image in 0..BATCH {
            global.values_mut()[image * STATE + hints[image]] = 1.0;
            let at = (image * PLACES + places[image]) * STATE + PLACES + labels[image];
            local.values_mut()[at] = 1.0;
        }
        let images = Seeable { global, local, weights: vec![1.0; BATCH * PLACES] };
        Self { images, places, labels }
    }

    /// The share of images whose informative cell is among these.
    fn hits(&self, cells: impl Iterator<Item = Vec<usize>>) -> f64 {
        let found = self.places.iter().zip(cells).filter(|(place, cells)| cells.contains(place));
        found.count() as f64 / BATCH as f64
    }
}

/// The hits of an agent that has learnt, and of cells drawn at random, on new images.
fn hits(seed: u64) -> (f64, f64) {
    let (network, own) = network();
    let identity = (0..KINDS * KINDS).map(|at| if at % KINDS == at / KINDS { 1.0 } else { 0.0 });
    let signatures = Tensor::new(vec![KINDS, KINDS], identity.collect());
    let classes = Classes { signatures, handicap: vec![0.0; KINDS], scale: 1.0 };
    let code = Cells::of([3, 3], 1, 1).unwrap().draw(PLACES, &mut rng(seed));

    let mut parameters = Parameters::default();
    let policy = Policy::new(Head::Categorical, Revisit::Forbidden, Grid { side: 3 }, TURNS);
    let (hidden, critic) = ([24, 24], CriticEncoder::Shared);
    let shape = AgentShape { state: STATE, hidden, memory: 24, critic };
    let agent =
        Agent::new(&mut parameters, "", &shape, policy.unwrap(), &mut rng(100 + seed)).unwrap();
    let settings = Ppo { rate: 0.01, ..Ppo::default() };
    let rules = Rules { form: RewardForm::Absolute, stopping: Stopping::NEVER, discount: 0.5 };
    let mut adam = Adam::new(0.0);
    for turn in 0..LESSONS {
        let planted = Planted::new(&code, 1_000 * (seed + 1) + turn);
        let rewarded = Rewarded::Labels(planted.labels.clone());
        let judge = Judge::new(&network, &own, &classes);
        let mut sight = Sight::new(&judge, &planted.images, rewarded);
        let noise = Noise::draw(agent.policy(), BATCH, &mut rng(turn));
        let lesson = Lesson {
            environment: &mut sight,
            noise: &noise,
            rules: &rules,
            workspace: &Workspace::default(),
        };
        settings.learn(&agent, &mut parameters, &mut adam, lesson);
    }

    let fresh = Planted::new(&code, 500 + seed);
    let judge = Judge::new(&network, &own, &classes);
    let mut sight = Sight::new(&judge, &fresh.images, Rewarded::Predictions);
    let traces = search(&agent, &parameters, &mut sight, &Stopping::NEVER, Draw::Greedy);
    let learnt = traces.iter().map(|trace| trace.looks.iter().map(|look| look.cell).collect());
    let mut chance = rng(700 + seed);
    let random = (0..BATCH).map(|_| network.cells.draw(TURNS, &mut chance));
    (fresh.hits(learnt), fresh.hits(random))
}

/// (E15): five agents, each with its own code of hints.
#[test]
fn a_trained_agent_finds_the_informative_cell_more_often_than_chance() {
    let found: Vec<(f64, f64)> = (0..5).map(hits).collect();
    let difference = PairedDifference::of(&found, 0.99).unwrap();
    let spread = difference.spread.unwrap();
    assert!(spread.interval.0 > 0.0 && spread.t_p < 0.01, "{found:?} {spread:?}");
    // Two different cells of nine.
    assert!((difference.mean_b - 2.0 / 9.0).abs() < 0.1, "{found:?}");
}
