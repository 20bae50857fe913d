//! Where a search ends, and what follows for thresholds and calibrations: all of it from traces.

use rayon::prelude::*;

use crate::rl::{Stopping, Trace};
use crate::zsl::candidates::Candidates;
use crate::zsl::decision::{Decision, MetricError};
use crate::zsl::metrics::{Tally, harmonic_mean};
use crate::zsl::stacking::Curve;

use super::traces::{Looked, Traces};

/// Calibrations that are tried where the end of a search depends on them.
const DELTAS: usize = 101;

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
    #[must_use]
    pub fn handicap(&self) -> &[f64] {
        &self.handicap
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

/// What a calibration comes down to on some traces.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Chosen {
    /// The calibration.
    pub delta: f64,
    /// H on the traces.
    pub harmonic: f64,
    /// The mean number of steps there.
    pub mean_steps: f64,
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

/// Chooses the calibration with the largest H on traces of validation images, unless one is given.
///
/// # Errors
/// [`MetricError`] for a score that is not a number or a class without images.
pub fn choose(traces: &Traces, rule: &Rule, delta: Option<f64>) -> Result<Chosen, MetricError> {
    let looked: Vec<Looked> = (0..traces.len()).map(|image| traces.image(image)).collect();
    if let Some(delta) = delta {
        return at_delta(traces, &looked, rule, delta);
    }
    let last = rule.looks();
    let ends = |_: usize| last;
    let decisions = decisions(traces, &looked, &ends)?;
    let seen = traces.header().seen_labels.len();
    let curve = Curve::of(&decisions[..seen], &decisions[seen..], &traces.header().candidates)?;
    let fixed = Ending { looks: last, stopping: Stopping::NEVER };
    if *rule == Rule::Given(fixed) || last == 0 {
        let delta = curve.best_delta();
        let harmonic = curve.at(delta).harmonic;
        return Ok(Chosen { delta, harmonic, mean_steps: mean([last].into_iter()) });
    }
    // Where an episode ends depends on delta, so the curve says only where to try.
    let mut breakpoints: Vec<f64> = decisions.iter().map(Decision::breakpoint).collect();
    breakpoints.sort_by(f64::total_cmp);
    let place = |at: usize| breakpoints[at * (breakpoints.len() - 1) / (DELTAS - 1)];
    let tried = (0..DELTAS).map(place).map(|delta| at_delta(traces, &looked, rule, delta));
    let tried: Vec<Chosen> = tried.collect::<Result<_, _>>()?;
    let best = tried.iter().map(|one| one.harmonic).fold(0.0, f64::max);
    let is_best = |one: &&Chosen| one.harmonic >= best;
    let run: Vec<&Chosen> =
        tried.iter().skip_while(|one| !is_best(one)).take_while(is_best).collect();
    Ok(*run[run.len() / 2])
}

/// What a rule comes down to at one calibration.
fn at_delta(
    traces: &Traces,
    looked: &[Looked],
    rule: &Rule,
    delta: f64,
) -> Result<Chosen, MetricError> {
    let candidates = &traces.header().candidates;
    let setting = Setting::generalised(candidates, delta);
    let searched: Vec<Trace> = looked.par_iter().map(|one| setting.trace(one)).collect();
    let ending = rule.ending(&searched);
    let steps: Vec<usize> = searched.iter().map(|trace| ending.step(trace)).collect();
    let decisions = decisions(traces, looked, &|image| steps[image])?;
    let pairs = decisions.iter().map(|image| (image.label, image.predict(delta)));
    let tally = Tally::count(candidates.len(), pairs);
    let (seen, all) = (candidates.seen().len(), candidates.len());
    let name = |class| candidates.name(class);
    let harmonic = harmonic_mean(tally.mean(seen..all, &name)?, tally.mean(0..seen, &name)?);
    Ok(Chosen { delta, harmonic, mean_steps: mean(steps.into_iter()) })
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
fn decisions(
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
