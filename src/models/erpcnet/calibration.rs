//! Which calibration goes with a way to end searches.
//!
//! Where an episode ends depends on the calibration, and which calibration is best on where episodes end,
//! so many are tried. What an image comes down to after so many looks depends on neither, and is worked
//! out once.

use rayon::prelude::*;

use crate::rl::{Stopping, Trace};
use crate::zsl::decision::{Decision, MetricError};
use crate::zsl::metrics::{Tally, harmonic_mean};
use crate::zsl::stacking::Curve;

use super::ending::{Ending, Rule, Setting, decisions, mean};
use super::traces::{Looked, Traces};

/// Calibrations that are tried where the end of a search depends on them.
const DELTAS: usize = 101;

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
    let searches = Searches::of(traces, last)?;
    if let Some(delta) = delta {
        return searches.at_delta(rules, delta);
    }
    let fixed = Rule::Given(Ending { looks: last, stopping: Stopping::NEVER });
    let is_open = |rule: &Rule| *rule != fixed && last > 0;
    let at_the_end = match rules.iter().all(is_open) {
        true => None,
        false => Some(searches.at_last()?),
    };
    let open: Vec<Rule> = rules.iter().copied().filter(is_open).collect();
    let mut tried = searches.tried(&open)?.into_iter();
    let chosen = rules.iter().map(|rule| match at_the_end {
        Some(chosen) if !is_open(rule) => chosen,
        _ => best(tried.next().expect("every open rule was tried")),
    });
    Ok(chosen.collect())
}

/// The middle of the first run of tried calibrations with the largest H.
fn best(tried: Vec<Chosen>) -> Chosen {
    let best = tried.iter().map(|one| one.harmonic).fold(0.0, f64::max);
    let is_best = |one: &Chosen| one.harmonic >= best;
    let rest = tried.into_iter().skip_while(|one| !is_best(one));
    let run: Vec<Chosen> = rest.take_while(is_best).collect();
    run[run.len() / 2]
}

/// What was seen, and what it comes down to whatever ends a search.
struct Searches<'a> {
    traces: &'a Traces,
    looked: Vec<Looked>,
    /// Of all images, after no look, one, and so on.
    decisions: Vec<Vec<Decision>>,
}

impl<'a> Searches<'a> {
    fn of(traces: &'a Traces, last: usize) -> Result<Self, MetricError> {
        let looked: Vec<Looked> = (0..traces.len()).map(|image| traces.image(image)).collect();
        let decisions = (0..=last).map(|looks| decisions(traces, &looked, &|_| looks));
        let decisions = decisions.collect::<Result<_, _>>()?;
        Ok(Self { traces, looked, decisions })
    }

    /// With all looks.
    fn last(&self) -> &[Decision] {
        self.decisions.last().expect("at least those before the first look")
    }

    /// The best calibration where all looks are taken: no end depends on it.
    fn at_last(&self) -> Result<Chosen, MetricError> {
        let (seen, unseen) = self.last().split_at(self.traces.header().seen_labels.len());
        let curve = Curve::of(seen, unseen, &self.traces.header().candidates)?;
        let delta = curve.best_delta();
        let looks = self.decisions.len() - 1;
        let harmonic = curve.at(delta).harmonic;
        Ok(Chosen { delta, harmonic, mean_steps: mean([looks].into_iter()) })
    }

    /// What each rule comes down to at many calibrations. Ends depend on the calibration, so the
    /// breakpoints of the curve for all looks say only where to try.
    fn tried(&self, rules: &[Rule]) -> Result<Vec<Vec<Chosen>>, MetricError> {
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let mut breakpoints: Vec<f64> = self.last().iter().map(Decision::breakpoint).collect();
        breakpoints.sort_by(f64::total_cmp);
        let place = |at: usize| breakpoints[at * (breakpoints.len() - 1) / (DELTAS - 1)];
        let tried: Vec<Result<Vec<Chosen>, MetricError>> =
            (0..DELTAS).into_par_iter().map(|at| self.at_delta(rules, place(at))).collect();
        // The first error in the order of the calibrations, whichever thread was first.
        let tried: Vec<Vec<Chosen>> = tried.into_iter().collect::<Result<_, _>>()?;
        Ok((0..rules.len()).map(|rule| tried.iter().map(|one| one[rule]).collect()).collect())
    }

    /// What rules come down to at one calibration.
    fn at_delta(&self, rules: &[Rule], delta: f64) -> Result<Vec<Chosen>, MetricError> {
        let candidates = &self.traces.header().candidates;
        let setting = Setting::generalised(candidates, delta);
        let searched: Vec<Trace> = self.looked.iter().map(|one| setting.trace(one)).collect();
        let (seen, all) = (candidates.seen().len(), candidates.len());
        let name = |class| candidates.name(class);
        let chosen = |rule: &Rule| {
            let ending = rule.ending(&searched);
            let steps: Vec<usize> = searched.iter().map(|trace| ending.step(trace)).collect();
            let decided =
                steps.iter().enumerate().map(|(image, step)| &self.decisions[*step][image]);
            let pairs = decided.map(|image| (image.label, image.predict(delta)));
            let tally = Tally::count(all, pairs);
            let harmonic =
                harmonic_mean(tally.mean(seen..all, &name)?, tally.mean(0..seen, &name)?);
            Ok(Chosen { delta, harmonic, mean_steps: mean(steps.into_iter()) })
        };
        rules.iter().map(chosen).collect()
    }
}
