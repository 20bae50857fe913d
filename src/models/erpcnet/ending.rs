//! Where a search ends, and what follows for thresholds and calibrations: all of it from traces.

use rayon::prelude::*;

use crate::rl::{Stopping, Trace};
use crate::zsl::candidates::Candidates;
use crate::zsl::decision::{Decision, MetricError};
use crate::zsl::metrics::{Tally, harmonic_mean};
use crate::zsl::stacking::Curve;

use super::traces::{Looked, Traces};
use super::verdict::Opinion;

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

/// Chooses for each of several rules with equally many looks the calibration with the largest H on
/// traces of validation images, unless one is given. All rules together cost little more than one.
///
/// # Errors
/// [`MetricError`] for a score that is not a number or a class without images.
///
/// # Panics
/// If the rules differ in their looks.
pub fn choose_each(
    traces: &Traces,
    rules: &[Rule],
    delta: Option<f64>,
) -> Result<Vec<Chosen>, MetricError> {
    let Some(last) = rules.first().map(Rule::looks) else { return Ok(Vec::new()) };
    assert!(rules.iter().all(|rule| rule.looks() == last), "rules of equally many looks");
    let looked: Vec<Looked> = (0..traces.len()).map(|image| traces.image(image)).collect();
    if let Some(delta) = delta {
        return at_delta(traces, &looked, rules, delta);
    }
    let decisions = decisions(traces, &looked, &|_| last)?;
    let fixed = Rule::Given(Ending { looks: last, stopping: Stopping::NEVER });
    let (open, closed): (Vec<&Rule>, Vec<&Rule>) =
        rules.iter().partition(|rule| **rule != fixed && last > 0);
    let at_the_end = match closed.is_empty() {
        true => None,
        false => Some(at_last(traces, &decisions, last)?),
    };
    // Where an episode ends depends on delta, so the curve says only where to try.
    let mut breakpoints: Vec<f64> = decisions.iter().map(Decision::breakpoint).collect();
    breakpoints.sort_by(f64::total_cmp);
    let place = |at: usize| breakpoints[at * (breakpoints.len() - 1) / (DELTAS - 1)];
    let open: Vec<Rule> = open.into_iter().copied().collect();
    let tried = match open.is_empty() {
        true => Vec::new(),
        false => {
            let tried = (0..DELTAS).map(place).map(|delta| at_delta(traces, &looked, &open, delta));
            tried.collect::<Result<Vec<_>, _>>()?
        }
    };
    let mut next = 0;
    let chosen = rules.iter().map(|rule| match at_the_end {
        Some(chosen) if *rule == fixed || last == 0 => chosen,
        _ => {
            next += 1;
            best(tried.iter().map(|of_rules| of_rules[next - 1]).collect())
        }
    });
    Ok(chosen.collect())
}

/// The best calibration where all looks are taken: no end depends on it.
fn at_last(traces: &Traces, decisions: &[Decision], last: usize) -> Result<Chosen, MetricError> {
    let seen = traces.header().seen_labels.len();
    let curve = Curve::of(&decisions[..seen], &decisions[seen..], &traces.header().candidates)?;
    let delta = curve.best_delta();
    let harmonic = curve.at(delta).harmonic;
    Ok(Chosen { delta, harmonic, mean_steps: mean([last].into_iter()) })
}

/// The middle of the first run of tried calibrations with the largest H.
fn best(tried: Vec<Chosen>) -> Chosen {
    let best = tried.iter().map(|one| one.harmonic).fold(0.0, f64::max);
    let is_best = |one: &Chosen| one.harmonic >= best;
    let rest = tried.into_iter().skip_while(|one| !is_best(one));
    let run: Vec<Chosen> = rest.take_while(is_best).collect();
    run[run.len() / 2]
}

/// What rules come down to at one calibration.
fn at_delta(
    traces: &Traces,
    looked: &[Looked],
    rules: &[Rule],
    delta: f64,
) -> Result<Vec<Chosen>, MetricError> {
    let candidates = &traces.header().candidates;
    let setting = Setting::generalised(candidates, delta);
    let searched: Vec<Trace> = looked.par_iter().map(|one| setting.trace(one)).collect();
    let (seen, all) = (candidates.seen().len(), candidates.len());
    let name = |class| candidates.name(class);
    let chosen = |rule: &Rule| {
        let ending = rule.ending(&searched);
        let steps: Vec<usize> = searched.iter().map(|trace| ending.step(trace)).collect();
        let decisions = decisions(traces, looked, &|image| steps[image])?;
        let pairs = decisions.iter().map(|image| (image.label, image.predict(delta)));
        let tally = Tally::count(all, pairs);
        let harmonic = harmonic_mean(tally.mean(seen..all, &name)?, tally.mean(0..seen, &name)?);
        Ok(Chosen { delta, harmonic, mean_steps: mean(steps.into_iter()) })
    };
    rules.iter().map(chosen).collect()
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
