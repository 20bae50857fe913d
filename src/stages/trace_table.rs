//! `trace-table`: every step of every search of one trial, for looking into failures.
//!
//! The table `per_image` has one tidy row an image and number of looks. That is too long to be printed;
//! its printed form is that of `table`, a row a step with what all searches have in common there.

use std::collections::BTreeMap;
use std::io;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Cell, Presentation, Scale, Table, TableColumn, Values};
use crate::data::samples::Samples;
use crate::models::erpcnet::ending::Setting;
use crate::models::erpcnet::traces::{Looked, Traces};
use crate::rl::Trace;
use crate::stage::{
    Gathered, GatheredItem, Needs, Stage, StageContext, StageError, inputs, outputs,
};

use super::partners::partners;
use super::pool::thread_pool;
use super::search_end::{EndParams, Tuning, check_delta, check_reach, looks};
use super::study_search::selected;

/// Who the candidates are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TracedSetting {
    /// Seen and unseen classes, the calibration subtracted from seen ones; all test images.
    #[default]
    Generalised,
    /// Unseen classes; test images of unseen classes.
    ZeroShot,
}

/// Which trial, and when its searches end.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TraceTableParams {
    /// The trial: axis to label, `stage` for the name of the gathered stage. One must be left.
    pub select: BTreeMap<String, String>,
    /// Who the candidates are. Default `generalised`.
    pub setting: TracedSetting,
    /// When a search ends. Default: all looks are taken.
    pub stop: EndParams,
    /// The most looks. Default: all that were taken.
    pub looks: Option<usize>,
    /// The calibration. Default: the one with the largest H on the validation images.
    pub delta: Option<f64>,
}

inputs! {
    /// What is tabulated.
    pub struct TraceTableInputs {
        /// Of the test images, one a stage and trial; one is selected.
        traces: Gathered<Traces>,
        /// Of the validation images: for each stage of `traces` its partner, in the same order.
        validation: Gathered<Traces>,
        /// What the images are called.
        samples: Gathered<Samples>,
    }
}
outputs! {
    /// What was found.
    pub struct TraceTableOutputs {
        /// One row a step: how many searches get there, how many images are right.
        table: Table,
        /// One tidy row an image and number of looks.
        per_image: Table,
    }
}

/// The stage.
pub struct TraceTable;

impl Stage for TraceTable {
    const KIND: &'static str = "trace-table";
    const SUMMARY: &'static str = "every step of the searches of one trial as a table";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = TraceTableParams;
    type Inputs = TraceTableInputs;
    type Outputs = TraceTableOutputs;

    fn check(params: &TraceTableParams) -> Result<(), StageError> {
        params.stop.check()?;
        check_delta(params.delta)
    }

    fn needs(_params: &TraceTableParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &TraceTableParams,
        inputs: TraceTableInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<TraceTableOutputs, StageError> {
        let pool = thread_pool(cx)?;
        pool.install(|| run(params, &inputs))
    }
}

fn run(
    params: &TraceTableParams,
    inputs: &TraceTableInputs,
) -> Result<TraceTableOutputs, StageError> {
    let all = &inputs.traces.0;
    let found = selected(all, &params.select)?;
    let [item] = found.as_slice() else { return Err(several(&found)) };
    let validation = partners(&found, all, &inputs.validation.0, ["traces", "validation"])?[0];
    let samples = partners(&found, all, &inputs.samples.0, ["traces", "samples"])?[0];
    let same = item.value.header().provenance.split.check_samples("search", samples);
    same.map_err(|error| StageError::data(error.to_string()))?;
    let traced = Traced::of(params, &item.value, validation)?;
    let bug = |error: io::Error| StageError::Bug(format!("trace-table: {error}"));
    let table = Table::new(traced.by_step(), traced.presentation(item)).map_err(bug)?;
    let per_image = Table::new(traced.columns(samples), traced.presentation(item)).map_err(bug)?;
    Ok(TraceTableOutputs { table, per_image })
}

fn several(found: &[&GatheredItem<Traces>]) -> StageError {
    let first = &found[0];
    let last = found[found.len() - 1];
    let differs = first.trial.0.iter().find(|(axis, label)| last.trial.label(axis) != Some(label));
    let (axis, label) = match differs {
        Some((axis, label)) => (axis.as_str(), label.as_str()),
        None => ("stage", first.stage.as_str()),
    };
    let message = format!(
        "{} trials are left; choose one, as in `select = {{ {axis} = \"{label}\" }}`",
        found.len()
    );
    StageError::parameter("select", message)
}

/// The searches of one trial, judged.
struct Traced<'a> {
    traces: &'a Traces,
    setting: Setting,
    delta: Option<f64>,
    looks: usize,
    /// The position of the first image in the traces.
    first: usize,
    searches: Vec<Search>,
}

