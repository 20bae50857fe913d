//! What the objective is where it can be worked out, and that an update makes an agent better.

use super::super::action::{Draw, Grid, Head, Noise, Policy, Revisit};
use super::super::reward::RewardForm;
use super::super::testing::{HEADS, Toy, agent, numbers, rng, sampled};
use super::super::{AgentShape, CriticEncoder, Environment, Look, Rules, Stopping, View};
use super::*;
use crate::nn::optimiser::{Adam, Optimiser as _};
use crate::nn::tape::{ParameterKind, Parameters, Recording};
use crate::nn::{Tensor, Workspace};

fn tape(parameters: &Parameters<f64>) -> Tape<'_, f64> {
    Tape::new(parameters, Recording::On)
}

/// Puts free numbers in the place of what an agent says; gives `-J` and its slopes.
fn slopes(said: [&[f64]; 3], targets: &Targets<f64>, settings: &Ppo) -> (f64, [Vec<f64>; 3]) {
    let parameters = Parameters::default();
    let mut tape = Tape::new(&parameters, Recording::On);
    let vars =
        said.map(|numbers| tape.variable(Tensor::new(vec![numbers.len()], numbers.to_vec())));
    let [log_densities, values, entropies] = vars;
    let said = Said { log_densities, values, entropies };
    let parts = objective(&mut tape, &said, targets, settings);
    let loss = tape.value(parts.loss).values()[0];
    let outcome = tape.backward(parts.loss);
    (loss, vars.map(|var| outcome.of(var).unwrap().values().to_vec()))
}

fn targets(live: &[usize], log_densities: &[f64], returns: &[f64]) -> Targets<f64> {
    Targets {
        live: live.to_vec(),
        log_densities: log_densities.to_vec(),
        returns: returns.to_vec(),
    }
}

#[test]
fn the_objective_is_what_a_pencil_says() {
    // Ratios 1.1 and .5, advantages 2 and -1: the second is clipped to .8, as -.8 < -.5.
    let said = [&[1.1_f64.ln(), 0.5_f64.ln()][..], &[1.0, 3.0], &[0.5, 1.5]];
    let settings = Ppo { normalisation: Normalisation::None, ..Ppo::default() };
    let (loss, [logs, values, entropies]) =
        slopes(said, &targets(&[0, 1], &[0.0; 2], &[3.0, 2.0]), &settings);
    // J = (2.2 - .8) / 2 - .5 (4 + 1) / 2 + .01.
    assert!((loss - (-0.7 + 1.25 - 0.01)).abs() < 1e-12, "{loss}");
    // -rho A / 2; (V - G) / 2; -.01 / 2.
    assert!((logs[0] + 1.1).abs() < 1e-12 && logs[1] == 0.0, "{logs:?}");
    assert_eq!(values, [-1.0, 0.5]);
    assert_eq!(entropies, [-0.005, -0.005]);
}

/// (E8): beyond the clip, on the side where the advantage would go on, nothing is left to gain.
#[test]
fn a_clipped_ratio_has_no_slope_and_the_other_side_has_one() {
    let settings = Ppo { normalisation: Normalisation::None, ..Ppo::default() };
    let slope = |ratio: f64, advantage: f64| {
        let targets = targets(&[0], &[0.0], &[advantage]);
        slopes([&[ratio.ln()], &[0.0], &[0.0]], &targets, &settings).1[0][0]
    };
    assert_eq!(slope(1.21, 1.0), 0.0);
    assert_eq!(slope(0.79, -1.0), 0.0);
    assert!((slope(1.21, -1.0) - 1.21).abs() < 1e-12);
    assert!((slope(0.79, 1.0) + 0.79).abs() < 1e-12);
    assert!((slope(1.19, 1.0) + 1.19).abs() < 1e-12);
}

