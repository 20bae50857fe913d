//! What holds for every ERPCNet, whatever its weights. Labels are those of `docs/invariants.md`.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::nn::optimiser::Adam;
use crate::nn::tape::{Dense, ParameterId, ParameterKind, Parameters, Recording, Tape, Var};
use crate::nn::{Activation, Tensor, Workspace};
use crate::rl::action::{Draw, Grid, Head, Noise, Policy, Revisit};
use crate::rl::reward::RewardForm;
use crate::rl::{
    Agent, AgentShape, CriticEncoder, Environment as _, Lesson, Look, Ppo, Rules, Stopping, Trace,
    search,
};

use super::cells::Cells;
use super::entropy::{Definition, EntropyWeight};
use super::judge::{Classes, Judge};
use super::losses::{JointLoss, Objective};
use super::network::{Attributes, Fuse, Kept, LocalBatching, Network};
use super::sight::{Rewarded, Seeable, Sight};

mod planted;
mod prefixes;

const IMAGES: usize = 6;
const CELLS: usize = 16;
const WIDTH: usize = 5;
const FUSED: usize = 4;
const ATTRIBUTES: usize = 5;
const CLASSES: usize = 7;
const LOOKS: usize = 3;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Numbers in [-1, 1).
fn numbers(shape: &[usize], seed: u64) -> Tensor<f64> {
    let mut rng = rng(seed);
    let count = shape.iter().product();
    Tensor::new(shape.to_vec(), (0..count).map(|_| rng.random_range(-1.0..1.0)).collect())
}

/// A network of random weights, with running statistics that it does not read.
fn network() -> (Network, Parameters<f64>) {
    let mut parameters = Parameters::default();
    let mut add = |name: &str, kind: ParameterKind, shape: &[usize], seed: u64| {
        parameters.add(name, kind, numbers(shape, seed))
    };
    let mut dense = |name: &str, shape: &[usize], seed: u64| Dense {
        weight: add(&format!("{name}.weight"), ParameterKind::Weight, shape, seed),
        bias: Some(add(&format!("{name}.bias"), ParameterKind::Weight, &shape[..1], seed + 50)),
    };
    let look = dense("pconv", &[2, 5, 5, 2], 1);
    let (global, local) =
        (dense("fcg", &[ATTRIBUTES, WIDTH], 2), dense("fcl", &[ATTRIBUTES, WIDTH], 3));
    let fuse = dense("fcj1", &[FUSED, (LOOKS + 1) * WIDTH], 4);
    let joint = dense("fcj2", &[ATTRIBUTES, FUSED], 5);
    add("tail.bn.running_mean", ParameterKind::Buffer, &[WIDTH], 6);
    let network = Network {
        cells: Cells::of([14, 14], 5, 3).unwrap(),
        look,
        global,
        local,
        fuse: Fuse { weight: fuse.weight, bias: fuse.bias.unwrap() },
        joint,
        activation: Activation::None,
        batching: LocalBatching::Merged,
        dropout: 0.0,
    };
    (network, parameters)
}

fn seeable(weights: Vec<f64>) -> Seeable<f64> {
    let (global, local) = (numbers(&[IMAGES, WIDTH], 7), numbers(&[IMAGES, CELLS, WIDTH], 8));
    Seeable { global, local, weights }
}

/// A weight a cell, from 0.75 to 1.25.
fn uneven() -> Vec<f64> {
    numbers(&[IMAGES * CELLS], 9).values().iter().map(|value| 1.0 + 0.25 * value).collect()
}

fn classes() -> Classes<f64> {
    let handicap = (0..CLASSES).map(|class| if class < 3 { 0.5 } else { 0.0 }).collect();
    Classes { signatures: numbers(&[CLASSES, ATTRIBUTES], 10), handicap, scale: 3.0 }
}

fn labels() -> Vec<usize> {
    (0..IMAGES).map(|image| image % CLASSES).collect()
}

/// An agent beside whatever `parameters` hold already.
fn agent(parameters: &mut Parameters<f64>) -> Agent {
    let policy = Policy::new(Head::Categorical, Revisit::Forbidden, Grid { side: 4 }, LOOKS);
    let shape =
        AgentShape { state: WIDTH, hidden: [6, 6], memory: 6, critic: CriticEncoder::Shared };
    Agent::new(parameters, "agent.", &shape, policy.unwrap(), &mut rng(11)).unwrap()
}

