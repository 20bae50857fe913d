//! What ended searches are worth: accuracies, and the ways in which they failed.

use rayon::prelude::*;

use crate::rl::Trace;
use crate::zsl::decision::{Decision, MetricError};
use crate::zsl::failure::{self, Failures};
use crate::zsl::metrics::{Tally, harmonic_mean};

use super::ending::{Ends, Rule, Setting, decisions, mean};
use super::traces::{Looked, Traces};

/// What searches come down to in both settings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Outcome {
    /// T1: mean per-class accuracy on unseen classes, candidates unseen only.
    pub t1: f64,
    /// U: the same, candidates seen and unseen.
    pub unseen: f64,
    /// S: mean per-class accuracy on seen classes, candidates seen and unseen.
    pub seen: f64,
    /// H: the harmonic mean of U and S.
    pub harmonic: f64,
    /// The calibration.
    pub delta: f64,
    /// The mean number of looks in the generalised setting.
    pub steps: f64,
    /// The mean number of looks in the zero-shot setting.
    pub steps_zero_shot: f64,
}

impl Outcome {
    /// The worth of searches that end so, with calibration `delta`.
    ///
    /// # Errors
    /// [`MetricError`] for a score that is not a number or a class without images.
    pub fn of(traces: &Traces, ends: &Ends, delta: f64) -> Result<Self, MetricError> {
        let header = traces.header();
        let candidates = &header.candidates;
        let (first, all) = (candidates.seen().len(), candidates.len());
        let seen_images = header.seen_labels.len();
        let looked: Vec<Looked> = (0..traces.len()).map(|image| traces.image(image)).collect();
        let name = |class| candidates.name(class);
        let generalised = decisions(traces, &looked, &|image| ends.steps[image])?;
        let pairs = generalised.iter().map(|image| (image.label, image.predict(delta)));
        let tally = Tally::count(all, pairs);
        let (unseen, seen) = (tally.mean(first..all, &name)?, tally.mean(0..first, &name)?);
        let ends_of = |image: usize| {
            image.checked_sub(seen_images).map_or(0, |unseen| ends.steps_zero_shot[unseen])
        };
        let zero_shot = decisions(traces, &looked, &ends_of)?;
        let pair = |image: &Decision| (image.label, image.unseen.candidate);
        let tally = Tally::count(all, zero_shot[seen_images..].iter().map(pair));
        Ok(Self {
            t1: tally.mean(first..all, &name)?,
            unseen,
            seen,
            harmonic: harmonic_mean(unseen, seen),
            delta,
            steps: mean(ends.steps.iter().copied()),
            steps_zero_shot: mean(ends.steps_zero_shot.iter().copied()),
        })
    }
}

/// The ways in which searches among unseen classes fail (1.10).
#[must_use]
pub fn failures(traces: &Traces, rule: &Rule) -> Failures {
    let header = traces.header();
    let (images, classes) = (header.seen_labels.len(), header.candidates.seen().len());
    let setting = Setting::zero_shot(&header.candidates);
    let searched: Vec<Trace> = (images..traces.len())
        .into_par_iter()
        .map(|image| setting.trace(&traces.image(image)))
        .collect();
    let ending = rule.ending(&searched);
    let predictions: Vec<Vec<usize>> = searched
        .iter()
        .map(|trace| (0..=ending.step(trace)).map(|looks| trace.prediction(looks)).collect())
        .collect();
    let labels = (images..traces.len()).map(|image| traces.label(image).get() - classes);
    let both = predictions.iter().zip(labels);
    Failures::count(
        ending.looks,
        both.map(|(predictions, label)| failure::Trace { predictions, label }),
    )
}
