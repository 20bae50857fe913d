//! Baselines in closed form. Each method has its function; [`answers`] joins them.

use erpc_pipe::zsl::eszsl::{Eszsl, Targets};
use erpc_pipe::zsl::linear::to_row_major;
use erpc_pipe::zsl::moments::Moments;
use faer::Mat;

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    eszsl(case)
}

/// ESZSL with both targets.
fn eszsl(case: &Case) -> Answers {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let (width, attributes, classes) = (case.count("d"), case.count("A"), case.count("C"));
    let mut moments = Moments::new(width, classes);
    moments.add(case.numbers("in.X"), &case.indices("in.y"), &pool);
    let phi = case.numbers("in.phi");
    let signatures =
        Mat::from_fn(classes, attributes, |class, attribute| phi[class * attributes + attribute]);
    let weights = |targets: Targets| {
        let solver = Eszsl::new(&moments, signatures.as_ref(), targets, &pool).unwrap();
        let weights = solver.weights(case.hyper("gamma"), case.hyper("lam"), &pool);
        to_row_major(weights.as_ref())
    };
    vec![("out.eszsl", weights(Targets::MinusOne)), ("out.eszsl_zero", weights(Targets::Zero))]
}
