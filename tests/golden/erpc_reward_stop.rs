//! Where episodes end, what they are paid, and what that is worth.

use erpc_pipe::rl::Stopping;
use erpc_pipe::rl::returns::discounted;
use erpc_pipe::rl::reward::{RewardForm, absolute};

use crate::case::{Answers, Case};

const FORMS: [(&str, RewardForm); 3] = [
    ("absolute", RewardForm::Absolute),
    ("delta", RewardForm::Delta),
    ("absolute_terminal_only", RewardForm::AbsoluteTerminalOnly),
];

pub(crate) fn answers(case: &Case) -> Answers {
    let steps = case.count("T");
    let weights = case.numbers("in.beta").chunks_exact(steps);
    let images: Vec<_> = weights.zip(case.numbers("in.q").chunks_exact(steps + 1)).collect();
    let mut answers = Answers::new();
    for (at, sigma) in case.hypers("sigmas").into_iter().enumerate() {
        let rule = Stopping::new(sigma, case.count("min_steps")).unwrap();
        let stop = |weights: &[f64], confidences: &[f64]| {
            rule.stop(absolute(weights, &confidences[1..]).into_iter())
        };
        let stops = images.iter().map(|(weights, q)| stop(weights, q) as f64).collect();
        answers.push((format!("out.{at}.stop"), stops));
        for (name, form) in FORMS {
            let paid = images
                .iter()
                .map(|(weights, q)| form.paid(&form.earned(weights, q), stop(weights, q)));
            let paid: Vec<Vec<f64>> = paid.collect();
            let returns = paid.iter().flat_map(|paid| discounted(paid, case.hyper("gamma")));
            answers.push((format!("out.{at}.{name}.returns"), returns.collect()));
            answers.push((format!("out.{at}.{name}.reward"), paid.concat()));
        }
    }
    answers
}
