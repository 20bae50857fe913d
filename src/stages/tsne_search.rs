//! `tsne-search`: test images of unseen classes in the plane, by what a network sees of them (Figure 9).
//!
//! Twice: by the global embedding g, and by the union g + `e_j` of all looks of a search. t-SNE keeps
//! neighbours together, and little else; how well classes stand apart is said by a number that no
//! layout can flatter, the share of images whose nearest neighbour *in the embedding* is of their
//! class.

mod union;

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Cell, Presentation, Table, TableColumn, Values};
use crate::data::features::Features;
use crate::data::samples::Samples;
use crate::models::erpcnet::traces::Traces;
use crate::models::erpcnet::trained::Trained;
use crate::stage::{Needs, Stage, StageContext, StageError, inputs, outputs};
use crate::statistics::Tsne;

use super::pool::thread_pool;
use super::same_images::check_same_images;
use union::{Embedded, chosen, embed, near};

/// The largest number of images: the cost of t-SNE grows with its square.
const MOST_IMAGES: usize = 10_000;

/// Which images, and how they are laid out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TsneSearchParams {
    /// How many unseen classes, the first in order: more than ten colours nobody tells apart.
    /// Default 10.
    #[schemars(range(min = 1, max = 28))]
    pub classes: usize,
    /// The most images a class, the first ones. Default 100.
    #[schemars(range(min = 2))]
    pub images: usize,
    /// About how many neighbours an image has. Default 30.
    pub perplexity: f64,
    /// Steps of gradient descent. Default 1000.
    #[schemars(range(min = 1, max = 100_000))]
    pub iterations: usize,
}

impl Default for TsneSearchParams {
    fn default() -> Self {
        Self { classes: 10, images: 100, perplexity: 30.0, iterations: 1000 }
    }
}

inputs! {
    /// What is laid out.
    pub struct TsneSearchInputs {
        /// The network of stage I.
        network: Trained,
        /// The global embeddings.
        features: Features,
        /// The local embedding of every cell, by this network.
        looks: Features,
        /// The search, whose looks join.
        traces: Traces,
        /// What the images are called.
        samples: Samples,
    }
}
outputs! {
    /// Where everything lies.
    pub struct TsneSearchOutputs {
        /// One row an embedding: how many images have their nearest neighbour in their class.
        table: Table,
        /// One tidy row an embedding and image.
        per_image: Table,
    }
}

/// The stage.
pub struct TsneSearch;

impl Stage for TsneSearch {
    const KIND: &'static str = "tsne-search";
    const SUMMARY: &'static str = "unseen test images in the plane, by what a network sees of them";
    const VERSION: u32 = 1;
    const SEEDED: bool = true;
    type Params = TsneSearchParams;
    type Inputs = TsneSearchInputs;
    type Outputs = TsneSearchOutputs;

    fn check(params: &TsneSearchParams) -> Result<(), StageError> {
        let refuse = |name: &str, message: String| Err(StageError::parameter(name, message));
        if !(1..=28).contains(&params.classes) {
            return refuse("classes", format!("expected 1 to 28, got {}", params.classes));
        }
        if params.images < 2 {
            return refuse("images", format!("expected at least 2, got {}", params.images));
        }
        if !(params.perplexity >= 1.0 && params.perplexity.is_finite()) {
            return refuse("perplexity", format!("expected at least 1, got {}", params.perplexity));
        }
        if !(1..=100_000).contains(&params.iterations) {
            return refuse(
                "iterations",
                format!("expected 1 to 100000, got {}", params.iterations),
            );
        }
        Ok(())
    }

    fn needs(params: &TsneSearchParams) -> Needs {
        // Two squares of numbers of 8 bytes.
        let images = (params.classes * params.images).min(MOST_IMAGES);
        Needs::all_threads(256 + (images * images * 2 * 8 / (1024 * 1024)) as u64)
    }

