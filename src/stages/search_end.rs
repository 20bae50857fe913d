//! When searches end, and the calibration that is chosen with the ends that it leads to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::models::erpcnet::calibration::{Chosen, choose_each};
use crate::models::erpcnet::ending::{Ending, Rule};
use crate::models::erpcnet::traces::Traces;
use crate::rl::Stopping;
use crate::stage::StageError;

/// When a search ends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EndParams {
    /// The reward that ends it. Default: none, all looks are taken.
    pub sigma: Option<f64>,
    /// Instead of sigma: so many looks in the mean, so that searches can be compared at equal cost.
    /// Each setting and each set of images gets the threshold that leads to it, found from rewards
    /// alone: no label is looked at.
    pub mean_steps: Option<f64>,
    /// The first step that may be the last (A27). Default 1.
    #[schemars(range(min = 1))]
    pub min_steps: usize,
    /// Whether sigma is multiplied by the mean weight of all cells (A34). Default false.
    pub sigma_times_mean_beta: bool,
}

impl Default for EndParams {
    fn default() -> Self {
        Self { sigma: None, mean_steps: None, min_steps: 1, sigma_times_mean_beta: false }
    }
}

impl EndParams {
    /// Refuses what no search can end by.
    pub(super) fn check(&self) -> Result<(), StageError> {
        let Self { sigma, mean_steps, min_steps, .. } = *self;
        if min_steps == 0 {
            return Err(StageError::parameter("stop.min_steps", "expected at least 1, got 0"));
        }
        if sigma.is_some() && mean_steps.is_some() {
            let message = "expected `sigma` or `mean_steps`, got both";
            return Err(StageError::parameter("stop", message));
        }
        let numbers = [("stop.sigma", sigma), ("stop.mean_steps", mean_steps)];
        numbers.into_iter().try_for_each(|(name, one)| check_finite(name, one))
    }

    /// What ends searches by an agent whose cells weigh so much in the mean.
    pub(super) fn rule(&self, looks: usize, mean_weight: f64) -> Result<Rule, StageError> {
        let Self { sigma, mean_steps, min_steps, sigma_times_mean_beta } = *self;
        if let Some(mean) = mean_steps {
            return Ok(Rule::MeanSteps { looks, min_steps, mean });
        }
        let Some(sigma) = sigma else {
            return Ok(Rule::Given(Ending { looks, stopping: Stopping::NEVER }));
        };
        let stopping = Stopping::new(sigma, min_steps)
            .map_err(|error| StageError::parameter("stop", error.to_string()))?;
        let stopping = if sigma_times_mean_beta { stopping.times(mean_weight) } else { stopping };
        Ok(Rule::Given(Ending { looks, stopping }))
    }
}

/// Refuses a calibration that is no number.
pub(super) fn check_delta(delta: Option<f64>) -> Result<(), StageError> {
    check_finite("delta", delta)
}

fn check_finite(name: &str, number: Option<f64>) -> Result<(), StageError> {
    match number {
        Some(number) if !number.is_finite() => {
            Err(StageError::parameter(name, "expected a finite number"))
        }
        _ => Ok(()),
    }
}

/// The most looks: as given, or all that were taken.
pub(super) fn looks(given: Option<usize>, traces: &Traces) -> Result<usize, StageError> {
    let taken = traces.header().looks;
    match given {
        Some(looks) if looks > taken => {
            let message = format!("{looks} looks, but the search took {taken}");
            Err(StageError::parameter("looks", message))
        }
        looks => Ok(looks.unwrap_or(taken)),
    }
}

/// Refuses a threshold that no reward can reach: none is above twice the largest weight (1.6).
pub(super) fn check_reach(traces: &Traces, rule: &Rule) -> Result<(), StageError> {
    let Rule::Given(Ending { stopping, .. }) = rule else { return Ok(()) };
    let weights = (0..traces.len()).flat_map(|image| traces.image(image).weights);
    let most = 2.0 * weights.fold(0.0, f64::max);
    match stopping.sigma() {
        Some(sigma) if traces.header().looks > 0 && sigma > most => {
            let message = format!(
                "no reward is above {most:.4}, twice the largest weight, so {sigma:.4} never ends a \
                 search; take less, or leave `sigma` out for all looks"
            );
            Err(StageError::parameter("stop.sigma", message))
        }
        _ => Ok(()),
    }
}

/// What a calibration is chosen by.
#[derive(Clone, Copy)]
pub(super) struct Tuning<'a> {
    /// The most looks.
    pub(super) looks: usize,
    /// The calibration, where it is given.
    pub(super) delta: Option<f64>,
    /// The traces that it is chosen on; without them it is 0.
    pub(super) validation: Option<&'a Traces>,
}

impl Tuning<'_> {
    /// The calibration for one rule.
    pub(super) fn chosen(&self, traces: &Traces, stop: &EndParams) -> Result<Chosen, StageError> {
        Ok(self.chosen_each(traces, std::slice::from_ref(stop))?[0])
    }

    /// The calibration for each of several rules.
    pub(super) fn chosen_each(
        &self,
        traces: &Traces,
        stops: &[EndParams],
    ) -> Result<Vec<Chosen>, StageError> {
        let Some(validation) = self.validation else {
            let delta = self.delta.unwrap_or(0.0);
            let chosen = Chosen { delta, harmonic: f64::NAN, mean_steps: f64::NAN };
            return Ok(vec![chosen; stops.len()]);
        };
        check_validation(traces, validation)?;
        let rules = stops.iter().map(|stop| stop.rule(self.looks, validation.header().mean_weight));
        let rules: Vec<Rule> = rules.collect::<Result<_, _>>()?;
        let found = choose_each(validation, &rules, self.delta);
        found.map_err(|error| StageError::data(format!("validation: {error}")))
    }
}

fn check_validation(traces: &Traces, validation: &Traces) -> Result<(), StageError> {
    let split = &traces.header().provenance.split;
    let other = &validation.header().provenance.split;
    let same = split.check_same("test search", "validation search", other);
    same.map_err(|error| StageError::data(error.to_string()))?;
    let tested = &traces.header().images;
    if validation.header().images.iter().any(|image| tested.contains(image)) {
        let message = "`validation` holds images of the test search";
        let help = "connect the search of a network that was trained with `part = \"fit\"`";
        return Err(StageError::data_with_help(message, help));
    }
    if validation.header().looks != traces.header().looks {
        let (found, expected) = (validation.header().looks, traces.header().looks);
        let message =
            format!("the validation search took {found} looks, the test search {expected}");
        return Err(StageError::data(message));
    }
    Ok(())
}