/// One image.
struct Search {
    looked: Looked,
    trace: Trace,
    /// The last step.
    last: usize,
    /// The right class, as predictions are counted.
    label: usize,
}

impl<'a> Traced<'a> {
    fn of(
        params: &TraceTableParams,
        traces: &'a Traces,
        validation: &Traces,
    ) -> Result<Self, StageError> {
        let header = traces.header();
        let candidates = &header.candidates;
        let looks = looks(params.looks, traces)?;
        let (setting, delta, first, before) = match params.setting {
            TracedSetting::Generalised => {
                let tuning = Tuning { looks, delta: params.delta, validation: Some(validation) };
                let delta = tuning.chosen(traces, &params.stop)?.delta;
                (Setting::generalised(candidates, delta), Some(delta), 0, 0)
            }
            TracedSetting::ZeroShot => {
                let (first, before) = (header.seen_labels.len(), candidates.seen().len());
                (Setting::zero_shot(candidates), None, first, before)
            }
        };
        let searched: Vec<(Looked, Trace)> = (first..traces.len())
            .into_par_iter()
            .map(|image| {
                let looked = traces.image(image);
                let trace = setting.trace(&looked);
                (looked, trace)
            })
            .collect();
        let rule = params.stop.rule(looks, header.mean_weight)?;
        check_reach(traces, &rule)?;
        let all: Vec<Trace> = searched.iter().map(|(_, trace)| trace.clone()).collect();
        let ending = rule.ending(&all);
        let search = |(image, (looked, trace)): (usize, (Looked, Trace))| {
            let label = traces.label(image).get() - before;
            Search { last: ending.step(&trace), label, looked, trace }
        };
        let searches = (first..).zip(searched).map(search).collect();
        Ok(Self { traces, setting, delta, looks, first, searches })
    }

    /// Every search with every number of looks.
    fn rows(&self) -> impl Iterator<Item = (usize, &Search, usize)> + Clone {
        let searches = self.searches.iter().enumerate();
        searches.flat_map(move |(at, search)| {
            (0..=self.looks).map(move |looks| (self.first + at, search, looks))
        })
    }

