//! A batch of images as something an agent looks into (1.6).
//!
//! All looks at an image are embedded beforehand: in stage II nothing but the policy learns, so an
//! image *is* its global embedding, one embedding a cell and one entropy weight a cell. A look adds
//! one slot to the fusion, whose product with that slot's weights is all that is computed anew.

use crate::nn::matmul::{Matrix, MatrixMut, Sum, Threads, product};
use crate::nn::tape::{Dense, Parameters};
use crate::nn::{Activation, Real, Tensor};
use crate::rl::{Environment, Look, View};

use super::network::Network;

/// Images with all that can be seen of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Seeable<T = f32> {
    /// g, [N, D].
    pub global: Tensor<T>,
    /// v of every cell, [N, cells, D].
    pub local: Tensor<T>,
    /// beta of every cell, [N, cells]; ones where entropy does not guide.
    pub weights: Vec<f64>,
}

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

/// Which class's probability is the reward.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rewarded {
    /// The true one of each image, for training.
    Labels(Vec<usize>),
    /// The one predicted so far, where nobody knows.
    Predictions,
}

/// The images while they are looked at.
pub struct Sight<'a, T: Real> {
    network: &'a Network,
    parameters: &'a Parameters<T>,
    images: &'a Seeable<T>,
    classes: &'a Classes<T>,
    rewarded: Rewarded,
    /// What the fusion has summed up, without its bias, [N, D'].
    fused: Vec<T>,
    /// How often each image was looked at.
    looks: Vec<usize>,
    /// The logits of the global attributes, [N, C].
    of_global: Vec<f64>,
    /// The score of each class after the latest look, [N, C].
    scores: Vec<f64>,
}

impl<'a, T: Real> Sight<'a, T> {
    /// Images that nobody has looked at.
    ///
    /// # Panics
    /// If shapes do not fit.
    #[must_use]
    pub fn new(
        network: &'a Network,
        parameters: &'a Parameters<T>,
        images: &'a Seeable<T>,
        classes: &'a Classes<T>,
        rewarded: Rewarded,
    ) -> Self {
        let count = images.global.shape()[0];
        assert_eq!(images.local.shape()[0], count, "as many images");
        assert_eq!(images.weights.len(), count * images.local.shape()[1], "a weight a cell");
        let mut sight = Self {
            network,
            parameters,
            images,
            classes,
            rewarded,
            fused: Vec::new(),
            looks: vec![0; count],
            of_global: Vec::new(),
            scores: Vec::new(),
        };
        let attributes = sight.dense(sight.network.global, images.global.values(), count);
        sight.of_global = sight.logits(&attributes, count);
        sight
    }

    /// The score of each class after the latest look at an image, `[C]`.
    #[must_use]
    pub fn scores(&self, image: usize) -> &[f64] {
        let classes = self.class_count();
        &self.scores[image * classes..][..classes]
    }

    fn class_count(&self) -> usize {
        self.classes.handicap.len()
    }

    fn width(&self) -> usize {
        self.images.global.shape()[1]
    }

    /// Adds the product of rows [n, D] with the weights of a slot to what `images` have summed up.
    fn fuse(&mut self, slot: usize, rows: &[T], images: &[usize]) {
        let weight = self.parameters.get(self.network.fuse.weight).value();
        let (outputs, total, width) = (weight.shape()[0], weight.shape()[1], self.width());
        assert!((slot + 1) * width <= total, "the fusion has a slot for every look");
        let mut part = vec![T::ZERO; images.len() * outputs];
        product(
            MatrixMut::new(&mut part, images.len(), outputs, outputs),
            Sum::Fresh,
            Matrix::new(rows, images.len(), width),
            Matrix::strided(&weight.values()[slot * width..], outputs, width, total).transposed(),
            Threads::Pool,
        );
        for (image, part) in images.iter().zip(part.chunks_exact(outputs)) {
            let fused = &mut self.fused[image * outputs..][..outputs];
            fused.iter_mut().zip(part).for_each(|(sum, value)| *sum += *value);
        }
    }

    /// What is known of some images now, whose states are `states`, [n, D].
    fn view(&mut self, states: Vec<T>, images: &[usize]) -> View<T> {
        let attributes = self.joint_attributes(images);
        let joint_logits = self.logits(&attributes, images.len());
        let classes = self.class_count();
        let (mut joint, mut global) = (Vec::new(), Vec::new());
        let mut predictions = Vec::new();
        for (&image, of_joint) in images.iter().zip(joint_logits.chunks_exact(classes)) {
            let of_global = &self.of_global[image * classes..][..classes];
            // Both logits carry the handicap, their sum once.
            let scores = of_joint.iter().zip(of_global).zip(&self.classes.handicap);
            let scores: Vec<f64> = scores.map(|((a, b), handicap)| a + b + handicap).collect();
            let prediction = match self.looks[image] {
                0 => largest(of_global),
                _ => largest(&scores),
            };
            let class = match &self.rewarded {
                Rewarded::Labels(labels) => labels[image],
                Rewarded::Predictions => prediction,
            };
            joint.push(probability(of_joint, class));
            global.push(probability(of_global, class));
            predictions.push(prediction);
            self.scores[image * classes..][..classes].copy_from_slice(&scores);
        }
        let states = Tensor::new(vec![images.len(), self.width()], states);
        View { states, joint, global, predictions }
    }

