//! Baselines with a ranking loss: one step of descent an image, in order.

use erpc_pipe::zsl::linear::{row_major, to_row_major};
use erpc_pipe::zsl::ranking::{Objective, Ranking};

use crate::case::{Answers, Case};

/// The objectives, with the names of their losses and of the weights that they leave.
const OBJECTIVES: [(Objective, &str, &str); 3] = [
    (Objective::Devise, "loss.devise", "after.devise"),
    (Objective::Sje, "loss.sje", "after.sje"),
    (Objective::Ale, "loss.ale", "after.ale"),
];

pub(crate) fn answers(case: &Case) -> Answers {
    let (width, attributes, classes) = (case.count("d"), case.count("A"), case.count("C"));
    let signatures = row_major(case.numbers("in.phi"), classes, attributes);
    let start = row_major(case.numbers("param.W"), width, attributes);
    let labels = case.indices("in.y");
    let mut answers = Answers::new();
    for (objective, loss, after) in OBJECTIVES {
        let (margin, rate) = (case.hyper("margin"), case.hyper("lr"));
        let model = Ranking::new(objective, margin, rate, signatures.to_owned(), width);
        let mut model = model.starting_from(start);
        let rows = case.numbers("in.X").chunks_exact(width).zip(&labels);
        let losses = rows.map(|(row, &label)| model.step(row, label)).collect();
        answers.extend([
            (loss.into(), losses),
            (after.into(), to_row_major(model.weights().as_ref())),
        ]);
    }
    answers
}
