//! A trained network that only scores classes, multiplied out.
//!
//! Behind the embeddings everything is linear where no ReLU follows the fusion (register A19), so
//! signatures, joint predictor and fusion are one matrix: [C, (T + 1) D]. A look is then one product
//! of its embedding with the columns of its slot, added to the logits so far.

use crate::nn::tape::{Dense, Parameters};
use crate::nn::{Activation, Real, Tensor};

use super::affine::Affine;
use super::network::Network;

/// The classes that predictions are made among.
#[derive(Clone, PartialEq, Debug)]
pub struct Classes<T = f32> {
    /// Their attributes, [C, A].
    pub signatures: Tensor<T>,
    /// What is subtracted from each class's logit, `[C]`: delta on seen classes in the generalised
    /// setting, else zeros (register A26).
    pub handicap: Vec<f64>,
    /// What logits are multiplied by before that (register A10).
    pub scale: f64,
}

/// Scores classes by a global embedding and by local ones.
#[derive(Clone, PartialEq, Debug)]
pub struct Judge<T = f32> {
    pub(super) handicap: Vec<f64>,
    scale: T,
    /// [C, D].
    global: Affine<T>,
    /// What is summed up slot by slot: [C, (T + 1) D], or [D', (T + 1) D] in front of `rest`.
    slots: Affine<T>,
    /// A ReLU and [C, D'].
    rest: Option<(Activation, Affine<T>)>,
}

impl<T: Real> Judge<T> {
    /// Multiplies a network and classes out.
    ///
    /// # Panics
    /// If shapes do not fit.
    #[must_use]
    pub fn new(network: &Network, parameters: &Parameters<T>, classes: &Classes<T>) -> Self {
        assert_eq!(classes.signatures.shape()[0], classes.handicap.len(), "a handicap a class");
        let signatures = Affine::linear(classes.signatures.clone());
        let fuse = Dense { weight: network.fuse.weight, bias: Some(network.fuse.bias) };
        let fuse = Affine::of(fuse, parameters);
        let joint = signatures.after(&Affine::of(network.joint, parameters));
        // More classes than joint features: multiplied out, a look would cost more, not less.
        let is_smaller = joint.outputs() <= fuse.outputs();
        let (slots, rest) = match network.activation {
            Activation::None if is_smaller => (joint.after(&fuse), None),
            activation => (fuse, Some((activation, joint))),
        };
        let global = signatures.after(&Affine::of(network.global, parameters));
        let (handicap, scale) = (classes.handicap.clone(), T::of(classes.scale));
        Self { handicap, scale, global, slots, rest }
    }

    /// Subtracts other numbers from the logits from now on, `[C]`.
    ///
    /// # Panics
    /// If they are not as many.
    #[cfg(test)]
    pub fn handicap(&mut self, handicap: &[f64]) {
        assert_eq!(handicap.len(), self.handicap.len(), "a handicap a class");
        self.handicap = handicap.to_vec();
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.handicap.len()
    }

    /// Numbers that are summed up for an image.
    pub(super) fn sums(&self) -> usize {
        self.slots.outputs()
    }

    /// The logits of global embeddings, [n, D] -> [n, C].
    pub(super) fn of_global(&self, rows: &[T], count: usize) -> Vec<f64> {
        self.scaled(&self.global.apply(rows, count))
    }

    /// What a slot adds to the sums, [n, D] -> [n, sums].
    ///
    /// # Panics
    /// If there is no such slot.
    pub(super) fn of_slot(&self, slot: usize, rows: &[T], count: usize) -> Vec<T> {
        let width = self.global.inputs();
        assert!((slot + 1) * width <= self.slots.inputs(), "the fusion has a slot for every look");
        self.slots.part(slot * width, rows, count)
    }

    /// The joint logits of sums, [n, sums] -> [n, C].
    pub(super) fn of_sums<'a>(&self, sums: impl Iterator<Item = &'a [T]>) -> Vec<f64> {
        let mut rows = Vec::new();
        for sums in sums {
            rows.extend(sums.iter().zip(&self.slots.bias).map(|(sum, bias)| *sum + *bias));
        }
        match &self.rest {
            None => self.scaled(&rows),
            Some((activation, joint)) => {
                if *activation == Activation::Relu {
                    rows.iter_mut().for_each(|value| *value = value.largest(T::ZERO));
                }
                let count = rows.len() / self.sums();
                self.scaled(&joint.apply(&rows, count))
            }
        }
    }

    fn scaled(&self, logits: &[T]) -> Vec<f64> {
        // In the network's own numbers, so that whoever keeps them loses nothing.
        logits.iter().map(|logit| (*logit * self.scale).wide()).collect()
    }
}
