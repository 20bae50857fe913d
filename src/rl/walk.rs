//! Images on their way from look to look.

use crate::nn::tape::{Tape, Var};
use crate::nn::{Real, Tensor};

use super::action::{Choice, Draw, Visits};
use super::agent::{Agent, Memory};
use super::environment::{Environment, Look, View};

/// One look at each image that is under way.
#[derive(Clone, PartialEq, Debug)]
pub struct Step<T> {
    /// What was chosen.
    pub choices: Vec<Choice<T>>,
    /// The logarithm of the density of each choice, when it was made.
    pub log_densities: Vec<T>,
    /// V of the state that it was made in.
    pub values: Vec<T>,
    /// beta of each look.
    pub weights: Vec<f64>,
    /// What the looks showed.
    pub view: View<T>,
}

/// What an agent said of one look at each image, `[n]` each.
pub(super) struct Spoken {
    pub(super) log_density: Var,
    pub(super) value: Var,
    pub(super) entropy: Var,
}

/// What an agent remembers of images, and what it has seen of them.
pub(super) struct Walk<'a, T: Real> {
    agent: &'a Agent,
    draw: Draw<'a>,
    tape: Tape<'a, T>,
    memory: Memory,
    visits: Visits,
    images: Vec<usize>,
    steps: usize,
}

impl<'a, T: Real> Walk<'a, T> {
    pub(super) fn new(
        agent: &'a Agent,
        mut tape: Tape<'a, T>,
        images: usize,
        draw: Draw<'a>,
    ) -> Self {
        let memory = agent.start(&mut tape, images);
        let visits = Visits::none(images, agent.policy().grid().cells());
        Self { agent, draw, tape, memory, visits, images: (0..images).collect(), steps: 0 }
    }

    /// The images that are under way.
    pub(super) fn images(&self) -> &[usize] {
        &self.images
    }

    /// Takes one look at each image, by what the agent is told of it, [n, S].
    pub(super) fn look(
        &mut self,
        environment: &mut dyn Environment<T>,
        states: &Tensor<T>,
    ) -> (Step<T>, Spoken) {
        let states = self.agent.encode(&mut self.tape, states);
        let answer = self.agent.answer(&mut self.tape, states, self.memory, &self.visits);
        let noise = match self.draw {
            Draw::Greedy => None,
            Draw::Sampled(noise) => Some(noise.rows(self.steps, &self.images)),
        };
        let policy = self.agent.policy();
        let distribution = self.tape.value(answer.distribution);
        let choices = policy.choose(distribution, &self.visits, noise.as_deref());
        let density = policy.density(&mut self.tape, answer.distribution, &choices);
        let looks: Vec<Look> = (self.images.iter().zip(&choices))
            .map(|(image, choice)| Look { image: *image, cell: choice.cell })
            .collect();
        self.visits.mark(choices.iter().map(|choice| choice.cell));
        self.memory = answer.memory;
        self.steps += 1;
        let spoken =
            Spoken { log_density: density.log, value: answer.value, entropy: density.entropy };
        let step = Step {
            log_densities: self.tape.value(spoken.log_density).values().to_vec(),
            values: self.tape.value(spoken.value).values().to_vec(),
            weights: looks.iter().map(|look| environment.weight(*look)).collect(),
            view: environment.look(&looks),
            choices,
        };
        (step, spoken)
    }

    /// What was computed on the way.
    pub(super) fn into_tape(self) -> Tape<'a, T> {
        self.tape
    }

    /// Goes on with some of the images, by their places among those under way.
    pub(super) fn keep(&mut self, rows: &[usize]) {
        self.memory = self.memory.keep(&mut self.tape, rows);
        self.visits = self.visits.keep(rows);
        self.images = rows.iter().map(|row| self.images[*row]).collect();
    }
}
