//! A trained ERPCNet that only sees: it embeds looks, and whole maps if it has learnt to.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo};
use crate::models::erpcnet::learner::{BoundTail, Subnets};
use crate::models::erpcnet::network::Network;
use crate::models::erpcnet::trained::Trained;
use crate::nn::Workspace;
use crate::nn::tape::{Parameters, Recording, Tape, Var};
use crate::onnx::{OnnxModel, Tail, TailCopy};
use crate::stage::{StageContext, StageError};

use super::extract::network_error;
use super::map_rows::MapRows;
use super::pool::thread_pool;
use super::train_erpcnet::{GLOBAL_TAIL, LOCAL_TAIL};

/// How embeddings are kept.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedParams {
    /// How numbers are stored. Default `f32`.
    pub storage: Storage,
    /// Images at once. Default 32.
    #[schemars(range(min = 1, max = 4096))]
    pub batch: usize,
}

impl Default for EmbedParams {
    fn default() -> Self {
        Self { storage: Storage::F32, batch: 32 }
    }
}

impl EmbedParams {
    /// Checks what can be checked without data.
    pub(super) fn check(&self) -> Result<(), StageError> {
        match self.batch {
            0 => Err(StageError::parameter("batch", "expected at least 1, got 0")),
            _ => Ok(()),
        }
    }
}

/// A trained network with the tails that its backbone gives it.
pub(super) struct Seer<'a> {
    trained: &'a Trained,
    network: Network,
    tail: Tail,
    local: TailCopy,
    global: Option<TailCopy>,
}

impl<'a> Seer<'a> {
    pub(super) fn new(trained: &'a Trained, model: &OnnxModel) -> Result<Self, StageError> {
        let foreign = || {
            let [from, to] = &trained.card.tail;
            let message = format!(
                "the network was not trained with the tail from `{from}` to `{to}` of this model"
            );
            let help = "connect the same `model` to the network's stage and to this one";
            StageError::data_with_help(message, help)
        };
        let graph = model.graph().map_err(network_error)?;
        let [from, to] = &trained.card.tail;
        let tail = Tail::between(&graph, from, to).map_err(network_error)?;
        let local = tail.find(LOCAL_TAIL, &trained.parameters).ok_or_else(foreign)?;
        let global = tail.find(GLOBAL_TAIL, &trained.parameters);
        let network = trained.card.design.find(&trained.parameters).ok_or_else(foreign)?;
        Ok(Self { trained, network, tail, local, global })
    }

    /// Its weights.
    pub(super) fn parameters(&self) -> &'a Parameters {
        &self.trained.parameters
    }

    /// Its layers and tails.
    pub(super) fn subnets(&self) -> Subnets<'_> {
        let bound = |copy| BoundTail { tail: &self.tail, copy };
        Subnets {
            network: self.network,
            local: bound(&self.local),
            global: self.global.as_ref().map(bound),
        }
    }

    /// Writes the tensor `name` of an output, which has `shape`: what `embed` makes of the maps
    /// [N, H, W, C] of the images that are `asked` for, in rising order; of all where nobody says.
    pub(super) fn write(
        &self,
        features: &Features,
        (port, name, shape): (&'static str, &str, Vec<usize>),
        asked: Option<Vec<usize>>,
        params: &EmbedParams,
        cx: &mut StageContext<'_>,
        embed: impl Fn(&mut Tape<'_>, Var) -> Var + Sync,
    ) -> Result<Features, StageError> {
        let maps = self.maps(features)?;
        let encode_error = |source: io::Error| StageError::Encode { port: port.to_owned(), source };
        let tensors = vec![TensorInfo::new(name, shape, params.storage)];
        let (blob, total) = (cx.writer(port)?, features.len());
        let images: Vec<usize> = asked.clone().unwrap_or_else(|| (0..total).collect());
        let writer = match asked {
            None => FeaturesWriter::new(blob, tensors, total),
            Some(asked) => FeaturesWriter::partial(blob, tensors, total, asked),
        };
        let mut writer = writer.map_err(encode_error)?;
        let pool = thread_pool(cx)?;
        let workspace = Workspace::default();
        for (at, batch) in images.chunks(params.batch).enumerate() {
            cx.check_cancelled()?;
            let rows = pool.install(|| {
                let mut tape = Tape::within(&workspace, self.parameters(), Recording::Off);
                let maps = tape.constant(maps.read(batch.iter().copied()));
                let seen = embed(&mut tape, maps);
                tape.value(seen).values().to_vec()
            });
            for row in rows.chunks_exact(rows.len() / batch.len()) {
                writer.push(&[row]).map_err(encode_error)?;
            }
            let done = at * params.batch + batch.len();
            cx.progress(done as u64, images.len() as u64, "images");
        }
        writer.finish().map_err(encode_error)
    }

    /// The maps that it was trained on the like of.
    pub(super) fn maps<'f>(&self, features: &'f Features) -> Result<MapRows<'f>, StageError> {
        let card = &self.trained.card;
        let maps = MapRows::new(features, &card.map, "features")?;
        let (found, [rows, columns]) = (maps.size(), card.design.map);
        if (maps.channels(), found) == (card.design.channels, card.design.map) {
            return Ok(maps);
        }
        let message = format!(
            "the maps `{}` are [{}, {}, {}], the network was trained on [{}, {rows}, {columns}]",
            card.map,
            maps.channels(),
            found[0],
            found[1],
            card.design.channels
        );
        let help = "connect the `features` that the network was trained on";
        Err(StageError::data_with_help(message, help))
    }
}
