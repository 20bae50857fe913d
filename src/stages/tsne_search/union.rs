//! What a network sees of images before and after a search.

use rayon::prelude::*;

use crate::models::erpcnet::network::Network;
use crate::models::erpcnet::sight::Glimpses as _;
use crate::models::erpcnet::traces::Traces;
use crate::nn::Tensor;
use crate::nn::tape::{Recording, Tape};
use crate::rl::Look;
use crate::stage::StageError;
use crate::stages::look_rows::LookRows;
use crate::stages::same_network::check_same_network;

use super::{TsneSearchInputs, TsneSearchParams};

/// Images at once.
const BATCH: usize = 64;

/// Images by one embedding.
pub(super) struct Embedded {
    pub(super) name: &'static str,
    /// [N, `width`].
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

/// The first images of the first unseen classes, as rows of the traces.
pub(super) fn chosen(traces: &Traces, params: &TsneSearchParams) -> Vec<usize> {
    let header = traces.header();
    let (seen, first) = (header.candidates.seen().len(), header.seen_labels.len());
    let mut counts = vec![0; params.classes];
    let mut keep = |row: &usize| {
        let class = traces.label(*row).get() - seen;
        let Some(count) = counts.get_mut(class) else { return false };
        *count += 1;
        *count <= params.images
    };
    (first..traces.len()).filter(|row| keep(row)).collect()
}

/// g and g + `e_j` of images, which are rows of the traces.
pub(super) fn embed(
    inputs: &TsneSearchInputs,
    rows: &[usize],
) -> Result<[Embedded; 2], StageError> {
    let (trained, traces) = (&inputs.network, &inputs.traces);
    let header = traces.header();
    check_same_network(traces, trained)?;
    let network = trained.card.design.find(&trained.parameters);
    let network = network.ok_or_else(|| StageError::data("the network lacks a layer"))?;
    let asked: Vec<usize> = rows.iter().map(|row| header.images[*row].get()).collect();
    let seeable = LookRows::new(trained, &inputs.features, Some(&inputs.looks), None, &asked)?;
    let width = trained.card.design.embedding;
    let [mut global, mut union] = [Vec::new(), Vec::new()];
    for (batch, images) in rows.chunks(BATCH).zip(asked.chunks(BATCH)) {
        let seen = seeable.read(images);
        let looks: Vec<Look> = batch
            .iter()
            .enumerate()
            .flat_map(|(image, row)| {
                traces.image(*row).cells.into_iter().map(move |cell| Look { image, cell })
            })
            .collect();
        let shape = vec![batch.len(), header.looks, width];
        let local = Tensor::new(shape, seen.local.rows(&looks));
        let fused = fused(&network, inputs, &seen.global, local)?;
        let sums = seen.global.values().iter().zip(&fused).map(|(g, joint)| g + joint);
        union.extend(sums);
        global.extend_from_slice(seen.global.values());
    }
    Ok([("global", global), ("union", union)].map(|(name, values)| Embedded {
        name,
        values,
        width,
    }))
}

/// `e_j` after all looks, [N, D].
fn fused(
    network: &Network,
    inputs: &TsneSearchInputs,
    global: &Tensor,
    local: Tensor,
) -> Result<Vec<f32>, StageError> {
    let mut tape = Tape::new(&inputs.network.parameters, Recording::Off);
    let [global, local] = [tape.constant(global.clone()), tape.constant(local)];
    let joined = network.fused(&mut tape, global, local);
    let [images, prefixes, fused] =
        tape.value(joined).shape().try_into().expect("fusions are [N, T + 1, D']");
    let width = inputs.network.card.design.embedding;
    if fused != width {
        let message =
            format!("e_j has {fused} numbers and g {width}, so that their sum is not defined");
        let help = "train the network with `fused` left at its default";
        return Err(StageError::data_with_help(message, help));
    }
    let values = tape.value(joined).values();
    let last = |image: usize| &values[((image + 1) * prefixes - 1) * width..][..width];
    Ok((0..images).flat_map(last).copied().collect())
}

/// Whether the nearest other row, [N, `width`], has the same label; of equally near ones the first.
pub(super) fn near(values: &[f32], width: usize, labels: &[usize]) -> Vec<bool> {
    let row = |at: usize| &values[at * width..][..width];
    let distance = |one: usize, other: usize| {
        let pairs = row(one).iter().zip(row(other));
        pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum::<f64>()
    };
    let nearest = |at: usize| {
        let others = (0..labels.len()).filter(|other| *other != at);
        others.map(|other| (distance(at, other), other)).min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let is_near = |at| nearest(at).is_some_and(|(_, other)| labels[other] == labels[at]);
    (0..labels.len()).into_par_iter().map(is_near).collect()
}
