//! Ways to fail of a model that looks several times.

use erpc_pipe::zsl::failure::{Failures, Trace};

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let steps = case.count("T");
    let (labels, stops) = (case.indices("in.y"), case.indices("in.stop"));
    let predictions = case.indices("in.pred");
    let traces = predictions.chunks_exact(steps + 1).zip(&stops);
    let traces: Vec<Trace<'_, usize>> = traces
        .zip(&labels)
        .map(|((predictions, &stop), &label)| Trace { predictions: &predictions[..=stop], label })
        .collect();
    let failures = Failures::count(steps, traces);
    vec![
        ("out.type1".into(), vec![failures.never_right as f64]),
        ("out.type2".into(), vec![failures.lost() as f64]),
        ("out.within".into(), vec![failures.within_capability() as f64]),
        ("out.histogram".into(), failures.lost_at.iter().map(|&count| count as f64).collect()),
    ]
}