#[test]
fn a_standardised_advantage_leaves_the_critic_its_returns() {
    let settings = Ppo { normalisation: Normalisation::Advantage, ..Ppo::default() };
    let targets = targets(&[0, 1, 2], &[0.0; 3], &[1.0, 3.0, 8.0]);
    let (_, [logs, values, _]) = slopes([&[0.0; 3], &[0.0; 3], &[0.0; 3]], &targets, &settings);
    // Advantages 1, 3 and 8: mean 4, deviation sqrt 13. The critic still aims at 1, 3 and 8.
    for (found, advantage) in logs.iter().zip([-3.0, -1.0, 4.0]) {
        assert!((found + advantage / (13.0_f64.sqrt() + 1e-5) / 3.0).abs() < 1e-12, "{logs:?}");
    }
    for (found, target) in values.iter().zip([1.0, 3.0, 8.0]) {
        assert!((found + target / 3.0).abs() < 1e-12, "{values:?}");
    }
}

/// (E8): masked steps are no part of any mean.
#[test]
fn steps_after_the_end_contribute_nothing() {
    let settings = Ppo { normalisation: Normalisation::Advantage, ..Ppo::default() };
    let [logs, values, entropies] = [1, 2, 3].map(|seed| numbers(6, seed));
    let live = [0, 1, 3, 5];
    let of_live = targets(&live, &numbers(4, 4), &numbers(4, 5));
    let (loss, found) = slopes([&logs, &values, &entropies], &of_live, &settings);
    let only = |all: &[f64]| live.map(|place| all[place]);
    let short = [only(&logs), only(&values), only(&entropies)];
    let of_short = Targets { live: vec![0, 1, 2, 3], ..of_live.clone() };
    let (short_loss, short_found) = slopes([&short[0], &short[1], &short[2]], &of_short, &settings);
    assert_eq!(loss, short_loss);
    for (found, short) in found.iter().zip(&short_found) {
        assert_eq!(only(found), short[..]);
        assert_eq!([found[2], found[4]], [0.0, 0.0]);
    }
    let mut strange = logs.clone();
    strange[2] = f64::INFINITY;
    assert_eq!(slopes([&strange, &values, &entropies], &of_live, &settings), (loss, found));
}

/// (E8): in the first epoch every ratio is 1 and the gradient is that of an advantage actor-critic.
#[test]
fn the_first_epoch_is_an_advantage_actor_critic() {
    for head in HEADS {
        let (agent, parameters) = agent(head, CriticEncoder::Shared);
        let (rollout, episodes) = sampled(&agent, &parameters, 12);
        assert!(episodes.share_ended_early() > 0.0);
        let settings = Ppo::default();
        let targets = settings.targets(&rollout, &episodes);
        let (losses, found) = settings.differentiate(&agent, tape(&parameters), &rollout, &targets);
        assert!(losses.clipped == 0.0 && losses.drift.abs() < 1e-12, "{losses:?}");

        let mut tape = Tape::new(&parameters, Recording::On);
        let said = ask_again(&agent, &mut tape, &rollout);
        let [logs, values, entropies] = [said.log_densities, said.values, said.entropies]
            .map(|all| tape.take_rows(all, targets.live.clone()));
        let count = targets.live.len();
        let returns = tape.constant(Tensor::new(vec![count], targets.returns.clone()));
        let errors = tape.subtract(returns, values);
        let advantages = tape.detach(errors);
        let policy = tape.multiply(logs, advantages);
        let squares = tape.multiply(errors, errors);
        let penalty = tape.scale(squares, 0.5);
        let bonus = tape.scale(entropies, 0.01);
        let each = tape.subtract(penalty, policy);
        let each = tape.subtract(each, bonus);
        let loss = tape.mean(each);
        let expected = tape.backward(loss);
        for (id, parameter) in parameters.iter() {
            let of = |outcome: &Outcome<f64>| outcome.of_parameter(id).unwrap().values().to_vec();
            for (found, expected) in of(&found).iter().zip(of(&expected)) {
                let name = &parameter.name;
                assert!((found - expected).abs() < 1e-12, "{name}: {found}, {expected}");
            }
        }
    }
}

