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
use crate::models::erpcnet::calibration::Chosen;
use crate::models::erpcnet::ending::{Ends, mean, scores};
use crate::models::erpcnet::traces::Traces;
use crate::stage::{Stage, StageContext, StageError, inputs, outputs};
use crate::zsl::scores::{Scores, ScoresHeader, ScoresWriter};
use crate::zsl::search_summary::SearchSummary;

use super::answer_key::AnswerKey;
use super::pool::thread_pool;
pub use super::search_end::EndParams;
use super::search_end::{Tuning, check_delta, check_reach, looks};

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
        params.stop.check()?;
        check_delta(params.delta)
    }

    fn run(
        params: &ScoreSearchParams,
        inputs: ScoreSearchInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ScoreSearchOutputs, StageError> {
        let pool = thread_pool(cx)?;
        pool.install(|| score(params, &inputs, cx))
    }
}

fn score(
    params: &ScoreSearchParams,
    inputs: &ScoreSearchInputs,
    cx: &mut StageContext<'_>,
) -> Result<ScoreSearchOutputs, StageError> {
    let traces = &inputs.traces;
    let looks = looks(params.looks, traces)?;
    let tuning = Tuning { looks, delta: params.delta, validation: inputs.validation.as_ref() };
    let chosen = tuning.chosen(traces, &params.stop)?;
    let rule = params.stop.rule(looks, traces.header().mean_weight)?;
    check_reach(traces, &rule)?;
    let ended = Ends::of(traces, &rule, chosen.delta);
    let summary = SearchSummary {
        looks,
        steps: mean(ended.steps.iter().copied()),
        steps_zero_shot: mean(ended.steps_zero_shot.iter().copied()),
        sigma: ended.sigma,
        hits: hits(inputs)?,
    };
    note(&chosen, &summary, inputs.validation.is_some(), cx);
    let header = header(params, inputs, chosen.delta, summary);
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
