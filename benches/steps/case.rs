//! A network small enough to be written down, and the rewards of some looks.

use erpc_pipe::models::erpcnet::judge::Judge;
use erpc_pipe::models::erpcnet::sight::{Rewarded, Sight};
use erpc_pipe::nn::Tensor;
use erpc_pipe::rl::{Environment as _, Look};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};

use crate::model::{Model, SIDE, Sizes, random};
use crate::search::{classes, labels, seeable, table};

const SMALL: Sizes = Sizes::SMALL;
const IMAGES: usize = 6;

/// Weights, maps, labels and cells, and the rewards [T, N] that follow from them. Axes are in our
/// order: maps [N, H, W, C], filters [O, h, w, C].
pub(crate) fn small() -> Value {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let model = Model::new(&SMALL, &mut rng);
    // Maps and signatures so large that looks change rewards.
    let maps = random(&[IMAGES, SIDE, SIDE, SMALL.channels], 30.0, &mut rng);
    let global = random(&[IMAGES, SMALL.embedding], 1.0, &mut rng);
    let mut classes = classes(&SMALL, &mut rng);
    classes.signatures = random(&[SMALL.classes, SMALL.attributes], 5.0, &mut rng);
    let labels = labels(&SMALL, IMAGES);
    let cells: Vec<Vec<usize>> =
        (0..IMAGES).map(|_| model.network.cells.draw(SMALL.looks, &mut rng)).collect();
    let images = seeable(global, table(&model, &maps));
    let rewarded = Rewarded::Labels(labels.clone());
    let judge = Judge::new(&model.network, &model.parameters, &classes);
    let mut sight = Sight::new(&judge, &images, rewarded);
    sight.open();
    let looks = |step: usize| {
        let look = |(image, cells): (usize, &Vec<usize>)| Look { image, cell: cells[step] };
        cells.iter().enumerate().map(look).collect::<Vec<_>>()
    };
    let mut rewards = Vec::new();
    for step in 0..SMALL.looks {
        let view = sight.look(&looks(step));
        let sums = view.joint.iter().zip(&view.global).map(|(joint, global)| joint + global);
        rewards.push(sums.collect::<Vec<f64>>());
    }
    let parameters: Map<String, Value> =
        model.parameters.iter().map(|(_, one)| (one.name.clone(), written(one.value()))).collect();
    json!({
        "parameters": parameters,
        "maps": written(&maps),
        "global": written(&images.global),
        "signatures": written(&classes.signatures),
        "labels": labels,
        "cells": cells,
        "rewards": rewards,
    })
}

fn written(tensor: &Tensor) -> Value {
    json!({ "shape": tensor.shape(), "values": tensor.values() })
}
