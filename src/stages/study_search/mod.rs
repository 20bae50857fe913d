//! `study-search`: what follows from traces for thresholds, numbers of looks and ways to fail.
//!
//! A search looks as often as it can and keeps everything, so what another threshold or fewer looks
//! would have given is worked out here without looking again. Each row has a calibration of its own, as
//! `score-search` chooses it. The numbers are means over seeds, with their deviations.

mod settings;
mod study;
mod tables;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Table;
use crate::models::erpcnet::traces::Traces;
use crate::stage::{Gathered, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::partners::partners;
use super::pool::thread_pool;
use super::search_end::{EndParams, check_delta};
pub(super) use settings::selected;
use settings::{check_axes, settings};
use study::Study;
use tables::tables;

/// The tidy columns that are no axes.
const OURS: [&str; 10] =
    ["sigma", "looks", "step", "metric", "n", "mean", "sd", "min", "max", "seeds"];

/// The most digits after the point of a percentage.
const MOST_DIGITS: u8 = 6;

/// What is studied.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StudySearchParams {
    /// What the tables show, in a few words. Default: "Search".
    pub caption: String,
    /// The thresholds that are tried, rising; a search without any comes last. Default: 0.1 to 2 in
    /// steps of 0.1.
    pub sigmas: Vec<f64>,
    /// When a search ends, for the ways to fail and the steps that searches end at; `min_steps` and
    /// `sigma_times_mean_beta` hold for the tried thresholds too. Default: all looks are taken.
    pub stop: EndParams,
    /// The most looks. Default: all that were taken.
    pub looks: Option<usize>,
    /// The calibration. Default: the one with the largest H on the validation images.
    pub delta: Option<f64>,
    /// The axes of the sweep that make a row; `stage` stands for the name of the gathered stage.
    /// Default: empty, for all axes but the seed, and the stage where several are gathered.
    pub rows: Vec<String>,
    /// Which trials to study: axis to label. Default: all.
    pub select: BTreeMap<String, String>,
    /// Other words for axes, metrics and labels. Default: none.
    pub headings: BTreeMap<String, String>,
    /// Digits after the point of a percentage. Default: 1.
    #[schemars(range(min = 0, max = 6))]
    pub digits: u8,
}

impl Default for StudySearchParams {
    fn default() -> Self {
        Self {
            caption: "Search".into(),
            sigmas: (1..=20).map(|tenths| f64::from(tenths) / 10.0).collect(),
            stop: EndParams::default(),
            looks: None,
            delta: None,
            rows: Vec::new(),
            select: BTreeMap::new(),
            headings: BTreeMap::new(),
            digits: 1,
        }
    }
}

impl StudySearchParams {
    /// The ways to end that are tried; the last one takes all looks.
    fn stops(&self) -> Vec<EndParams> {
        let with = |sigma| EndParams { sigma, mean_steps: None, ..self.stop.clone() };
        self.sigmas.iter().map(|sigma| with(Some(*sigma))).chain([with(None)]).collect()
    }
}

inputs! {
    /// What is studied.
    pub struct StudySearchInputs {
        /// Of the test images, one a stage and trial.
        traces: Gathered<Traces>,
        /// Of the validation images: for each stage of `traces` its partner, in the same order, by a
        /// network and an agent that have seen the `fit` part only.
        validation: Gathered<Traces>,
    }
}
outputs! {
    /// What was found.
    pub struct StudySearchOutputs {
        /// One tidy row a setting, threshold and metric.
        sigma: Table,
        /// One tidy row a setting, number of looks and metric.
        steps: Table,
        /// One tidy row a setting and way to fail, in the zero-shot setting.
        failures: Table,
        /// One tidy row a setting and step: how many searches end there.
        stops: Table,
    }
}

/// The stage.
pub struct StudySearch;

impl Stage for StudySearch {
    const KIND: &'static str = "study-search";
    const SUMMARY: &'static str = "tables of searches by threshold, by looks and by ways to fail";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = StudySearchParams;
    type Inputs = StudySearchInputs;
    type Outputs = StudySearchOutputs;

    fn check(params: &StudySearchParams) -> Result<(), StageError> {
        params.stop.check()?;
        check_delta(params.delta)?;
        let rises = params.sigmas.windows(2).all(|pair| pair[0] < pair[1]);
        if !rises || !params.sigmas.iter().all(|sigma| sigma.is_finite()) {
            return Err(StageError::parameter("sigmas", "expected rising finite numbers"));
        }
        if params.digits > MOST_DIGITS {
            let message = format!("is {}; expected at most {MOST_DIGITS}", params.digits);
            return Err(StageError::parameter("digits", message));
        }
        Ok(())
    }

    fn needs(_params: &StudySearchParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &StudySearchParams,
        inputs: StudySearchInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<StudySearchOutputs, StageError> {
        let pool = thread_pool(cx)?;
        pool.install(|| run(params, &inputs, cx))
    }
}

fn run(
    params: &StudySearchParams,
    inputs: &StudySearchInputs,
    cx: &mut StageContext<'_>,
) -> Result<StudySearchOutputs, StageError> {
    let (traces, validation) = (&inputs.traces.0, &inputs.validation.0);
    check_axes(traces, "rows", params.rows.iter())?;
    let items = selected(traces, &params.select)?;
    let partners = partners(&items, traces, validation, ["traces", "validation"])?;
    let mut studies = Vec::new();
    for (item, validation) in items.iter().zip(partners) {
        cx.check_cancelled()?;
        studies.push(Study::of(params, &item.value, validation)?);
        cx.progress(studies.len() as u64, items.len() as u64, "trials");
    }
    tables(params, &settings(&items, studies, &params.rows, &params.select)?)
}

#[cfg(test)]
mod tests;
