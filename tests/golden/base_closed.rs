//! Baselines in closed form. Each method has its function; [`answers`] joins them.

use erpc_pipe::zsl::conse::ConvexCombination;
use erpc_pipe::zsl::eszsl::{Eszsl, Targets};
use erpc_pipe::zsl::linear::{row_major, to_row_major};
use erpc_pipe::zsl::moments::Moments;
use erpc_pipe::zsl::sae::Sae;
use faer::MatRef;
use rayon::ThreadPool;

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut moments = Moments::new(case.count("d"), case.count("C"));
    moments.add(case.numbers("in.X"), &case.indices("in.y"), &pool);
    let signatures = row_major(case.numbers("in.phi"), case.count("C"), case.count("A"));
    let mut answers = eszsl(case, &moments, signatures, &pool);
    answers.push(("out.sae".into(), sae(case, &moments, signatures, &pool)));
    answers.push(("out.conse".into(), conse(case, signatures)));
    answers
}

/// ESZSL with both targets.
fn eszsl(
    case: &Case,
    moments: &Moments,
    signatures: MatRef<'_, f64>,
    pool: &ThreadPool,
) -> Answers {
    let weights = |targets: Targets| {
        let solver = Eszsl::new(moments, signatures, targets, pool).unwrap();
        let weights = solver.weights(case.hyper("gamma"), case.hyper("lam"), pool);
        to_row_major(weights.as_ref())
    };
    vec![
        ("out.eszsl".into(), weights(Targets::MinusOne)),
        ("out.eszsl_zero".into(), weights(Targets::Zero)),
    ]
}

/// The paper's W, [A, D].
fn sae(case: &Case, moments: &Moments, signatures: MatRef<'_, f64>, pool: &ThreadPool) -> Vec<f64> {
    let solver = Sae::new(moments, signatures, pool).unwrap();
    to_row_major(solver.weights(case.hyper("sae_lam"), pool).transpose())
}

/// The cosine scores of the unseen classes.
fn conse(case: &Case, signatures: MatRef<'_, f64>) -> Vec<f64> {
    let unseen = row_major(case.numbers("in.phi_unseen"), case.count("Cu"), case.count("A"));
    let combination = ConvexCombination::new(case.count("top"), signatures, unseen);
    let score = |probabilities: &[f64]| {
        let mut scores = vec![0.0; case.count("Cu")];
        combination.score(probabilities, &mut scores);
        scores
    };
    case.numbers("in.prob_seen").chunks_exact(case.count("C")).flat_map(score).collect()
}
