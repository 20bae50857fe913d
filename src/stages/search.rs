//! `search`: looks at every image as often as possible and writes down what follows from each look.
//!
//! Which images follows from the network: one that was trained on all training images looks at test
//! images, one that was trained on the `fit` part at validation images. When to stop is no question
//! here; `score-search` answers it from the traces.

mod guide;
mod images;

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::data::features::Features;
use crate::data::samples::Samples;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::models::erpcnet::searcher::Searcher;
use crate::models::erpcnet::traces::{Traces, TracesWriter};
use crate::models::erpcnet::trained::Trained;
use crate::models::erpcnet::unseen::Unseen;
use crate::nn::Workspace;
use crate::onnx::OnnxModel;
use crate::stage::{Determinism, Needs, Stage, StageContext, StageError, inputs, outputs};

use super::look_rows::{LookRows, judge};
use super::map_rows::MapRows;
use super::pool::thread_pool;
use super::same_images::check_same_images;
use super::seer::Seer;
use guide::Guide;
use images::header;

/// How an agent chooses (register A3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The most probable action.
    #[default]
    Greedy,
    /// By chance, as in training.
    Sampled,
}

/// How images are looked at.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SearchParams {
    /// How an agent chooses (A3). Default `greedy`.
    pub choose: Choice,
    /// T, the most looks. Default: the agent's, or those that the network has learnt from.
    #[schemars(range(min = 1))]
    pub looks: Option<usize>,
    /// Images at once. Default 64.
    #[schemars(range(min = 1, max = 4096))]
    pub batch: usize,
}

impl Default for SearchParams {
    fn default() -> Self {
        Self { choose: Choice::Greedy, looks: None, batch: 64 }
    }
}

inputs! {
    /// Who looks at what.
    pub struct SearchInputs {
        /// The network of stage I.
        network: Trained,
        /// Who chooses the cells; without it and without `preferences` nobody looks, and the whole
        /// image decides alone.
        agent: Option<Searcher>,
        /// Or an order of the cells of each image.
        preferences: Option<Features>,
        /// The global embeddings.
        features: Features,
        /// The local embedding of every cell, by this network. Best where several agents look.
        looks: Option<Features>,
        /// Or the backbone that holds the tail: the cells that are looked at are embedded on demand,
        /// from the maps of `features`. Best where one agent looks, once.
        model: Option<OnnxModel>,
        /// The entropy weight of every cell; it counts for agents that were trained with weights.
        weights: Option<Features>,
        /// Whose classes the images are.
        samples: Samples,
        /// The attributes of the classes.
        attributes: Attributes,
        /// The training part of the split, for its validation images.
        train: Option<TrainSamples>,
        /// Test images of seen classes.
        test_seen: Option<TestSeenSamples>,
        /// Test images of unseen classes.
        test_unseen: Option<TestUnseenSamples>,
    }
}
outputs! {
    /// What was seen.
    pub struct SearchOutputs {
        /// Cells, weights and logits, look by look.
        traces: Traces,
    }
}

/// The stage.
pub struct Search;

impl Stage for Search {
    const KIND: &'static str = "search";
    const SUMMARY: &'static str = "looks at test images with a trained agent and keeps every step";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    const DETERMINISM: Determinism = Determinism::Platform;
    type Params = SearchParams;
    type Inputs = SearchInputs;
    type Outputs = SearchOutputs;

    fn check(params: &SearchParams) -> Result<(), StageError> {
        for (name, count) in [("batch", params.batch), ("looks", params.looks.unwrap_or(1))] {
            if count == 0 {
                return Err(StageError::parameter(name, "expected at least 1, got 0"));
            }
        }
        Ok(())
    }

    fn needs(_params: &SearchParams) -> Needs {
        Needs::all_threads(512)
    }

    fn run(
        params: &SearchParams,
        inputs: SearchInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<SearchOutputs, StageError> {
        let pool = thread_pool(cx)?;
        pool.install(|| run(params, &inputs, cx))
    }
}

fn run(
    params: &SearchParams,
    inputs: &SearchInputs,
    cx: &mut StageContext<'_>,
) -> Result<SearchOutputs, StageError> {
    check_same_images(&inputs.features, &inputs.samples)?;
    let guide = Guide::of(params, inputs)?;
    let header = header(inputs, &guide)?;
    let looks = (guide.looks() > 0).then_some(inputs.looks.as_ref()).flatten();
    let weights = guide.is_weighted().then_some(inputs.weights.as_ref()).flatten();
    let images: Vec<usize> = header.images.iter().map(|image| image.get()).collect();
    let rows = LookRows::new(&inputs.network, &inputs.features, looks, weights, &images)?;
    let on_demand = on_demand(inputs, &guide)?;
    let names: Vec<String> = header.candidates.names().cloned().collect();
    let judge = judge(&inputs.network, &inputs.attributes, &names)?;
    let mut writer = TracesWriter::new(cx.writer("traces")?, &header).map_err(encode_error)?;
    let mut rng = (params.choose == Choice::Sampled).then(|| cx.rng("actions"));
    let workspace = Workspace::default();
    for (at, batch) in images.chunks(params.batch).enumerate() {
        cx.check_cancelled()?;
        let noise = guide.noise(batch.len(), rng.as_mut());
        let looked = match &on_demand {
            None => guide.look(&judge, &rows.read(batch), batch, noise.as_ref()),
            Some(OnDemand { maps, seer }) => {
                let unseen = Unseen {
                    subnets: &seer.subnets(),
                    parameters: seer.parameters(),
                    maps: maps.read(batch.iter().copied()),
                    workspace: &workspace,
                };
                guide.look(&judge, &rows.read_around(batch, unseen), batch, noise.as_ref())
            }
        };
        for looked in looked {
            writer.push(&looked).map_err(encode_error)?;
        }
        let done = (at * params.batch + batch.len()) as u64;
        cx.progress(done, images.len() as u64, "images");
    }
    Ok(SearchOutputs { traces: writer.finish().map_err(encode_error)? })
}

/// What embeds looks at maps while they are looked at.
struct OnDemand<'a> {
    maps: MapRows<'a>,
    seer: Seer<'a>,
}

/// None where nobody looks, or all looks are embedded already.
fn on_demand<'a>(
    inputs: &'a SearchInputs,
    guide: &Guide<'_>,
) -> Result<Option<OnDemand<'a>>, StageError> {
    match (&inputs.looks, &inputs.model) {
        _ if guide.looks() == 0 => Ok(None),
        (Some(_), None) => Ok(None),
        (None, Some(model)) => {
            let seer = Seer::new(&inputs.network, model)?;
            Ok(Some(OnDemand { maps: seer.maps(&inputs.features)?, seer }))
        }
        (Some(_), Some(_)) => Err(StageError::data("connect `looks` or `model`, not both")),
        (None, None) => {
            let message = "who looks needs the embeddings of the cells: connect `looks`";
            let help = "or connect the backbone as `model`, to embed cells on demand";
            Err(StageError::data_with_help(message, help))
        }
    }
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "traces".to_owned(), source }
}

#[cfg(test)]
mod tests;
