//! `score-search`: from traces to scores, by a rule about when to stop and a calibration.
//!
//! The reward that ends a search is that of the current prediction, so it depends on who the
//! candidates are and on the calibration (register A26): the generalised and the zero-shot setting end
//! at steps of their own, and delta is chosen with the ends that it leads to.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::glyphs::PaintedCells;
use crate::data::samples::Samples;
use crate::models::erpcnet::ending::{Chosen, Ending, Rule, Setting, choose, mean, scores};
use crate::models::erpcnet::traces::Traces;
use crate::rl::{Stopping, Trace};
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::scores::{Scores, ScoresHeader, ScoresWriter};
use crate::zsl::search_summary::SearchSummary;

use super::answer_key::AnswerKey;

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

/// How traces become scores.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreSearchParams {
    /// When a search ends.
    pub stop: EndParams,
    /// The most looks; 0 stands for the whole image alone. Default: all that were taken.
    pub looks: Option<usize>,
    /// The calibration. Default: the one with the largest H on the validation images.
    pub delta: Option<f64>,
}

inputs! {
    /// What was seen.
    pub struct ScoreSearchInputs {
        /// Of the test images.
        traces: Traces,
        /// Of the validation images, by a network and an agent that have seen the `fit` part only.
        validation: Option<Traces>,
        /// The answer key of the images, to count hits.
        cells: Option<PaintedCells>,
        /// The samples that the answer key is of.
        samples: Option<Samples>,
    }
}
outputs! {
    /// What it is worth.
    pub struct ScoreSearchOutputs {
        /// The score table, with a block of its own for the zero-shot setting.
        scores: Scores,
    }
}

/// The stage.
pub struct ScoreSearch;

impl Stage for ScoreSearch {
    const KIND: &'static str = "score-search";
    const SUMMARY: &'static str = "ends searches by a threshold and scores what they have seen";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ScoreSearchParams;
    type Inputs = ScoreSearchInputs;
    type Outputs = ScoreSearchOutputs;

    fn check(params: &ScoreSearchParams) -> Result<(), StageError> {
        let EndParams { sigma, mean_steps, min_steps, .. } = params.stop;
        if min_steps == 0 {
            return Err(StageError::parameter("stop.min_steps", "expected at least 1, got 0"));
        }
        if sigma.is_some() && mean_steps.is_some() {
            let message = "expected `sigma` or `mean_steps`, got both";
            return Err(StageError::parameter("stop", message));
        }
        let numbers =
            [("stop.sigma", sigma), ("stop.mean_steps", mean_steps), ("delta", params.delta)];
        match numbers.into_iter().find(|(_, one)| one.is_some_and(|one| !one.is_finite())) {
            Some((name, _)) => Err(StageError::parameter(name, "expected a finite number")),
            None => Ok(()),
        }
    }

