//! Greedy looks until the reward of the predicted class reaches the threshold, and what follows for
//! other thresholds from one search that never ends early.

use erpc_pipe::models::erpcnet::sight::Rewarded;
use erpc_pipe::rl::action::Draw;
use erpc_pipe::rl::{Stopping, Trace, TracedLook, search};

use crate::case::{Answers, Case};
use crate::erpc_agent::agent;
use crate::network::Scene;

pub(crate) fn answers(case: &Case) -> Answers {
    let (agent, parameters) = agent(case);
    let (seen, classes) = (case.count("n_seen"), case.count("C"));
    let handicap = |class: usize| if class < seen { case.hyper("delta") } else { 0.0 };
    let handicap = (0..classes).map(handicap).collect();
    let scene = Scene::of(case, handicap);
    let mut images = scene.sight(Rewarded::Predictions);
    let steps = case.count("T");
    let rule = |sigma: f64| Stopping::new(sigma, case.count("min_steps")).unwrap();
    let full = search(&agent, &parameters, &mut images, &Stopping::NEVER, Draw::Greedy);
    let sigma = rule(case.hyper("sigma"));
    let traces = search(&agent, &parameters, &mut images, &sigma, Draw::Greedy);

    let mut answers = of_traces("out", &traces, steps);
    answers.extend(of_traces("out.full", &full, steps));
    let stops = traces.iter().map(|trace| trace.looks.len() as f64).collect();
    let last = |trace: &Trace| trace.prediction(trace.looks.len()) as f64;
    answers.push(("out.stop".into(), stops));
    answers.push(("out.label".into(), traces.iter().map(last).collect()));
    let scores = (0..case.count("B")).flat_map(|image| images.opinion(image).scores());
    answers.push(("out.scores".into(), scores.collect()));
    let rules: Vec<_> = case.hypers("sweep").into_iter().map(rule).collect();
    let derived = || rules.iter().flat_map(|rule| full.iter().map(|trace| trace.until(rule)));
    answers.push(("out.sweep.label".into(), derived().map(|trace| last(&trace)).collect()));
    let stops = derived().map(|trace| trace.looks.len() as f64).collect();
    answers.push(("out.sweep.stop".into(), stops));
    answers
}

/// What each look found, -1 after the end.
fn of_traces(prefix: &str, traces: &[Trace], steps: usize) -> Answers {
    let row = |trace: &Trace, number: fn(&TracedLook) -> f64| {
        let mut row: Vec<f64> = trace.looks.iter().map(number).collect();
        row.resize(steps, -1.0);
        row
    };
    let table = |number| traces.iter().flat_map(|trace| row(trace, number)).collect();
    let prediction = |look: &TracedLook| look.prediction as f64;
    let predictions = traces.iter().flat_map(|trace| {
        let opening = [trace.opening as f64];
        opening.into_iter().chain(row(trace, prediction)).collect::<Vec<_>>()
    });
    let columns: [(&str, Vec<f64>); 6] = [
        ("cell", table(|look| look.cell as f64)),
        ("beta", table(|look| look.weight)),
        ("p_joint", table(|look| look.joint)),
        ("p_global", table(|look| look.global)),
        ("reward", table(|look| look.reward)),
        ("pred", predictions.collect()),
    ];
    columns.into_iter().map(|(name, column)| (format!("{prefix}.{name}"), column)).collect()
}
