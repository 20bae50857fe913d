//! A small planted world with everything that the stages of ERPCNet make of it, for their tests.

use crate::data::attributes::Attributes;
use crate::data::features::Features;
use crate::data::glyphs::PaintedCells;
use crate::data::samples::Samples;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::models::erpcnet::searcher::Searcher;
use crate::models::erpcnet::traces::Traces;
use crate::models::erpcnet::trained::{Trained, TrainingPart};
use crate::onnx::OnnxModel;
use crate::stage::testing::Bench;

use super::embed_looks::EmbedLooks;
use super::prefer_cells::{PreferCells, PreferCellsParams};
use super::search::{Search, SearchParams};
use super::seer::EmbedParams;
use super::split_classes::{SplitClasses, SplitClassesParams};
use super::synthesize_maps::{SynthesizeMaps, SynthesizeMapsParams};
use super::train_erpcnet::{TrainErpcnet, TrainErpcnetParams, Trainable};
use super::train_search::{TrainSearch, TrainSearchParams};
use super::weigh_cells::{WeighCells, WeighCellsParams};

/// Data, split and answer key.
pub(super) struct World {
    pub(super) features: Features,
    pub(super) model: OnnxModel,
    pub(super) samples: Samples,
    pub(super) attributes: Attributes,
    pub(super) cells: PaintedCells,
    pub(super) train: TrainSamples,
    pub(super) test_seen: TestSeenSamples,
    pub(super) test_unseen: TestUnseenSamples,
}

/// A network and all that it sees.
pub(super) struct Seen {
    pub(super) network: Trained,
    pub(super) looks: Features,
    pub(super) weights: Features,
}

impl World {
    /// Eight seen classes, two of them for validation, and two unseen ones.
    pub(super) fn small() -> Self {
        let params = SynthesizeMapsParams {
            seen_classes: 8,
            validation_classes: 2,
            unseen_classes: 2,
            images_per_seen_class: 8,
            images_per_unseen_class: 4,
            values: 3,
            channels: 8,
            planes: 4,
            ..SynthesizeMapsParams::default()
        };
        Self::of(&params)
    }

    pub(super) fn of(params: &SynthesizeMapsParams) -> Self {
        let made = Bench::new().run::<SynthesizeMaps>(params).unwrap();
        let samples: Samples = made.output("samples");
        let attributes: Attributes = made.output("attributes");
        let roles = SplitClassesParams { role_column: Some("role".into()), ..Default::default() };
        let split = Bench::new().input("samples", &samples).input("attributes", &attributes);
        let split = split.run::<SplitClasses>(&roles).unwrap();
        Self {
            features: made.output("features"),
            model: made.output("model"),
            cells: made.output("cells"),
            train: split.output("train"),
            test_seen: split.output("test_seen"),
            test_unseen: split.output("test_unseen"),
            samples,
            attributes,
        }
    }

    /// Features, samples, attributes and the training part.
    pub(super) fn bench(&self) -> Bench {
        Bench::new()
            .input("features", &self.features)
            .input("samples", &self.samples)
            .input("attributes", &self.attributes)
            .input("train", &self.train)
    }

    /// A network that has learnt a little.
    pub(super) fn network(&self, part: TrainingPart) -> Trained {
        self.trained(part, Trainable::None)
    }

    /// The same with a global tail of its own.
    pub(super) fn network_with_tail(&self, part: TrainingPart) -> Trained {
        self.trained(part, Trainable::Tail)
    }

    fn trained(&self, part: TrainingPart, trainable: Trainable) -> Trained {
        let params = TrainErpcnetParams {
            part,
            trainable,
            looks: 3,
            epochs: 2,
            batch: 8,
            learning_rate: 0.05,
            ..TrainErpcnetParams::default()
        };
        let bench = self.bench().input("model", &self.model);
        bench.run::<TrainErpcnet>(&params).unwrap().output("network")
    }

    pub(super) fn seen(&self, part: TrainingPart) -> Seen {
        let network = self.network(part);
        let bench = Bench::new().input("features", &self.features);
        let weights = bench.run::<WeighCells>(&WeighCellsParams::default()).unwrap();
        let bench = Bench::new().input("network", &network).input("model", &self.model);
        let bench = bench.input("features", &self.features);
        let looks = bench.run::<EmbedLooks>(&EmbedParams::default()).unwrap();
        Seen { looks: looks.output("looks"), weights: weights.output("weights"), network }
    }

    /// Everything that stage II reads, the answer key too.
    pub(super) fn school(&self, seen: &Seen) -> Bench {
        self.bench()
            .input("network", &seen.network)
            .input("looks", &seen.looks)
            .input("weights", &seen.weights)
            .input("cells", &self.cells)
    }

    pub(super) fn agent(&self, seen: &Seen, params: &TrainSearchParams) -> Searcher {
        self.school(seen).run::<TrainSearch>(params).unwrap().output("agent")
    }

    /// Everything that a search reads but who searches.
    pub(super) fn search_bench(&self, seen: &Seen) -> Bench {
        let bench = self.bench().input("network", &seen.network).input("looks", &seen.looks);
        let bench = bench.input("weights", &seen.weights).input("test_seen", &self.test_seen);
        bench.input("test_unseen", &self.test_unseen)
    }

    pub(super) fn traces(&self, seen: &Seen, agent: &Searcher) -> Traces {
        let bench = self.search_bench(seen).input("agent", agent);
        bench.run::<Search>(&SearchParams::default()).unwrap().output("traces")
    }

    /// The traces of looks in a random order.
    pub(super) fn random_traces(&self, seen: &Seen, seed: u64, looks: usize) -> Traces {
        let bench = Bench::new().seed(seed).input("looks", &seen.looks);
        let bench = bench.input("samples", &self.samples);
        let order = bench.run::<PreferCells>(&PreferCellsParams::default()).unwrap();
        let order: Features = order.output("preferences");
        let params = SearchParams { looks: Some(looks), ..SearchParams::default() };
        let bench = self.search_bench(seen).input("preferences", &order);
        bench.run::<Search>(&params).unwrap().output("traces")
    }
}

/// An agent of few numbers that learns fast.
pub(super) fn small_agent() -> TrainSearchParams {
    let mut params = TrainSearchParams { epochs: 3, batch: 16, ..TrainSearchParams::default() };
    params.policy.hidden = [12, 8];
    params.policy.memory = 8;
    params.learning_rate = 3e-3;
    params
}
