//! A rollout by given noise, its returns, and the epochs of one update.

use erpc_pipe::models::erpcnet::sight::Rewarded;
use erpc_pipe::nn::optimiser::Adam;
use erpc_pipe::nn::tape::{Recording, Tape};
use erpc_pipe::nn::{Tensor, Workspace};
use erpc_pipe::rl::action::{Action, Noise};
use erpc_pipe::rl::reward::RewardForm;
use erpc_pipe::rl::{Episodes, Lesson, Normalisation, Ppo, Rollout, Rules, Step, Stopping};

use crate::case::{Answers, Case};
use crate::erpc_agent::agent;
use crate::network::Scene;

pub(crate) fn answers(case: &Case) -> Answers {
    let (agent, mut parameters) = agent(case);
    let rewarded = Rewarded::Labels(case.indices("in.y"));
    let scene = Scene::of(case, vec![0.0; case.count("C")]);
    let mut images = scene.sight(rewarded);
    let steps = case.count("T");
    let noise = Noise::given(agent.policy(), case.numbers("in.noise").to_vec());
    let rules = Rules {
        form: match case.word("reward") {
            "absolute" => RewardForm::Absolute,
            "delta" => RewardForm::Delta,
            other => panic!("reward `{other}`"),
        },
        stopping: Stopping::new(case.hyper("sigma"), 1).unwrap(),
        discount: case.hyper("gamma"),
    };
    let settings = Ppo {
        clip: case.hyper("eps"),
        epochs: case.count("epochs"),
        rate: case.hyper("lr"),
        normalisation: match case.word("normalize") {
            "return" => Normalisation::Return,
            "none" => Normalisation::None,
            other => panic!("normalize `{other}`"),
        },
        ..Ppo::default()
    };
    let before = parameters.clone();
    let lesson = Lesson {
        environment: &mut images,
        noise: &noise,
        rules: &rules,
        workspace: &Workspace::default(),
    };
    let mut adam = Adam::new(0.0);
    let learnt = settings.learn(&agent, &mut parameters, &mut adam, lesson);
    let targets = settings.targets(&learnt.rollout, &learnt.episodes);
    let tape = Tape::new(&before, Recording::On);
    let (_, outcome) = settings.differentiate(&agent, tape, &learnt.rollout, &targets);

    let mut answers = of_rollout(&learnt.rollout);
    answers.extend(of_episodes(&learnt.episodes, steps));
    answers.push(("loss.epochs".into(), learnt.losses.iter().map(|losses| losses.total).collect()));
    for (id, parameter) in parameters.iter() {
        let gradient = outcome.of_parameter(id).unwrap();
        answers.push((format!("grad.{}", parameter.name), wide(gradient)));
        answers.push((format!("after.{}", parameter.name), wide(parameter.value())));
    }
    answers
}

fn of_rollout(rollout: &Rollout<f32>) -> Answers {
    let images = rollout.images();
    // Image by image, then step by step.
    let table = |numbers: &dyn Fn(usize, usize) -> Vec<f64>| -> Vec<f64> {
        let steps = 0..rollout.steps.len();
        (0..images).flat_map(|image| steps.clone().flat_map(move |at| numbers(image, at))).collect()
    };
    let of_step = |number: &dyn Fn(&Step<f32>, usize) -> f64| {
        table(&|image, at| vec![number(&rollout.steps[at], image)])
    };
    let action = |image: usize, at: usize| match rollout.steps[at].choices[image].action {
        Action::Point(point) => point.map(f64::from).to_vec(),
        Action::Cell(cell) => vec![cell as f64],
    };
    let state = |image: usize, at: usize| {
        let states = rollout.states(at);
        let width = states.shape()[1];
        states.values()[image * width..][..width].iter().map(|value| f64::from(*value)).collect()
    };
    vec![
        ("out.action".into(), table(&action)),
        ("out.states".into(), table(&state)),
        ("out.cells".into(), of_step(&|step, image| step.choices[image].cell as f64)),
        ("out.log_prob".into(), of_step(&|step, image| f64::from(step.log_densities[image]))),
        ("out.value".into(), of_step(&|step, image| f64::from(step.values[image]))),
        ("out.beta".into(), of_step(&|step, image| step.weights[image])),
        ("out.q".into(), (0..images).flat_map(|image| rollout.confidences(image)).collect()),
    ]
}

fn of_episodes(episodes: &Episodes, steps: usize) -> Answers {
    let mut mask = vec![0.0; episodes.stops.len() * steps];
    episodes.live().into_iter().for_each(|place| mask[place] = 1.0);
    vec![
        ("out.mask".into(), mask),
        ("out.stop".into(), episodes.stops.iter().map(|stop| *stop as f64).collect()),
        ("out.reward".into(), episodes.earned.clone()),
        ("out.returns".into(), episodes.returns.clone()),
        ("out.returns_standardised".into(), episodes.standardised()),
    ]
}

fn wide(tensor: &Tensor) -> Vec<f64> {
    tensor.values().iter().map(|value| f64::from(*value)).collect()
}
