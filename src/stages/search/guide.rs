//! Who chooses the cells.

use rand_chacha::ChaCha8Rng;

use crate::data::features::TensorView;
use crate::models::erpcnet::judge::Judge;
use crate::models::erpcnet::recorder::Recorder;
use crate::models::erpcnet::searcher::{Searcher, SearcherCard};
use crate::models::erpcnet::sight::{Glimpses, Rewarded, Seeable, Sight};
use crate::models::erpcnet::traces::Looked;
use crate::nn::tape::Parameters;
use crate::rl::action::{Draw, Noise};
use crate::rl::{Agent, Environment as _, Look, Stopping, search};
use crate::stage::StageError;
use crate::stages::prefer_cells::{PREFERENCE, order};

use super::{SearchInputs, SearchParams};

/// Who chooses the cells.
pub(super) enum Guide<'a> {
    /// Nobody looks.
    Nobody,
    /// A trained agent.
    Agent(Box<Guided>),
    /// An order of the cells of each image, of which so many are looked at.
    Order { preferences: TensorView<'a>, looks: usize },
}

/// A trained agent.
pub(super) struct Guided {
    agent: Agent,
    parameters: Parameters,
    card: SearcherCard,
}

impl<'a> Guide<'a> {
    pub(super) fn of(params: &SearchParams, inputs: &'a SearchInputs) -> Result<Self, StageError> {
        let most = inputs.network.card.design.looks;
        let looks = params.looks.unwrap_or(most);
        if looks > most {
            let message = format!("{looks} looks, but the network was trained on {most} of them");
            return Err(StageError::parameter("looks", message));
        }
        match (&inputs.agent, &inputs.preferences) {
            (None, None) => Ok(Self::Nobody),
            (Some(_), Some(_)) => {
                Err(StageError::data("connect `agent` or `preferences`, not both"))
            }
            (Some(searcher), None) => Self::agent(params, inputs, searcher),
            (None, Some(preferences)) => {
                let preferences = preferences.tensor(Some(PREFERENCE));
                let preferences =
                    preferences.map_err(|error| StageError::data(error.to_string()))?;
                Ok(Self::Order { preferences, looks })
            }
        }
    }

    fn agent(
        params: &SearchParams,
        inputs: &SearchInputs,
        searcher: &Searcher,
    ) -> Result<Self, StageError> {
        let (card, network) = (&searcher.card, &inputs.network.card);
        if (card.part, &card.split) != (network.part, &network.split) {
            let message = "the agent was trained on other images than the network";
            let help = "connect the network that the agent's stage reads";
            return Err(StageError::data_with_help(message, help));
        }
        if card.is_weighted && inputs.weights.is_none() {
            let message = "entropy weighed the agent's rewards in training; connect `weights`";
            return Err(StageError::data(message));
        }
        if params.looks.is_some_and(|looks| looks != card.design.looks) {
            let looks = card.design.looks;
            let message = format!("the agent was trained on {looks} looks; give `looks` to it");
            return Err(StageError::parameter("looks", message));
        }
        let (agent, parameters) =
            searcher.agent().ok_or_else(|| StageError::data("the agent is damaged"))?;
        Ok(Self::Agent(Box::new(Guided { agent, parameters, card: card.clone() })))
    }

    /// T.
    pub(super) fn looks(&self) -> usize {
        match self {
            Self::Nobody => 0,
            Self::Agent(guided) => guided.agent.policy().steps(),
            Self::Order { looks, .. } => *looks,
        }
    }

    /// Whether entropy weighed the rewards in training.
    pub(super) fn is_weighted(&self) -> bool {
        matches!(self, Self::Agent(guided) if guided.card.is_weighted)
    }

    /// The mean weight of the cells in training; 1 without weights.
    pub(super) fn mean_weight(&self) -> f64 {
        match self {
            Self::Agent(guided) => guided.card.mean_weight,
            _ => 1.0,
        }
    }

    /// The random numbers for so many images; none where nothing is left to chance.
    pub(super) fn noise(&self, images: usize, rng: Option<&mut ChaCha8Rng>) -> Option<Noise> {
        match (self, rng) {
            (Self::Agent(guided), Some(rng)) => {
                Some(Noise::draw(guided.agent.policy(), images, rng))
            }
            _ => None,
        }
    }

    /// Everything that is seen of some images.
    pub(super) fn look<L: Glimpses<f32>>(
        &self,
        judge: &Judge,
        seeable: &Seeable<f32, L>,
        images: &[usize],
        noise: Option<&Noise>,
    ) -> Vec<Looked> {
        let mut recorder = Recorder::new(Sight::new(judge, seeable, Rewarded::Predictions));
        match self {
            Self::Nobody => drop(recorder.open()),
            Self::Agent(guided) => {
                let Guided { agent, parameters, .. } = guided.as_ref();
                let draw = noise.map_or(Draw::Greedy, Draw::Sampled);
                search(agent, parameters, &mut recorder, &Stopping::NEVER, draw);
            }
            Self::Order { preferences, looks } => {
                recorder.open();
                let order = |image: &usize| order(preferences, *image);
                let orders: Vec<Vec<usize>> = images.iter().map(order).collect();
                for step in 0..*looks {
                    let look =
                        |(image, order): (usize, &Vec<usize>)| Look { image, cell: order[step] };
                    let looks: Vec<Look> = orders.iter().enumerate().map(look).collect();
                    recorder.look(&looks);
                }
            }
        }
        recorder.into_looked()
    }
}
