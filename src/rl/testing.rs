//! What the tests of this module share.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::nn::tape::Parameters;
use crate::nn::{Real, Tensor};

use super::action::{Draw, Grid, Head, Noise, Policy, Revisit};
use super::reward::RewardForm;
use super::{
    Agent, AgentShape, CriticEncoder, Environment, Episodes, Look, Rollout, Rules, Stopping, View,
};

pub(super) const HEADS: [Head; 2] = [Head::Gaussian2d { std: 0.1 }, Head::Categorical];
pub(super) const GRID: Grid = Grid { side: 4 };
pub(super) const STEPS: usize = 3;
const WIDTH: usize = 5;

pub(super) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Numbers in [-1, 1).
pub(super) fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = rng(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Random states and probabilities; what an image shows depends on all that was seen of it.
pub(super) struct Toy {
    seen: Vec<Vec<usize>>,
    states: Vec<f64>,
    chances: Vec<f64>,
}

impl Toy {
    pub(super) fn new(images: usize) -> Self {
        let states = numbers(images * (GRID.cells() + 1) * WIDTH, 21);
        let chances = numbers(images * GRID.cells(), 22);
        let chances = chances.into_iter().map(|number| 0.5 * number + 0.5).collect();
        Self { seen: vec![Vec::new(); images], states, chances }
    }

    /// Some of the images.
    pub(super) fn only(&self, images: &[usize]) -> Self {
        let of = |values: &[f64], width: usize| {
            images.iter().flat_map(|image| &values[image * width..][..width]).copied().collect()
        };
        Self {
            seen: vec![Vec::new(); images.len()],
            states: of(&self.states, (GRID.cells() + 1) * WIDTH),
            chances: of(&self.chances, GRID.cells()),
        }
    }

    fn view<T: Real>(&self, images: &[usize]) -> View<T> {
        let state = |image: &usize| {
            // Place 0 is the state before the first look.
            let place = self.seen[*image].last().map_or(0, |cell| cell + 1);
            &self.states[(image * (GRID.cells() + 1) + place) * WIDTH..][..WIDTH]
        };
        let states = images.iter().flat_map(state).map(|value| T::of(*value)).collect();
        let joint = |image: &usize| {
            let seen = self.seen[*image].iter();
            seen.map(|cell| self.chances[image * GRID.cells() + cell]).sum::<f64>() / 4.0
        };
        View {
            states: Tensor::new(vec![images.len(), WIDTH], states),
            joint: images.iter().map(joint).collect(),
            global: images.iter().map(|image| self.chances[image * GRID.cells()] / 4.0).collect(),
            predictions: images.iter().map(|image| self.seen[*image].iter().sum()).collect(),
        }
    }
}

impl<T: Real> Environment<T> for Toy {
    fn images(&self) -> usize {
        self.seen.len()
    }

    fn open(&mut self) -> View<T> {
        self.seen.iter_mut().for_each(Vec::clear);
        self.view(&(0..self.seen.len()).collect::<Vec<_>>())
    }

    fn look(&mut self, looks: &[Look]) -> View<T> {
        looks.iter().for_each(|look| self.seen[look.image].push(look.cell));
        self.view(&looks.iter().map(|look| look.image).collect::<Vec<_>>())
    }

    fn weight(&self, look: Look) -> f64 {
        1.0 + 0.25 * self.chances[look.image * GRID.cells() + look.cell]
    }
}

pub(super) fn policy(head: Head) -> Policy {
    Policy::new(head, Revisit::Forbidden, GRID, STEPS).unwrap()
}

pub(super) fn shape(critic: CriticEncoder) -> AgentShape {
    AgentShape { state: WIDTH, hidden: [7, 6], memory: 4, critic }
}

/// A small agent whose weights are larger than new ones, so that it prefers something.
pub(super) fn agent(head: Head, critic: CriticEncoder) -> (Agent, Parameters<f64>) {
    let mut parameters = Parameters::default();
    let agent =
        Agent::new(&mut parameters, "agent.", &shape(critic), policy(head), &mut rng(3)).unwrap();
    let ids: Vec<_> = parameters.iter().map(|(id, _)| id).collect();
    for id in ids {
        parameters.values_mut(id).iter_mut().for_each(|value| *value *= 2.0);
    }
    (agent, parameters)
}

/// A rollout of `images` by chance, some of which ends early.
pub(super) fn sampled(
    agent: &Agent,
    parameters: &Parameters<f64>,
    images: usize,
) -> (Rollout<f64>, Episodes) {
    let noise = Noise::draw(agent.policy(), images, &mut rng(8));
    let draw = Draw::Sampled(&noise);
    let rollout = Rollout::record(agent, parameters, &mut Toy::new(images), draw);
    let stopping = Stopping::new(0.5, 1).unwrap();
    let rules = Rules { form: RewardForm::Absolute, stopping, discount: 0.9 };
    let episodes = Episodes::of(&rollout, &rules);
    (rollout, episodes)
}