fn rules() -> Rules {
    let stopping = Stopping::new(0.5, 1).unwrap();
    Rules { form: RewardForm::Absolute, stopping, discount: 0.9 }
}

/// (E9)
#[test]
fn a_lesson_moves_the_agent_alone() {
    let (agent, mut parameters) = agent(Head::Categorical, CriticEncoder::Shared);
    let other = Tensor::new(vec![2], vec![1.0, 2.0]);
    let other = parameters.add("net.fcg.weight", ParameterKind::Weight, other);
    let before = parameters.clone();
    let noise = Noise::draw(agent.policy(), 4, &mut rng(8));
    let (mut toy, mut adam) = (Toy::new(4), Adam::new(0.0));
    let lesson = Lesson {
        environment: &mut toy,
        noise: &noise,
        rules: &rules(),
        workspace: &Workspace::default(),
    };
    let settings = Ppo { epochs: 3, rate: 0.01, ..Ppo::default() };
    let losses = settings.learn(&agent, &mut parameters, &mut adam, lesson).losses;
    assert_eq!(losses.len(), 3);
    assert_eq!((losses[0].clipped, losses[0].drift), (0.0, 0.0));
    assert!(losses[2].total < losses[0].total && losses[2].drift != 0.0, "{losses:?}");
    for (id, parameter) in before.iter() {
        let is_same = parameter.value() == parameters.get(id).value();
        assert_eq!(is_same, id == other, "{}", parameter.name);
    }
}

/// What is differentiated as it stands is what asking again gives.
#[test]
fn a_lesson_is_a_rollout_and_steps_that_ask_again() {
    for head in HEADS {
        let (agent, mut learnt) = agent(head, CriticEncoder::Separate);
        let mut asked = learnt.clone();
        let (rollout, episodes) = sampled(&agent, &learnt, 6);
        let settings = Ppo { epochs: 2, rate: 0.01, ..Ppo::default() };
        let targets = settings.targets(&rollout, &episodes);
        let mut adam = Adam::new(0.0);
        for _ in 0..2 {
            let (_, outcome) = settings.differentiate(&agent, tape(&asked), &rollout, &targets);
            adam.step(&mut asked, &outcome, settings.rate);
        }
        let noise = Noise::draw(agent.policy(), 6, &mut rng(8));
        let mut toy = Toy::new(6);
        let lesson = Lesson {
            environment: &mut toy,
            noise: &noise,
            rules: &rules(),
            workspace: &Workspace::default(),
        };
        let came = settings.learn(&agent, &mut learnt, &mut Adam::new(0.0), lesson);
        assert_eq!((came.rollout, came.episodes), (rollout, episodes));
        for (id, parameter) in asked.iter() {
            let pairs = parameter.value().values().iter().zip(learnt.get(id).value().values());
            for (asked, learnt) in pairs {
                assert!((asked - learnt).abs() < 1e-9, "{}: {asked}, {learnt}", parameter.name);
            }
        }
    }
}

/// (G7), wide enough that products are shared among threads.
#[test]
fn an_update_has_the_same_bytes_for_any_number_of_threads() {
    let run = || {
        let targets = (0..200).map(|image| image % 4).collect();
        let mut road = Signposts { targets, found: vec![0.0; 200] };
        let policy = Policy::new(Head::Categorical, Revisit::Forbidden, PAIR, 3).unwrap();
        let mut parameters = Parameters::default();
        let shape = AgentShape {
            state: 4,
            hidden: [160, 130],
            memory: 90,
            critic: CriticEncoder::Separate,
        };
        let agent = Agent::new(&mut parameters, "", &shape, policy, &mut rng(5)).unwrap();
        let noise = Noise::draw(agent.policy(), 200, &mut rng(6));
        let rules = Rules { form: RewardForm::Absorbing, ..rules() };
        let lesson = Lesson {
            environment: &mut road,
            noise: &noise,
            rules: &rules,
            workspace: &Workspace::default(),
        };
        let settings = Ppo { epochs: 2, ..Ppo::default() };
        settings.learn(&agent, &mut parameters, &mut Adam::new(0.0), lesson);
        let values = parameters.iter().flat_map(|(_, parameter)| parameter.value().values());
        values.map(|value| value.to_bits()).collect::<Vec<u32>>()
    };
    let with = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
    };
    let one = with(1);
    assert!(one == with(2) && one == with(4));
}

