//! Images that remember everything that was seen of them.

use crate::nn::{Real, Tensor};
use crate::rl::{Environment, Look, View};

use super::sight::{Glimpses, Sight};
use super::traces::Looked;

/// A [`Sight`] that writes down cells, weights and logits.
pub struct Recorder<'a, T: Real, L = Tensor<T>> {
    sight: Sight<'a, T, L>,
    looked: Vec<Looked>,
}

impl<'a, T: Real, L: Glimpses<T>> Recorder<'a, T, L> {
    /// Nothing is written down before the images are opened.
    #[must_use]
    pub fn new(sight: Sight<'a, T, L>) -> Self {
        Self { sight, looked: Vec::new() }
    }

    /// What was written down, one entry an image.
    #[must_use]
    pub fn into_looked(self) -> Vec<Looked> {
        self.looked
    }
}

impl<T: Real, L: Glimpses<T>> Environment<T> for Recorder<'_, T, L> {
    fn images(&self) -> usize {
        self.sight.images()
    }

    fn open(&mut self) -> View<T> {
        let view = self.sight.open();
        let looked = |image| {
            let opinion = self.sight.opinion(image);
            let (global, joint) = (opinion.global.to_vec(), opinion.joint.to_vec());
            Looked { cells: vec![], weights: vec![], global, joint }
        };
        self.looked = (0..self.images()).map(looked).collect();
        view
    }

    fn look(&mut self, looks: &[Look]) -> View<T> {
        let view = self.sight.look(looks);
        for look in looks {
            let looked = &mut self.looked[look.image];
            looked.cells.push(look.cell);
            looked.weights.push(self.sight.weight(*look));
            looked.joint.extend(self.sight.opinion(look.image).joint);
        }
        view
    }

    fn weight(&self, look: Look) -> f64 {
        self.sight.weight(look)
    }
}