/// What an agent sees of images with these weights until a rule ends it.
fn traces(weights: Vec<f64>, rule: &Stopping) -> Vec<Trace> {
    let (network, parameters) = network();
    let (images, classes) = (seeable(weights), classes());
    let mut agents = Parameters::default();
    let agent = agent(&mut agents);
    let judge = Judge::new(&network, &parameters, &classes);
    let mut sight = Sight::new(&judge, &images, Rewarded::Predictions);
    let noise = Noise::draw(agent.policy(), IMAGES, &mut rng(12));
    search(&agent, &agents, &mut sight, rule, Draw::Sampled(&noise))
}

fn sigma(value: f64) -> Stopping {
    Stopping::new(value, 1).unwrap()
}

/// (E5)
#[test]
fn a_reward_lies_above_zero_and_at_most_at_twice_its_weight() {
    let weights = uneven();
    let looks = |traces: &[Trace]| traces.iter().map(|trace| trace.looks.len()).collect::<Vec<_>>();
    let full = traces(weights.clone(), &Stopping::NEVER);
    for look in full.iter().flat_map(|trace| &trace.looks) {
        assert!(look.reward > 0.0 && look.reward <= 2.0 * look.weight, "{look:?}");
        assert_eq!(look.reward, look.weight * (look.joint + look.global));
    }
    let most = weights.iter().copied().fold(0.0, f64::max);
    assert_eq!(looks(&traces(weights.clone(), &sigma(0.0))), [1; IMAGES]);
    assert_eq!(looks(&traces(weights.clone(), &sigma(2.0 * most + 1e-9))), [LOOKS; IMAGES]);
    let mut before = vec![0; IMAGES];
    for step in 0..=25 {
        let now = looks(&traces(weights.clone(), &sigma(0.1 * f64::from(step))));
        assert!(now.iter().zip(&before).all(|(now, before)| now >= before), "{now:?}");
        before = now;
    }
}

/// (E12), where looks are those of a network and fewer images go on than began.
#[test]
fn a_full_trace_holds_the_search_of_every_threshold() {
    let full = traces(uneven(), &Stopping::NEVER);
    let mut stops = Vec::new();
    for rule in [0.1, 0.3, 0.5, 0.8, 1.2].map(sigma) {
        for (full, found) in full.iter().zip(traces(uneven(), &rule)) {
            let derived = full.until(&rule);
            assert_eq!((derived.opening, derived.looks.len()), (found.opening, found.looks.len()));
            for (one, other) in derived.looks.iter().zip(&found.looks) {
                assert_eq!((one.cell, one.prediction), (other.cell, other.prediction));
                assert!((one.reward - other.reward).abs() < 1e-12);
            }
            stops.push(found.looks.len());
        }
    }
    assert!(stops.contains(&1) && stops.contains(&LOOKS), "{stops:?}");
}

fn objective() -> Objective {
    Objective {
        joint: JointLoss::Prefixes,
        logit_scale: 1.0,
        double_softmax: false,
        weights: [1.0; 4],
    }
}

/// (E7): without a look the loss of the largest attributes is that of the global ones.
#[test]
fn without_a_look_the_largest_attributes_cost_what_the_global_ones_cost() {
    let (network, parameters) = network();
    let mut tape = Tape::new(&parameters, Recording::Off);
    let global = tape.constant(numbers(&[IMAGES, WIDTH], 7));
    let none = tape.constant(Tensor::zeros(vec![IMAGES, 0, WIDTH]));
    let largest = network.predict(&mut tape, global, none, Kept::default()).largest;
    // A mean over no look is no number, so the local and joint parts are those of three looks.
    let local = tape.constant(numbers(&[IMAGES, LOOKS, WIDTH], 8));
    let seen = network.predict(&mut tape, global, local, Kept::default());
    let signatures = tape.constant(numbers(&[CLASSES, ATTRIBUTES], 10));
    let blind = Attributes { largest, ..seen };
    let [global, _, _, largest] =
        objective().losses(&mut tape, &blind, signatures, &labels()).parts.map(Option::unwrap);
    assert_eq!(tape.value(largest), tape.value(global));
    let [global, _, _, largest] =
        objective().losses(&mut tape, &seen, signatures, &labels()).parts.map(Option::unwrap);
    assert_ne!(tape.value(largest), tape.value(global));
}