    fn run(
        params: &ScoreSearchParams,
        inputs: ScoreSearchInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ScoreSearchOutputs, StageError> {
        let looks = looks(params, &inputs.traces)?;
        let chosen = chosen(params, &inputs, looks)?;
        let traces = &inputs.traces;
        let rule = rule(params, looks, traces.header().mean_weight)?;
        check_reach(traces, &rule)?;
        let ended = End::of(traces, &rule, chosen.delta);
        let summary = SearchSummary {
            looks,
            steps: mean(ended.steps.iter().copied()),
            steps_zero_shot: mean(ended.steps_zero_shot.iter().copied()),
            sigma: ended.sigma,
            hits: hits(&inputs)?,
        };
        note(&chosen, &summary, inputs.validation.is_some(), cx);
        let header = header(params, &inputs, chosen.delta, summary);
        let mut writer = ScoresWriter::new(cx.writer("scores")?, &header).map_err(encode_error)?;
        let seen = traces.header().seen_labels.len();
        let generalised = ended.steps.iter().enumerate().map(|(image, steps)| (image, *steps));
        let zero_shot = ended.steps_zero_shot.iter().enumerate();
        let zero_shot = zero_shot.map(|(at, steps)| (seen + at, *steps));
        for (image, steps) in generalised.chain(zero_shot) {
            writer.push(&scores(&traces.image(image), steps)).map_err(encode_error)?;
        }
        Ok(ScoreSearchOutputs { scores: writer.finish().map_err(encode_error)? })
    }
}

/// The step that each search ends with.
struct End {
    /// Of all images, in the generalised setting.
    steps: Vec<usize>,
    /// Of those of unseen classes, in the zero-shot setting.
    steps_zero_shot: Vec<usize>,
    /// The threshold in the generalised setting, if there is one.
    sigma: Option<f64>,
}

impl End {
    fn of(traces: &Traces, rule: &Rule, delta: f64) -> Self {
        let candidates = &traces.header().candidates;
        let seen = traces.header().seen_labels.len();
        let end = |setting: &Setting, first: usize| {
            let images = first..traces.len();
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

fn looks(params: &ScoreSearchParams, traces: &Traces) -> Result<usize, StageError> {
    let taken = traces.header().looks;
    match params.looks {
        Some(looks) if looks > taken => {
            let message = format!("{looks} looks, but the search took {taken}");
            Err(StageError::parameter("looks", message))
        }
        looks => Ok(looks.unwrap_or(taken)),
    }
}

/// What ends searches by an agent whose cells weigh so much in the mean.
fn rule(params: &ScoreSearchParams, looks: usize, mean_weight: f64) -> Result<Rule, StageError> {
    let EndParams { sigma, mean_steps, min_steps, sigma_times_mean_beta } = params.stop;
    if let Some(mean) = mean_steps {
        return Ok(Rule::MeanSteps { looks, min_steps, mean });
    }
    let Some(sigma) = sigma else {
        return Ok(Rule::Given(Ending { looks, stopping: Stopping::NEVER }));
    };
    let stopping = Stopping::new(sigma, min_steps);
    let stopping = stopping.map_err(|error| StageError::parameter("stop", error.to_string()))?;
    let stopping = if sigma_times_mean_beta { stopping.times(mean_weight) } else { stopping };
    Ok(Rule::Given(Ending { looks, stopping }))
}

/// Refuses a threshold that no reward can reach: none is above twice the largest weight (1.6).
fn check_reach(traces: &Traces, rule: &Rule) -> Result<(), StageError> {
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

/// The calibration.
fn chosen(
    params: &ScoreSearchParams,
    inputs: &ScoreSearchInputs,
    looks: usize,
) -> Result<Chosen, StageError> {
    let Some(validation) = &inputs.validation else {
        let delta = params.delta.unwrap_or(0.0);
        return Ok(Chosen { delta, harmonic: f64::NAN, mean_steps: f64::NAN });
    };
    check_validation(&inputs.traces, validation)?;
    let rule = rule(params, looks, validation.header().mean_weight)?;
    let found = choose(validation, &rule, params.delta);
    found.map_err(|error| StageError::data(format!("validation: {error}")))
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

/// The share of first looks that hit a part.
fn hits(inputs: &ScoreSearchInputs) -> Result<Option<f64>, StageError> {
    let Some(cells) = &inputs.cells else { return Ok(None) };
    let Some(samples) = &inputs.samples else {
        return Err(StageError::data("an answer key needs its `samples`: connect both"));
    };
    let traces = &inputs.traces;
    let identity = &traces.header().provenance.split;
    let same = identity.check_samples("search", samples);
    same.map_err(|error| StageError::data(error.to_string()))?;
    let key = AnswerKey::new(cells, samples)?;
    let images = traces.header().images.iter().enumerate();
    let looked = images.map(|(at, image)| (image.get(), traces.image(at).cells.into_iter()));
    Ok((traces.header().looks > 0).then(|| key.mean_hits(looked)))
}

fn header(
    params: &ScoreSearchParams,
    inputs: &ScoreSearchInputs,
    delta: f64,
    summary: SearchSummary,
) -> ScoresHeader {
    let header = inputs.traces.header();
    let mut provenance = header.provenance.clone();
    provenance.delta = delta;
    let is_chosen = inputs.validation.is_some() && params.delta.is_none();
    let policy = if is_chosen { "val-gzsl" } else { "given" };
    policy.clone_into(&mut provenance.selected_on);
    ScoresHeader {
        candidates: header.candidates.clone(),
        seen_labels: header.seen_labels.clone(),
        unseen_labels: header.unseen_labels.clone(),
        provenance,
        search: Some(summary),
        has_zero_shot_rows: true,
    }
}

fn note(chosen: &Chosen, summary: &SearchSummary, is_chosen: bool, cx: &mut StageContext<'_>) {
    let sigma =
        summary.sigma.map_or("no threshold".to_owned(), |sigma| format!("sigma {sigma:.4}"));
    let hits = summary.hits.map_or_else(String::new, |hits| format!(", hits {hits:.3}"));
    let validation = match is_chosen {
        true => {
            format!(" (H {:.4}, {:.2} steps on validation)", chosen.harmonic, chosen.mean_steps)
        }
        false => String::new(),
    };
    cx.note(format!(
        "delta {:.4}, {sigma}{validation}; {:.2} of {} looks, {:.2} in the zero-shot setting{hits}",
        chosen.delta, summary.steps, summary.looks, summary.steps_zero_shot
    ));
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "scores".to_owned(), source }
}

#[cfg(test)]
mod tests;
