//! A batch of images as something an agent looks into (1.6).
//!
//! In stage II nothing but the policy learns, so an image *is* its global embedding, one embedding a
//! cell and one entropy weight a cell. Where many look at the same images, all looks are embedded
//! beforehand; where one does, once, they can be embedded on demand ([`Unseen`](super::unseen::Unseen)).
//! A look adds one slot to the fusion; a [`Judge`] says what that means for the classes.

use crate::nn::{Real, Tensor};
use crate::rl::{Environment, Look, View};

use super::judge::Judge;
use super::verdict::Opinion;

/// Where the local embeddings of looks come from.
pub trait Glimpses<T> {
    /// How many images there are, and how many cells each has.
    fn sizes(&self) -> [usize; 2];

    /// v of some looks, [n, D].
    fn rows(&self, looks: &[Look]) -> Vec<T>;
}

/// v of every cell, [N, cells, D], embedded beforehand.
impl<T: Real> Glimpses<T> for Tensor<T> {
    fn sizes(&self) -> [usize; 2] {
        [self.shape()[0], self.shape()[1]]
    }

    fn rows(&self, looks: &[Look]) -> Vec<T> {
        let (cells, width) = (self.shape()[1], self.shape()[2]);
        let row = |look: &Look| &self.values()[(look.image * cells + look.cell) * width..][..width];
        looks.iter().flat_map(row).copied().collect()
    }
}

/// Images with all that can be seen of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Seeable<T = f32, L = Tensor<T>> {
    /// g, [N, D].
    pub global: Tensor<T>,
    /// v of the cells.
    pub local: L,
    /// beta of every cell, [N, cells]; ones where entropy does not guide.
    pub weights: Vec<f64>,
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
pub struct Sight<'a, T: Real, L = Tensor<T>> {
    judge: &'a Judge<T>,
    images: &'a Seeable<T, L>,
    rewarded: Rewarded,
    /// What the fusion has summed up, [N, sums].
    sums: Vec<T>,
    /// How often each image was looked at.
    looks: Vec<usize>,
    /// The logits of the global attributes, [N, C].
    global: Vec<f64>,
    /// The logits of the joint attributes after the latest look, [N, C].
    joint: Vec<f64>,
}

impl<'a, T: Real, L: Glimpses<T>> Sight<'a, T, L> {
    /// Images that nobody has looked at.
    ///
    /// # Panics
    /// If shapes do not fit.
    #[must_use]
    pub fn new(judge: &'a Judge<T>, images: &'a Seeable<T, L>, rewarded: Rewarded) -> Self {
        let count = images.global.shape()[0];
        let [local, cells] = images.local.sizes();
        assert_eq!(local, count, "as many images");
        assert_eq!(images.weights.len(), count * cells, "a weight a cell");
        Self {
            judge,
            images,
            rewarded,
            sums: Vec::new(),
            looks: vec![0; count],
            global: judge.of_global(images.global.values(), count),
            joint: Vec::new(),
        }
    }

    /// What the latest look at an image has led to.
    ///
    /// # Panics
    /// If it has not been opened.
    #[must_use]
    pub fn opinion(&self, image: usize) -> Opinion<'_> {
        let classes = self.judge.classes();
        Opinion {
            global: &self.global[image * classes..][..classes],
            joint: &self.joint[image * classes..][..classes],
            handicap: &self.judge.handicap,
            has_looked: self.looks[image] > 0,
        }
    }

    fn width(&self) -> usize {
        self.images.global.shape()[1]
    }

    /// Adds what a slot makes of rows [n, D] to the sums of `images`.
    fn fuse(&mut self, slot: usize, rows: &[T], images: &[usize]) {
        let size = self.judge.sums();
        let parts = self.judge.of_slot(slot, rows, images.len());
        for (image, part) in images.iter().zip(parts.chunks_exact(size)) {
            let sums = &mut self.sums[image * size..][..size];
            sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += *value);
        }
    }

    /// What is known of some images now, whose states are `states`, [n, D].
    fn view(&mut self, states: Vec<T>, images: &[usize]) -> View<T> {
        let (size, classes) = (self.judge.sums(), self.judge.classes());
        let sums = images.iter().map(|image| &self.sums[image * size..][..size]);
        let logits = self.judge.of_sums(sums);
        for (image, logits) in images.iter().zip(logits.chunks_exact(classes)) {
            self.joint[image * classes..][..classes].copy_from_slice(logits);
        }
        let states = Tensor::new(vec![images.len(), self.width()], states);
        let mut view = View { states, joint: vec![], global: vec![], predictions: vec![] };
        for &image in images {
            let label = match &self.rewarded {
                Rewarded::Labels(labels) => Some(labels[image]),
                Rewarded::Predictions => None,
            };
            let verdict = self.opinion(image).verdict(label);
            view.joint.push(verdict.joint);
            view.global.push(verdict.global);
            view.predictions.push(verdict.prediction);
        }
        view
    }
}

impl<T: Real, L: Glimpses<T>> Environment<T> for Sight<'_, T, L> {
    fn images(&self) -> usize {
        self.looks.len()
    }

    fn open(&mut self) -> View<T> {
        let count = self.images();
        self.looks = vec![0; count];
        self.sums = vec![T::ZERO; count * self.judge.sums()];
        self.joint = vec![0.0; count * self.judge.classes()];
        let all: Vec<usize> = (0..count).collect();
        let global = self.images.global.values();
        self.fuse(0, global, &all);
        self.view(global.to_vec(), &all)
    }

    /// # Panics
    /// If the images have not been looked at equally often.
    fn look(&mut self, looks: &[Look]) -> View<T> {
        let images: Vec<usize> = looks.iter().map(|look| look.image).collect();
        let rows = self.images.local.rows(looks);
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
        self.images.weights[look.image * self.images.local.sizes()[1] + look.cell]
    }
}