    fn joint_attributes(&self, images: &[usize]) -> Vec<T> {
        let bias = self.parameters.get(self.network.fuse.bias).value().values();
        let mut rows = Vec::with_capacity(images.len() * bias.len());
        for image in images {
            let fused = &self.fused[image * bias.len()..][..bias.len()];
            rows.extend(fused.iter().zip(bias).map(|(sum, bias)| {
                let value = *sum + *bias;
                match self.network.activation {
                    Activation::None => value,
                    Activation::Relu => value.largest(T::ZERO),
                }
            }));
        }
        self.dense(self.network.joint, &rows, images.len())
    }

    /// A linear layer on rows.
    fn dense(&self, layer: Dense, rows: &[T], count: usize) -> Vec<T> {
        let weight = self.parameters.get(layer.weight).value();
        let outputs = weight.shape()[0];
        let width = weight.values().len() / outputs;
        let mut result = vec![T::ZERO; count * outputs];
        product(
            MatrixMut::new(&mut result, count, outputs, outputs),
            Sum::Fresh,
            Matrix::new(rows, count, width),
            Matrix::new(weight.values(), outputs, width).transposed(),
            Threads::Pool,
        );
        if let Some(bias) = layer.bias {
            let bias = self.parameters.get(bias).value().values();
            for row in result.chunks_exact_mut(outputs) {
                row.iter_mut().zip(bias).for_each(|(value, bias)| *value += *bias);
            }
        }
        result
    }

    /// `scale a phi - handicap` of attributes [n, A], [n, C].
    fn logits(&self, attributes: &[T], count: usize) -> Vec<f64> {
        let signatures = &self.classes.signatures;
        let [classes, width] = signatures.dims2().expect("signatures are [C, A]");
        let mut result = vec![T::ZERO; count * classes];
        product(
            MatrixMut::new(&mut result, count, classes, classes),
            Sum::Fresh,
            Matrix::new(attributes, count, width),
            Matrix::new(signatures.values(), classes, width).transposed(),
            Threads::Pool,
        );
        let handicaps = self.classes.handicap.iter().cycle();
        let logit = |(value, handicap): (&T, &f64)| value.wide() * self.classes.scale - handicap;
        result.iter().zip(handicaps).map(logit).collect()
    }
}

impl<T: Real> Environment<T> for Sight<'_, T> {
    fn images(&self) -> usize {
        self.looks.len()
    }

    fn open(&mut self) -> View<T> {
        let count = self.images();
        let outputs = self.parameters.get(self.network.fuse.weight).value().shape()[0];
        self.looks = vec![0; count];
        self.fused = vec![T::ZERO; count * outputs];
        self.scores = vec![0.0; count * self.class_count()];
        let all: Vec<usize> = (0..count).collect();
        let global = self.images.global.values();
        self.fuse(0, global, &all);
        self.view(global.to_vec(), &all)
    }

    /// # Panics
    /// If the images have not been looked at equally often.
    fn look(&mut self, looks: &[Look]) -> View<T> {
        let (width, cells) = (self.width(), self.images.local.shape()[1]);
        let images: Vec<usize> = looks.iter().map(|look| look.image).collect();
        let row = |look: &Look| {
            &self.images.local.values()[(look.image * cells + look.cell) * width..][..width]
        };
        let rows: Vec<T> = looks.iter().flat_map(row).copied().collect();
        if let Some(first) = images.first() {
            let slot = self.looks[*first] + 1;
            let is_next = |image: &usize| self.looks[*image] + 1 == slot;
            assert!(images.iter().all(is_next), "images are looked at in step");
            self.fuse(slot, &rows, &images);
            images.iter().for_each(|image| self.looks[*image] += 1);
        }
        self.view(rows, &images)
    }

    fn weight(&self, look: Look) -> f64 {
        self.images.weights[look.image * self.images.local.shape()[1] + look.cell]
    }
}

/// The softmax of a class.
fn probability(logits: &[f64], class: usize) -> f64 {
    1.0 / logits.iter().map(|logit| libm::exp(logit - logits[class])).sum::<f64>()
}

/// The first class with the largest score.
fn largest(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best })
}
