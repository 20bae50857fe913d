//! Maps whose cells are embedded when somebody looks, and no others.
//!
//! A table of all cells serves everybody who looks at the same images, for any number of agents,
//! thresholds and epochs. Who looks once, at six cells of sixteen or fewer, pays for those alone.

use crate::nn::tape::{Mode, Parameters, Recording, Tape};
use crate::nn::{Tensor, Workspace};
use crate::rl::Look;

use super::learner::Subnets;
use super::sight::Glimpses;

/// Some images that nobody has looked at yet.
#[derive(Debug)]
pub struct Unseen<'a> {
    /// What sees.
    pub subnets: &'a Subnets<'a>,
    /// Its weights.
    pub parameters: &'a Parameters,
    /// E, [N, H, W, C].
    pub maps: Tensor,
    /// The memory of a look, for the next one.
    pub workspace: &'a Workspace,
}

impl Glimpses<f32> for Unseen<'_> {
    fn sizes(&self) -> [usize; 2] {
        [self.maps.shape()[0], self.subnets.network.cells.count()]
    }

    fn rows(&self, looks: &[Look]) -> Vec<f32> {
        let mut tape = Tape::within(self.workspace, self.parameters, Recording::Off);
        let maps = tape.constant(self.maps.clone());
        let places = looks.iter().map(|look| (look.image, look.cell));
        let Subnets { network, local, .. } = self.subnets;
        let seen = network.look_at(&mut tape, local, maps, places, Mode::Evaluation);
        tape.value(seen).values().to_vec()
    }
}
