//! An agent after stage II, as an artifact.

use std::io;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::models::saved;
use crate::nn::tape::{ParameterId, Parameters};
use crate::rl::action::{Grid, Head, Policy, Revisit};
use crate::rl::{Agent, AgentShape, InputScale, SettingError};

use super::trained::TrainingPart;

const MAGIC: &[u8; 8] = b"erpcagt1";

/// What all names of an agent's parameters begin with.
pub const PREFIX: &str = "agent.";

/// How an agent is built, whatever it has learnt.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SearcherDesign {
    /// Its widths.
    pub shape: AgentShape,
    /// What its output means.
    pub head: Head,
    /// Whether it may look twice at a cell.
    pub revisit: Revisit,
    /// Cells in a row of the map.
    pub side: u16,
    /// T, the most looks at an image.
    pub looks: usize,
}

/// What one needs to know of an agent besides its weights.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SearcherCard {
    /// How it is built.
    pub design: SearcherDesign,
    /// Whether its states are divided by a scale (register A33).
    pub has_input_scale: bool,
    /// Whether entropy weighed its rewards.
    pub is_weighted: bool,
    /// The mean weight of the cells that it was trained on; 1 without weights.
    pub mean_weight: f64,
    /// The split that its images come from.
    pub split: String,
    /// Which of the training images it has seen.
    pub part: TrainingPart,
    /// How many of them.
    pub images: usize,
    /// How many epochs.
    pub epochs: usize,
}

/// A trained agent.
#[derive(Clone, Debug)]
pub struct Searcher {
    /// What it is.
    pub card: SearcherCard,
    /// Its weights.
    pub parameters: Parameters,
}

impl SearcherDesign {
    /// What the agent chooses from, and how.
    ///
    /// # Errors
    /// [`SettingError`] if no search can run with it.
    pub fn policy(&self) -> Result<Policy, SettingError> {
        Policy::new(self.head, self.revisit, Grid { side: self.side }, self.looks)
    }

    /// A fresh agent whose parameters are added to `parameters`.
    ///
    /// # Errors
    /// [`SettingError`] if no search can run with it.
    pub fn build(
        &self,
        parameters: &mut Parameters,
        scale: Option<&InputScale>,
        rng: &mut ChaCha8Rng,
    ) -> Result<Agent, SettingError> {
        let agent = Agent::new(parameters, PREFIX, &self.shape, self.policy()?, rng)?;
        match scale {
            Some(scale) => agent.with_input_scale(parameters, PREFIX, scale),
            None => Ok(agent),
        }
    }
}

impl Searcher {
    /// The agent and its parameters; none if they do not fit its card.
    #[must_use]
    pub fn agent(&self) -> Option<(Agent, Parameters)> {
        let design = &self.card.design;
        let ones = vec![1.0; design.shape.state];
        let scale = self.card.has_input_scale.then(|| InputScale::new(ones)).transpose().ok()?;
        let mut parameters = Parameters::default();
        let mut unused = ChaCha8Rng::seed_from_u64(0);
        let agent = design.build(&mut parameters, scale.as_ref(), &mut unused).ok()?;
        let ids: Vec<(ParameterId, String)> =
            parameters.iter().map(|(id, parameter)| (id, parameter.name.clone())).collect();
        for (id, name) in &ids {
            let value = self.parameters.get(self.parameters.find(name)?).value();
            if value.shape() != parameters.get(*id).value().shape() {
                return None;
            }
            parameters.replace(*id, value.clone());
        }
        (ids.len() == self.parameters.iter().count()).then_some((agent, parameters))
    }
}

impl Artifact for Searcher {
    const KIND: ArtifactKind = ArtifactKind("search-agent");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        saved::write(MAGIC, &self.card, &self.parameters, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let (card, parameters) = saved::read(MAGIC, "search agent", &blob)?;
        Ok(Self { card, parameters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rl::CriticEncoder;

    #[test]
    fn an_agent_comes_back_as_it_was() {
        let critic = CriticEncoder::Separate;
        let design = SearcherDesign {
            shape: AgentShape { state: 5, hidden: [4, 3], memory: 3, critic },
            head: Head::Gaussian2d { std: 0.1 },
            revisit: Revisit::Forbidden,
            side: 4,
            looks: 3,
        };
        let mut parameters = Parameters::default();
        let scale = InputScale::new(vec![1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let agent = design.build(&mut parameters, Some(&scale), &mut rng).unwrap();
        let card = SearcherCard {
            design,
            has_input_scale: true,
            is_weighted: false,
            mean_weight: 1.0,
            split: "abc".into(),
            part: TrainingPart::Fit,
            images: 3,
            epochs: 2,
        };
        let mut bytes = Vec::new();
        Searcher { card: card.clone(), parameters: parameters.clone() }.encode(&mut bytes).unwrap();
        let found = Searcher::decode(Blob::from_bytes(&bytes)).unwrap();
        assert_eq!(found.card, card);
        let (again, restored) = found.agent().unwrap();
        assert_eq!(again, agent);
        for ((_, left), (_, right)) in restored.iter().zip(parameters.iter()) {
            assert_eq!((&left.name, left.value()), (&right.name, right.value()));
        }
        let other = SearcherCard { has_input_scale: false, ..card };
        assert!(Searcher { card: other, parameters }.agent().is_none());
    }
}
