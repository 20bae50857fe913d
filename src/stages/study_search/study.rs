//! What the traces of one trial say.

use crate::models::erpcnet::ending::{Ends, Rule};
use crate::models::erpcnet::outcome::{Outcome, failures};
use crate::models::erpcnet::traces::Traces;
use crate::stage::StageError;
use crate::stages::search_end::{EndParams, Tuning, looks};
use crate::zsl::failure::Failures;

use super::StudySearchParams;

/// Everything that the tables show of one trial.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Study {
    /// By threshold; the last one is none.
    pub(super) sigma: Vec<(Option<f64>, Outcome)>,
    /// By the number of looks, from none on.
    pub(super) steps: Vec<Outcome>,
    /// In the zero-shot setting.
    pub(super) failures: Failures,
    /// How many searches end at each step, from none on.
    pub(super) stops: Vec<usize>,
    /// The same in the zero-shot setting.
    pub(super) stops_zero_shot: Vec<usize>,
}

impl Study {
    pub(super) fn of(
        params: &StudySearchParams,
        traces: &Traces,
        validation: &Traces,
    ) -> Result<Self, StageError> {
        let looks = looks(params.looks, traces)?;
        let tuning = Tuning { looks, delta: params.delta, validation: Some(validation) };
        let stops = params.stops();
        let outcomes = outcomes(&tuning, traces, &stops)?;
        let sigma = stops.iter().map(|stop| stop.sigma).zip(outcomes).collect();
        let steps = (0..=looks).map(|looks| {
            let tuning = Tuning { looks, ..tuning };
            Ok(outcomes_of(&tuning, traces, &EndParams::default())?.1)
        });
        let steps = steps.collect::<Result<_, StageError>>()?;
        let (ends, _) = outcomes_of(&tuning, traces, &params.stop)?;
        let rule = rule(&tuning, traces, &params.stop)?;
        Ok(Self {
            sigma,
            steps,
            failures: failures(traces, &rule),
            stops: histogram(looks, &ends.steps),
            stops_zero_shot: histogram(looks, &ends.steps_zero_shot),
        })
    }
}

fn rule(tuning: &Tuning<'_>, traces: &Traces, stop: &EndParams) -> Result<Rule, StageError> {
    stop.rule(tuning.looks, traces.header().mean_weight)
}

/// What each way to end is worth, with a calibration of its own.
fn outcomes(
    tuning: &Tuning<'_>,
    traces: &Traces,
    stops: &[EndParams],
) -> Result<Vec<Outcome>, StageError> {
    let chosen = tuning.chosen_each(traces, stops)?;
    let outcome = |(stop, delta): (&EndParams, f64)| {
        Ok(worth(traces, &rule(tuning, traces, stop)?, delta)?.1)
    };
    stops.iter().zip(chosen.iter().map(|chosen| chosen.delta)).map(outcome).collect()
}

fn outcomes_of(
    tuning: &Tuning<'_>,
    traces: &Traces,
    stop: &EndParams,
) -> Result<(Ends, Outcome), StageError> {
    let delta = tuning.chosen(traces, stop)?.delta;
    worth(traces, &rule(tuning, traces, stop)?, delta)
}

fn worth(traces: &Traces, rule: &Rule, delta: f64) -> Result<(Ends, Outcome), StageError> {
    let ends = Ends::of(traces, rule, delta);
    let outcome = Outcome::of(traces, &ends, delta);
    let outcome = outcome.map_err(|error| StageError::data(error.to_string()))?;
    Ok((ends, outcome))
}

fn histogram(looks: usize, steps: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; looks + 1];
    steps.iter().for_each(|step| counts[*step] += 1);
    counts
}