    fn columns(&self, samples: &Samples) -> Vec<(String, Values)> {
        let candidates = &self.traces.header().candidates;
        let class = |prediction| candidates.name(self.setting.candidate(prediction));
        let text = |of: &dyn Fn(usize, &Search, usize) -> String| {
            Values::Text(self.rows().map(|(image, one, looks)| of(image, one, looks)).collect())
        };
        let number = |of: &dyn Fn(&Search, usize) -> Option<f64>| {
            Values::Number(self.rows().map(|(_, one, looks)| of(one, looks)).collect())
        };
        let flag = |of: &dyn Fn(usize, &Search, usize) -> bool| {
            Values::Flag(self.rows().map(|(image, one, looks)| of(image, one, looks)).collect())
        };
        let seen = self.traces.header().seen_labels.len();
        let image = |row: usize| self.traces.header().images[row];
        let look = |one: &Search, looks: usize| looks.checked_sub(1).map(|at| one.trace.looks[at]);
        let verdict = |one: &Search, looks: usize, label| {
            self.setting.opinion(&one.looked, looks).verdict(label)
        };
        let sure = |one: &Search, looks: usize, label| {
            let verdict = verdict(one, looks, label);
            (Some(verdict.global), (looks > 0).then_some(verdict.joint))
        };
        let [searching, right] = self.shares();
        let columns = [
            ("image", text(&|row, _, _| samples.name(image(row)).to_owned())),
            ("class", text(&|_, one, _| class(one.label))),
            ("is_seen", flag(&|row, _, _| row < seen)),
            ("step", Values::Count(self.rows().map(|(_, _, looks)| looks).collect())),
            ("cell", number(&|one, looks| look(one, looks).map(|look| count(look.cell)))),
            ("weight", number(&|one, looks| look(one, looks).map(|look| look.weight))),
            ("global", number(&|one, looks| sure(one, looks, None).0)),
            ("joint", number(&|one, looks| sure(one, looks, None).1)),
            ("reward", number(&|one, looks| look(one, looks).map(|look| look.reward))),
            ("global_of_class", number(&|one, looks| sure(one, looks, Some(one.label)).0)),
            ("joint_of_class", number(&|one, looks| sure(one, looks, Some(one.label)).1)),
            ("prediction", text(&|_, one, looks| class(one.trace.prediction(looks)))),
            ("is_right", flag(&|_, one, looks| one.trace.prediction(looks) == one.label)),
            ("has_stopped", flag(&|_, one, looks| looks > one.last)),
            ("searching", number(&|_, looks| Some(searching[looks]))),
            ("right", number(&|_, looks| Some(right[looks]))),
        ];
        columns.map(|(name, values)| (name.to_owned(), values)).into()
    }

    fn by_step(&self) -> Vec<(String, Values)> {
        let [searching, right] = self.shares();
        let numbers = |shares: Vec<f64>| Values::Number(shares.into_iter().map(Some).collect());
        vec![
            ("step".to_owned(), Values::Count((0..=self.looks).collect())),
            ("searching".to_owned(), numbers(searching)),
            ("right".to_owned(), numbers(right)),
        ]
    }

    /// By the number of looks: the share of searches that get there, and of images that are right then,
    /// had all searches gone on.
    fn shares(&self) -> [Vec<f64>; 2] {
        let by_step = |holds: &dyn Fn(&Search, usize) -> bool| {
            (0..=self.looks).map(|looks| self.share(|one| holds(one, looks))).collect()
        };
        let is_right = |one: &Search, looks| one.trace.prediction(looks) == one.label;
        [by_step(&|one, looks| one.last >= looks), by_step(&is_right)]
    }

    /// The share of searches of which something is true.
    fn share(&self, holds: impl Fn(&Search) -> bool) -> f64 {
        let found = self.searches.iter().filter(|one| holds(one)).count();
        count(found) / count(self.searches.len().max(1))
    }

    fn presentation(&self, item: &GatheredItem<Traces>) -> Presentation {
        let number = |heading: &str, column: &str| TableColumn {
            heading: heading.to_owned(),
            cell: Cell::Number { column: column.to_owned(), digits: 3 },
        };
        let step = TableColumn {
            heading: "step".to_owned(),
            cell: Cell::Value { column: "step".to_owned(), labels: BTreeMap::new() },
        };
        let trial = match item.trial.is_shared() {
            true => item.stage.clone(),
            false => format!("{}@{}", item.stage, item.trial),
        };
        let setting = match self.delta {
            Some(delta) => {
                format!("Candidates: all classes, δ = {:.4}.", Scale::Plain.apply(delta))
            }
            None => "Candidates: unseen classes.".to_owned(),
        };
        Presentation {
            caption: format!("Searches of {trial}, step by step"),
            rows: vec!["step".to_owned()],
            columns: vec![
                step,
                number("still searching", "searching"),
                number("right, if all went on", "right"),
            ],
            stamps: Vec::new(),
            notes: vec![
                format!(
                    "Shares of {} images; `per_image` has a row an image and step.",
                    self.searches.len()
                ),
                setting,
            ],
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of images are below 2^53")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
