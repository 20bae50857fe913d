//! What a look costs, end to end behind a whole ResNet-101: partial convolution on its map, or crops of
//! the image through a second extractor (`HardNet`, Figures 4c and 4d of the paper).

use std::time::Instant;

use erpc_pipe::models::erpcnet::hard::{CROPS, HardSight, embed};
use erpc_pipe::models::erpcnet::judge::Judge;
use erpc_pipe::models::erpcnet::learner::BoundTail;
use erpc_pipe::models::erpcnet::losses::{JointLoss, Objective};
use erpc_pipe::models::erpcnet::network::Kept;
use erpc_pipe::models::erpcnet::sight::{Glimpses, Rewarded, Sight};
use erpc_pipe::models::erpcnet::unseen::Unseen;
use erpc_pipe::nn::optimiser::{Optimiser as _, Sgd};
use erpc_pipe::nn::tape::{Mode, Parameters, Recording, Tape, Var};
use erpc_pipe::nn::{Tensor, Workspace};
use erpc_pipe::onnx::{Tail, TailCopy};
use erpc_pipe::rl::action::Draw;
use erpc_pipe::rl::{Agent, Stopping, search};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::model::{Model, random, resnet101};
use crate::search::{agent, classes, labels, mean_looks, seeable};
use crate::{RATE, SIZES};

/// Images a batch in training: what a whole network keeps for its way back is large.
const LEARNT: usize = 16;
/// Images a batch at the test.
const SEEN: usize = 32;
/// Pixels on a side of an image.
const PIXELS: usize = 224;

/// Where looks go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Eye {
    /// To cells of the map.
    Cells,
    /// To crops of the image.
    Crops,
}

/// A network from pixels to embeddings, twice if looks need one of their own.
struct Extractors {
    /// From the image to the map.
    first: Tail,
    first_copy: TailCopy,
    /// From the map to the embedding.
    end_copy: TailCopy,
    /// From the image to the embedding.
    whole: Tail,
    second_copy: Option<TailCopy>,
}

impl Extractors {
    fn new(eye: Eye, parameters: &mut Parameters, rng: &mut ChaCha8Rng) -> Self {
        let [first, end, whole] = resnet101(&SIZES, rng);
        let first_copy = first.copy("first", parameters);
        let end_copy = end.copy("end", parameters);
        let second_copy = (eye == Eye::Crops).then(|| whole.copy("second", parameters));
        Self { first, first_copy, end_copy, whole, second_copy }
    }
}

/// Steps of stage I with everything learning, from pixels on; gives the loss and the seconds of each.
pub(crate) fn trainings(eye: Eye, steps: usize) -> Vec<(f64, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let Model { tail, copy, network, mut parameters } = Model::new(&SIZES, &mut rng);
    let extractors = Extractors::new(eye, &mut parameters, &mut rng);
    let signatures = random(&[SIZES.classes, SIZES.attributes], 0.1, &mut rng);
    let images = random(&[LEARNT, PIXELS, PIXELS, 3], 1.0, &mut rng);
    let labels = labels(&SIZES, LEARNT);
    let objective = Objective {
        joint: JointLoss::Prefixes,
        logit_scale: 1.0,
        double_softmax: false,
        weights: [1.0; 4],
    };
    let (mut sgd, workspace) = (Sgd::new(0.9, 1e-5), Workspace::default());
    let mut measured = Vec::with_capacity(steps);
    for _ in 0..steps {
        let start = Instant::now();
        let draw = |_| network.cells.draw(SIZES.looks, &mut rng);
        let cells: Vec<usize> = (0..LEARNT).flat_map(draw).collect();
        let mut tape = Tape::within(&workspace, &parameters, Recording::On);
        let pixels = tape.constant(images.clone());
        let maps = extractors.first.run(&mut tape, &extractors.first_copy, pixels, Mode::Training);
        let global = tail.run(&mut tape, &extractors.end_copy, maps, Mode::Training);
        let looks = match &extractors.second_copy {
            None => {
                let local = BoundTail { tail: &tail, copy: &copy };
                network.embed(&mut tape, &local, maps, &cells, Mode::Training)
            }
            Some(second) => crops(&mut tape, &extractors.whole, second, &images, &cells),
        };
        let attributes = network.predict(&mut tape, global, looks, Kept::default());
        let signatures = tape.constant(signatures.clone());
        let loss = objective.losses(&mut tape, &attributes, signatures, &labels).total;
        let found = f64::from(tape.value(loss).values()[0]);
        let pass = tape.end();
        sgd.descend(&mut parameters, pass, loss, RATE);
        measured.push((found, start.elapsed().as_secs_f64()));
    }
    measured
}