#[test]
fn settings_out_of_range_are_named() {
    let error = |settings: Ppo| settings.checked().unwrap_err().to_string();
    let paper = Ppo::default();
    assert_eq!(paper.checked(), Ok(paper));
    assert_eq!(error(Ppo { clip: 0.0, ..paper }), "`clip` is 0; expected a finite number above 0");
    assert_eq!(error(Ppo { epochs: 0, ..paper }), "`epochs` is 0; expected at least 1");
    assert_eq!(
        error(Ppo { entropy_weight: f64::NAN, ..paper }),
        "`entropy_weight` is NaN; expected a finite number, 0 or more"
    );
}

/// The state of each image names the one cell of four where something is to be seen.
struct Signposts {
    targets: Vec<usize>,
    found: Vec<f64>,
}

const PAIR: Grid = Grid { side: 2 };

impl Signposts {
    fn view(&self, images: &[usize]) -> View<f32> {
        let state = |image: &usize| {
            let mut state = [0.0; 4];
            state[self.targets[*image]] = 1.0;
            state
        };
        View {
            states: Tensor::new(vec![images.len(), 4], images.iter().flat_map(state).collect()),
            joint: images.iter().map(|image| self.found[*image]).collect(),
            global: vec![0.0; images.len()],
            predictions: vec![0; images.len()],
        }
    }
}

impl Environment<f32> for Signposts {
    fn images(&self) -> usize {
        self.targets.len()
    }

    fn open(&mut self) -> View<f32> {
        self.found.fill(0.0);
        self.view(&(0..self.targets.len()).collect::<Vec<_>>())
    }

    fn look(&mut self, looks: &[Look]) -> View<f32> {
        for look in looks {
            self.found[look.image] = f64::from(u8::from(self.targets[look.image] == look.cell));
        }
        self.view(&looks.iter().map(|look| look.image).collect::<Vec<_>>())
    }

    fn weight(&self, _: Look) -> f64 {
        1.0
    }
}

#[test]
fn both_heads_learn_to_read_signposts() {
    let mut road =
        Signposts { targets: (0..32).map(|image| image % 4).collect(), found: vec![0.0; 32] };
    for head in HEADS {
        let policy = Policy::new(head, Revisit::Forbidden, PAIR, 1).unwrap();
        let mut parameters = Parameters::default();
        let shape =
            AgentShape { state: 4, hidden: [16, 16], memory: 16, critic: CriticEncoder::Shared };
        let agent = Agent::new(&mut parameters, "", &shape, policy, &mut rng(5)).unwrap();
        let settings = Ppo { rate: 0.01, ..Ppo::default() };
        let rules = Rules { form: RewardForm::Absolute, stopping: Stopping::NEVER, discount: 0.99 };
        let (mut adam, mut noise) = (Adam::new(0.0), rng(6));
        let hits = |parameters: &Parameters<f32>, road: &mut Signposts| {
            let greedy = Rollout::record(&agent, parameters, road, Draw::Greedy);
            greedy.steps[0].view.joint.iter().sum::<f64>() / 32.0
        };
        assert!(hits(&parameters, &mut road) <= 0.5, "{head:?}");
        for _ in 0..150 {
            let drawn = Noise::draw(agent.policy(), 32, &mut noise);
            let lesson = Lesson {
                environment: &mut road,
                noise: &drawn,
                rules: &rules,
                workspace: &Workspace::default(),
            };
            settings.learn(&agent, &mut parameters, &mut adam, lesson);
        }
        assert_eq!(hits(&parameters, &mut road), 1.0, "{head:?}");
    }
}