/// (E7): each of the largest attributes sends its gradient to the one place that it comes from.
#[test]
fn the_gradient_of_the_largest_attributes_reaches_one_place_each() {
    let (network, mut parameters) = network();
    // Predictors that hand embeddings on, so that attributes are embeddings.
    let identity = |at: usize| if at % WIDTH == at / WIDTH { 1.0 } else { 0.0 };
    for layer in [network.global, network.local] {
        let values = parameters.values_mut(layer.weight);
        values.iter_mut().enumerate().for_each(|(at, value)| *value = identity(at));
        parameters.values_mut(layer.bias.unwrap()).fill(0.0);
    }
    let (g, v) = (numbers(&[IMAGES, WIDTH], 7), numbers(&[IMAGES, LOOKS, WIDTH], 8));
    let cotangent = numbers(&[IMAGES, WIDTH], 13);
    let mut tape = Tape::new(&parameters, Recording::On);
    let (global, local) = (tape.variable(g.clone()), tape.variable(v.clone()));
    let largest = network.predict(&mut tape, global, local, Kept::default()).largest;
    let outcome = tape.backward_from(vec![(largest, cotangent.clone())]);
    let (of_global, of_local) = (outcome.of(global).unwrap(), outcome.of(local).unwrap());
    let mut from_global = 0;
    for (at, expected) in cotangent.values().iter().enumerate() {
        let (image, attribute) = (at / WIDTH, at % WIDTH);
        let places: Vec<usize> =
            (0..LOOKS).map(|look| (image * LOOKS + look) * WIDTH + attribute).collect();
        let mut values = vec![g.values()[at]];
        values.extend(places.iter().map(|place| v.values()[*place]));
        let mut slopes = vec![of_global.values()[at]];
        slopes.extend(places.iter().map(|place| of_local.values()[*place]));
        let best = (0..=LOOKS).max_by(|one, other| values[*one].total_cmp(&values[*other]));
        for (place, slope) in slopes.iter().enumerate() {
            assert_eq!(*slope, if Some(place) == best { *expected } else { 0.0 });
        }
        from_global += usize::from(best == Some(0));
    }
    assert!((1..IMAGES * WIDTH).contains(&from_global), "{from_global}");
}

/// One lesson on images with these weights; gives what the agent has become.
fn lesson(weights: Vec<f64>, parameters: &mut Parameters<f64>, agent: &Agent) {
    let (network, own) = network();
    let (images, classes) = (seeable(weights), classes());
    let judge = Judge::new(&network, &own, &classes);
    let mut sight = Sight::new(&judge, &images, Rewarded::Labels(labels()));
    let noise = Noise::draw(agent.policy(), IMAGES, &mut rng(14));
    let rules = Rules { form: RewardForm::Absolute, stopping: sigma(0.6), discount: 0.99 };
    let lesson = Lesson {
        environment: &mut sight,
        noise: &noise,
        rules: &rules,
        workspace: &Workspace::default(),
    };
    let settings = Ppo { epochs: 2, rate: 0.01, ..Ppo::default() };
    // Weight decay must not reach what the lesson is not about.
    settings.learn(agent, parameters, &mut Adam::new(0.1), lesson);
}

/// (E9)
#[test]
fn a_lesson_leaves_the_network_and_its_running_statistics_as_they_were() {
    let (_, mut parameters) = network();
    let agent = agent(&mut parameters);
    let before = parameters.clone();
    lesson(uneven(), &mut parameters, &agent);
    let bits = |parameters: &Parameters<f64>, id: ParameterId| -> Vec<u64> {
        parameters.get(id).value().values().iter().map(|value| value.to_bits()).collect()
    };
    let mut kinds = [0; 2];
    for (id, parameter) in before.iter() {
        let is_same = bits(&before, id) == bits(&parameters, id);
        let is_agents = parameter.name.starts_with("agent.");
        assert_eq!(is_same, !is_agents, "{}", parameter.name);
        kinds[usize::from(is_agents)] += 1;
    }
    assert!(kinds[0] == 11 && kinds[1] > 0, "{kinds:?}");
}