    fn run(
        params: &TsneSearchParams,
        inputs: TsneSearchInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<TsneSearchOutputs, StageError> {
        let pool = thread_pool(cx)?;
        pool.install(|| run(params, &inputs, cx))
    }
}

fn run(
    params: &TsneSearchParams,
    inputs: &TsneSearchInputs,
    cx: &mut StageContext<'_>,
) -> Result<TsneSearchOutputs, StageError> {
    check_same_images(&inputs.features, &inputs.samples)?;
    let rows = chosen(&inputs.traces, params);
    if rows.len() > MOST_IMAGES {
        let message = format!("{} images; t-SNE takes at most {MOST_IMAGES}", rows.len());
        return Err(StageError::parameter("images", message));
    }
    let labels: Vec<usize> = rows.iter().map(|row| inputs.traces.label(*row).get()).collect();
    let tsne = Tsne { perplexity: params.perplexity, iterations: params.iterations };
    let mut laid = Vec::new();
    for Embedded { name, values, width } in embed(inputs, &rows)? {
        cx.check_cancelled()?;
        // Both begin at the same places, so that what differs comes from the embeddings.
        let places = tsne.layout(&values, width, &mut cx.rng("places"));
        let is_near = near(&values, width, &labels);
        laid.push(Laid { name, places, is_near });
    }
    let bug = |error: io::Error| StageError::Bug(format!("tsne-search: {error}"));
    let table = Table::new(by_embedding(&laid), presentation()).map_err(bug)?;
    let per_image = Table::new(columns(inputs, &rows, &laid), presentation()).map_err(bug)?;
    Ok(TsneSearchOutputs { table, per_image })
}

/// Where the images lie by one embedding.
struct Laid {
    name: &'static str,
    places: Vec<[f64; 2]>,
    /// Whether the nearest neighbour in the embedding is of the same class.
    is_near: Vec<bool>,
}

impl Laid {
    #[expect(clippy::cast_precision_loss, reason = "there are few images")]
    fn share(&self) -> f64 {
        let count = self.is_near.iter().filter(|is_near| **is_near).count();
        count as f64 / self.is_near.len().max(1) as f64
    }
}

fn by_embedding(laid: &[Laid]) -> Vec<(String, Values)> {
    let names = laid.iter().map(|one| one.name.to_owned());
    vec![
        ("embedding".to_owned(), Values::Text(names.collect())),
        ("images".to_owned(), Values::Count(laid.iter().map(|one| one.places.len()).collect())),
        ("near".to_owned(), Values::Number(laid.iter().map(|one| Some(one.share())).collect())),
    ]
}

fn columns(inputs: &TsneSearchInputs, rows: &[usize], laid: &[Laid]) -> Vec<(String, Values)> {
    let header = inputs.traces.header();
    let each = || laid.iter().flat_map(|one| (0..rows.len()).map(move |at| (one, at)));
    let text = |of: &dyn Fn(&Laid, usize) -> String| {
        Values::Text(each().map(|(one, at)| of(one, at)).collect())
    };
    let axis =
        |axis: usize| Values::Number(each().map(|(one, at)| Some(one.places[at][axis])).collect());
    let image = |at: usize| inputs.samples.name(header.images[rows[at]]).to_owned();
    let class = |at: usize| header.candidates.name(inputs.traces.label(rows[at]).get()).clone();
    let columns = [
        ("embedding", text(&|one, _| one.name.to_owned())),
        ("class", text(&|_, at| class(at))),
        ("image", text(&|_, at| image(at))),
        ("x", axis(0)),
        ("y", axis(1)),
        ("is_near", Values::Flag(each().map(|(one, at)| one.is_near[at]).collect())),
        ("images", Values::Count(each().map(|(one, _)| one.places.len()).collect())),
        ("near", Values::Number(each().map(|(one, _)| Some(one.share())).collect())),
    ];
    columns.map(|(name, values)| (name.to_owned(), values)).into()
}

fn presentation() -> Presentation {
    let value = |heading: &str, column: &str| TableColumn {
        heading: heading.to_owned(),
        cell: Cell::Value { column: column.to_owned(), labels: BTreeMap::new() },
    };
    let near = Cell::Number { column: "near".to_owned(), digits: 3 };
    Presentation {
        caption: "Unseen classes in the embeddings".to_owned(),
        rows: vec!["embedding".to_owned()],
        columns: vec![
            value("embedding", "embedding"),
            value("images", "images"),
            TableColumn { heading: "nearest of the same class".to_owned(), cell: near },
        ],
        stamps: Vec::new(),
        notes: vec![
            "global: g of the whole image; union: g + e_j after all looks.".to_owned(),
            "Nearest by Euclidean distance in the embedding, a share of the images; `per_image` has \
             the places that t-SNE gives them."
                .to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests;