/// The embeddings of crops, [N, T, D].
fn crops(
    tape: &mut Tape<'_>,
    whole: &Tail,
    second: &TailCopy,
    images: &Tensor,
    cells: &[usize],
) -> Var {
    let extractor = BoundTail { tail: whole, copy: second };
    let looks = cells.iter().enumerate().map(|(at, cell)| (at / SIZES.looks, *cell));
    let flat = embed(tape, &extractor, images, CROPS, looks, Mode::Training);
    tape.reshape(flat, vec![LEARNT, SIZES.looks, SIZES.embedding])
}

/// Searches from pixels on, with all looks; gives the mean number of looks and the seconds of each batch.
pub(crate) fn tests(eye: Eye, count: usize) -> Vec<(f64, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut model = Model::new(&SIZES, &mut rng);
    let extractors = Extractors::new(eye, &mut model.parameters, &mut rng);
    let classes = classes(&SIZES, &mut rng);
    let images = random(&[SEEN, PIXELS, PIXELS, 3], 1.0, &mut rng);
    let mut learnt = Parameters::default();
    let agent = agent(&mut learnt, &mut rng);
    let judge = Judge::new(&model.network, &model.parameters, &classes);
    let (subnets, workspace) = (model.subnets(), Workspace::default());
    let looker = Looker { judge: &judge, agent: &agent, learnt: &learnt };
    let test = || {
        let (maps, global) = whole_images(&extractors, &model, &images, &workspace);
        let (parameters, workspace) = (&model.parameters, &workspace);
        match &extractors.second_copy {
            None => looker.look(global, Unseen { subnets: &subnets, parameters, maps, workspace }),
            Some(copy) => {
                let extractor = BoundTail { tail: &extractors.whole, copy };
                let images = images.clone();
                let local = HardSight { extractor, parameters, images, crops: CROPS, workspace };
                looker.look(global, local)
            }
        }
    };
    let timed = |_| {
        let start = Instant::now();
        (test(), start.elapsed().as_secs_f64())
    };
    (0..count).map(timed).collect()
}

/// Maps and embeddings of whole images.
fn whole_images(
    extractors: &Extractors,
    model: &Model,
    images: &Tensor,
    workspace: &Workspace,
) -> (Tensor, Tensor) {
    let mut tape = Tape::within(workspace, &model.parameters, Recording::Off);
    let pixels = tape.constant(images.clone());
    let Extractors { first, first_copy, end_copy, .. } = extractors;
    let maps = first.run(&mut tape, first_copy, pixels, Mode::Evaluation);
    let seen = tape.value(maps).clone();
    let global = model.tail.run(&mut tape, end_copy, maps, Mode::Evaluation);
    (seen, tape.value(global).clone())
}

/// Who chooses where to look, and what follows.
struct Looker<'a> {
    judge: &'a Judge,
    agent: &'a Agent,
    learnt: &'a Parameters,
}

impl Looker<'_> {
    /// The mean number of looks of a search.
    fn look<L: Glimpses<f32>>(&self, global: Tensor, local: L) -> f64 {
        let seen = seeable(global, local);
        let mut sight = Sight::new(self.judge, &seen, Rewarded::Predictions);
        let never = Stopping::NEVER;
        mean_looks(&search(self.agent, self.learnt, &mut sight, &never, Draw::Greedy))
    }
}