/// (E11): without a look PCNet predicts what the global subnet alone does.
#[test]
fn without_a_look_the_prediction_is_that_of_the_global_attributes() {
    let (network, parameters) = network();
    let (images, classes) = (seeable(vec![1.0; IMAGES * CELLS]), classes());
    let judge = Judge::new(&network, &parameters, &classes);
    let mut sight = Sight::new(&judge, &images, Rewarded::Predictions);
    let opening = sight.open();
    let mut tape = Tape::new(&parameters, Recording::Off);
    let global = tape.constant(images.global.clone());
    let none = tape.constant(Tensor::zeros(vec![IMAGES, 0, WIDTH]));
    let found = network.predict(&mut tape, global, none, Kept::default());
    let signatures = tape.constant(classes.signatures.clone());
    for attributes in [found.global, found.largest] {
        let logits = tape.rows_times(attributes, signatures);
        for (image, logits) in tape.value(logits).values().chunks_exact(CLASSES).enumerate() {
            let score = |class: &usize| classes.scale * logits[*class] - classes.handicap[*class];
            let best = (0..CLASSES).max_by(|one, other| score(one).total_cmp(&score(other)));
            assert_eq!(Some(opening.predictions[image]), best);
        }
    }
    // Looks change predictions, so the opening is none of theirs.
    let looks: Vec<Look> = (0..IMAGES).map(|image| Look { image, cell: 3 }).collect();
    assert_ne!(sight.look(&looks).predictions, opening.predictions);
}

/// (E11): maps that weigh 1 everywhere make an ERPCNet of an RPCNet.
#[test]
fn a_weight_of_one_is_a_search_without_entropy() {
    let cells = Cells::of([14, 14], 5, 3).unwrap();
    let guide = EntropyWeight { definition: Definition::ChannelShare, bins: 64 };
    // One channel has all the mass, so no pixel has entropy.
    let flat: Vec<f32> = (0..196).flat_map(|pixel| [pixel as f32, 0.0]).collect();
    let guided: Vec<f64> = (0..IMAGES).flat_map(|_| guide.weights(&flat, 14, 2, &cells)).collect();
    let unguided = vec![1.0; IMAGES * CELLS];
    for rule in [0.2, 0.6, 9.0].map(sigma) {
        assert_eq!(traces(guided.clone(), &rule), traces(unguided.clone(), &rule));
    }
    let learnt = |weights: &[f64]| {
        let mut parameters = Parameters::default();
        let agent = agent(&mut parameters);
        lesson(weights.to_vec(), &mut parameters, &agent);
        let values = parameters.iter().flat_map(|(_, parameter)| parameter.value().values());
        values.map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(learnt(&guided), learnt(&unguided));
    assert_ne!(learnt(&uneven()), learnt(&unguided));
    assert_ne!(traces(uneven(), &Stopping::NEVER), traces(unguided, &Stopping::NEVER));
}

/// (G2): the four losses together, through predictors, fusion and largest attributes.
#[test]
fn slopes_of_the_whole_loss_are_the_derivatives() {
    let (network, parameters) = network();
    let loss = |tape: &mut Tape<'_, f64>| {
        let global = tape.constant(numbers(&[IMAGES, WIDTH], 7));
        let local = tape.constant(numbers(&[IMAGES, LOOKS, WIDTH], 8));
        let attributes = network.predict(tape, global, local, Kept::default());
        let signatures = tape.constant(numbers(&[CLASSES, ATTRIBUTES], 10));
        objective().losses(tape, &attributes, signatures, &labels()).total
    };
    let mut tape = Tape::new(&parameters, Recording::On);
    let total = loss(&mut tape);
    let outcome = tape.backward(total);
    let mut compared = 0;
    for (id, parameter) in parameters.iter() {
        let Some(found) = outcome.of_parameter(id) else { continue };
        for (place, found) in found.values().iter().enumerate() {
            let moved = |step: f64| {
                let mut moved = parameters.clone();
                moved.values_mut(id)[place] += step;
                let mut tape = Tape::new(&moved, Recording::Off);
                let total = loss(&mut tape);
                tape.value(total).values()[0]
            };
            let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let distance = (found - expected).abs();
            let name = &parameter.name;
            assert!(
                distance < 1e-6 * expected.abs().max(1.0),
                "{name} {place}: {found} {expected}"
            );
        }
        compared += 1;
    }
    // Weight and bias of four layers: all but the partial convolution, which was not run.
    assert_eq!(compared, 8);
}
