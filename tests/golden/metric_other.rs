//! Expected calibration error, purity of clusters, and what retrieval is measured by.

use erpc_pipe::zsl::calibration_error::{Bins, Confidence, Weights, binned_error};
use erpc_pipe::zsl::purity::purity;
use erpc_pipe::zsl::retrieval::{Item, Retrieval};

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let (classes, labels) = (case.count("C"), case.indices("in.y"));
    let rows = case.numbers("in.prob").chunks_exact(classes);
    let confidences: Vec<Confidence> = rows.zip(&labels).map(|(row, &y)| top(row, y)).collect();
    let error = binned_error(&confidences, &Bins::equal_widths(case.count("bins")), Weights::One);
    let retrieval = retrieval(case);
    vec![
        ("out.ece".into(), vec![error]),
        ("out.purity".into(), vec![purity(&case.indices("in.cluster"), &labels)]),
        ("out.cmc".into(), retrieval.cumulative_matches(case.count("ranks"))),
        ("out.map".into(), vec![retrieval.mean_average_precision()]),
    ]
}

/// The largest probability of a row, and whether it is that of the label.
fn top(row: &[f64], label: usize) -> Confidence {
    let mut best = 0;
    for (class, probability) in row.iter().enumerate() {
        if *probability > row[best] {
            best = class;
        }
    }
    Confidence { score: row[best], is_right: best == label }
}

fn retrieval(case: &Case) -> Retrieval {
    let items = |part: &str| -> Vec<Item> {
        let identities = case.indices(&format!("in.{part}_id"));
        let cameras = case.indices(&format!("in.{part}_cam"));
        identities
            .into_iter()
            .zip(cameras)
            .map(|(identity, camera)| Item { identity, camera })
            .collect()
    };
    let gallery = items("gallery");
    let mut retrieval = Retrieval::default();
    let distances = case.numbers("in.dist").chunks_exact(gallery.len());
    for (query, distances) in items("query").iter().zip(distances) {
        retrieval.add(query, &gallery, distances).unwrap();
    }
    retrieval
}
