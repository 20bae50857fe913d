//! Where a search ends: all of it from traces.

use rayon::prelude::*;

use crate::rl::{Stopping, Trace};
use crate::zsl::candidates::Candidates;
use crate::zsl::decision::{Decision, MetricError};

use super::traces::{Looked, Traces};
use super::verdict::Opinion;

/// When a search ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ending {
    /// At most so many looks.
    pub looks: usize,
    /// The reward that ends it earlier.
    pub stopping: Stopping,
}

impl Ending {
    /// The step that a trace ends with; 0 if there are no looks.
    #[must_use]
    pub fn step(&self, trace: &Trace) -> usize {
        let rewards = trace.looks.iter().take(self.looks).map(|look| look.reward);
        self.stopping.stop(rewards.collect::<Vec<_>>().into_iter())
    }
}

/// The setting that searches are judged in.
#[derive(Clone, PartialEq, Debug)]
pub struct Setting {
    /// The first candidate; those before it are none.
    first: usize,
    /// What is subtracted from each candidate's logits.
    handicap: Vec<f64>,
}

impl Setting {
    /// All candidates, with `delta` subtracted from seen ones.
    #[must_use]
    pub fn generalised(candidates: &Candidates, delta: f64) -> Self {
        let of = |is_seen: &bool| if *is_seen { delta } else { 0.0 };
        Self { first: 0, handicap: candidates.seen_mask().iter().map(of).collect() }
    }

    /// Unseen candidates alone.
    #[must_use]
    pub fn zero_shot(candidates: &Candidates) -> Self {
        let first = candidates.seen().len();
        Self { first, handicap: vec![0.0; candidates.unseen().len()] }
    }

    /// What is subtracted from each candidate's logits.
    #[cfg(test)]
    #[must_use]
    pub fn handicap(&self) -> &[f64] {
        &self.handicap
    }

    /// The candidate that a prediction of [`trace`](Self::trace) stands for.
    #[must_use]
    pub fn candidate(&self, prediction: usize) -> usize {
        self.first + prediction
    }

    /// What the network thinks after some looks.
    #[must_use]
    pub fn opinion<'a>(&'a self, looked: &'a Looked, looks: usize) -> Opinion<'a> {
        looked.opinion(looks, self.first..self.first + self.handicap.len(), &self.handicap)
    }

    /// How sure the network is of its prediction after some looks: the mean of the two
    /// probabilities that a reward consists of, before the first look the global one alone.
    #[must_use]
    pub fn confidence(&self, looked: &Looked, looks: usize) -> f64 {
        let verdict = self.opinion(looked, looks).verdict(None);
        if looks == 0 { verdict.global } else { f64::midpoint(verdict.joint, verdict.global) }
    }

    /// The search among these candidates.
    #[must_use]
    pub fn trace(&self, looked: &Looked) -> Trace {
        looked.trace(&(self.first..self.first + self.handicap.len()), &self.handicap)
    }
}

/// The score of every candidate after some looks, without any handicap.
#[must_use]
pub fn scores(looked: &Looked, looks: usize) -> Vec<f64> {
    let classes = looked.global.len();
    looked.opinion(looks, 0..classes, &vec![0.0; classes]).scores()
}

/// What ends searches.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rule {
    /// This ending.
    Given(Ending),
    /// The threshold at which the searches at hand take so many steps in the mean. It is found from
    /// their rewards; no label is looked at.
    MeanSteps {
        /// The most looks.
        looks: usize,
        /// The first step that may be the last.
        min_steps: usize,
        /// The mean number of steps.
        mean: f64,
    },
}

impl Rule {
    /// The most looks.
    #[must_use]
    pub fn looks(&self) -> usize {
        match self {
            Self::Given(ending) => ending.looks,
            Self::MeanSteps { looks, .. } => *looks,
        }
    }

    /// How some searches end.
    #[must_use]
    pub fn ending(&self, traces: &[Trace]) -> Ending {
        match self {
            Self::Given(ending) => *ending,
            Self::MeanSteps { looks, min_steps, mean } => {
                with_mean_steps(traces, *looks, *min_steps, *mean)
            }
        }
    }
}

/// The step that each search ends with.
#[derive(Clone, PartialEq, Debug)]
pub struct Ends {
    /// Of all images, in the generalised setting.
    pub steps: Vec<usize>,
    /// Of those of unseen classes, in the zero-shot setting.
    pub steps_zero_shot: Vec<usize>,
    /// The threshold in the generalised setting, if there is one.
    pub sigma: Option<f64>,
}

impl Ends {
    /// Where a rule ends the searches, with `delta` in the generalised setting.
    #[must_use]
    pub fn of(traces: &Traces, rule: &Rule, delta: f64) -> Self {
        let candidates = &traces.header().candidates;
        let seen = traces.header().seen_labels.len();
        let end = |setting: &Setting, first: usize| {
            let images = (first..traces.len()).into_par_iter();
            let searched: Vec<Trace> =
                images.map(|image| setting.trace(&traces.image(image))).collect();
            let ending = rule.ending(&searched);
            let steps = searched.iter().map(|trace| ending.step(trace)).collect();
            (steps, ending.stopping.sigma())
        };
        let (steps, sigma) = end(&Setting::generalised(candidates, delta), 0);
        let (steps_zero_shot, _) = end(&Setting::zero_shot(candidates), seen);
        Self { steps, steps_zero_shot, sigma }
    }
}

/// The threshold at which traces take as many steps as asked for, as near as possible.
fn with_mean_steps(traces: &[Trace], looks: usize, min_steps: usize, target: f64) -> Ending {
    let ending = |sigma: f64| Ending {
        looks,
        stopping: Stopping::new(sigma, min_steps.max(1)).expect("the threshold is a number"),
    };
    let steps = |sigma| mean(traces.iter().map(|trace| ending(sigma).step(trace)));
    let rewards = traces.iter().flat_map(|trace| &trace.looks).map(|look| look.reward);
    // Steps never fall with the threshold, so halving finds where they pass the target.
    let (mut low, mut high) = (0.0, rewards.fold(0.0, f64::max) * 1.001 + 1e-9);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if steps(middle) < target { low = middle } else { high = middle }
    }
    let nearer = (steps(low) - target).abs() < (steps(high) - target).abs();
    ending(if nearer { low } else { high })
}

/// What each image comes down to after so many looks at it.
pub(super) fn decisions(
    traces: &Traces,
    looked: &[Looked],
    looks: &dyn Fn(usize) -> usize,
) -> Result<Vec<Decision>, MetricError> {
    let candidates = &traces.header().candidates;
    let mask = candidates.seen_mask();
    let decision = |(image, one): (usize, &Looked)| {
        let row = scores(one, looks(image));
        Decision::of(&row, &mask, traces.label(image)).map_err(|at| MetricError::NotANumber {
            image,
            class: candidates.name(at),
            score: row[at],
        })
    };
    looked.iter().enumerate().map(decision).collect()
}

/// The mean of counts.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of steps are below 2^53")]
pub fn mean(counts: impl Iterator<Item = usize>) -> f64 {
    let (sum, images) = counts.fold((0, 0_usize), |(sum, images), one| (sum + one, images + 1));
    sum as f64 / images.max(1) as f64
}
