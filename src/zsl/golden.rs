//! Checks against answers of an independent implementation, where its files are at hand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::fs;

use super::candidates::Candidate;
use super::conse::ConvexCombination;
use super::decision::Decision;
use super::eszsl::{Eszsl, Targets};
use super::linear::{row_major, to_row_major};
use super::metrics::{Tally, harmonic_mean};
use super::moments::Moments;
use super::ranking::{Objective, Ranking};
use super::sae::Sae;
use super::stacking::Curve;

/// Tensors of a safetensors file as f64.
struct Case(BTreeMap<String, Vec<f64>>);

impl Case {
    /// Reads a case; none where `ERPC_GOLDEN` does not say where it is.
    fn read(name: &str) -> Option<Self> {
        let Some(folder) = std::env::var_os("ERPC_GOLDEN") else {
            println!("skipped: ERPC_GOLDEN does not name a folder with golden cases");
            return None;
        };
        let path = PathBuf::from(folder).join(format!("{name}.safetensors"));
        let bytes = fs::read(&path).unwrap();
        let (length, rest) = bytes.split_at(8);
        let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&rest[..length]).unwrap();
        let tensor = |info: &Value| {
            let offset = |at: usize| info["data_offsets"][at].as_u64().unwrap() as usize;
            let data = &rest[length..][offset(0)..offset(1)];
            let eights = data.chunks_exact(8).map(|chunk| chunk.try_into().unwrap());
            match info["dtype"].as_str().unwrap() {
                "F64" => eights.map(f64::from_le_bytes).collect(),
                "I64" => eights.map(|chunk| i64::from_le_bytes(chunk) as f64).collect(),
                "U8" => data.iter().map(|&byte| f64::from(byte)).collect(),
                other => panic!("{other}"),
            }
        };
        let tensors =
            header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__");
        Some(Self(tensors.map(|(name, info)| (name.clone(), tensor(info))).collect()))
    }

    fn get(&self, name: &str) -> &[f64] {
        &self.0[name]
    }

    /// `max |got - want| <= 1e-10 max(max |want|, 0.001)`.
    fn compare(&self, name: &str, got: &[f64]) {
        let want = self.get(name);
        assert_eq!(want.len(), got.len(), "{name}");
        let scale = want.iter().fold(1e-3_f64, |scale, value| scale.max(value.abs()));
        for (want, got) in want.iter().zip(got) {
            assert!((want - got).abs() <= 1e-10 * scale, "{name}: {want} {got}");
        }
    }
}

#[test]
fn metrics_equal_the_golden_ones() {
    let Some(case) = Case::read("metric_gzsl") else { return };
    let mask: Vec<bool> = case.get("in.seen").iter().map(|&seen| seen == 1.0).collect();
    let labels = case.get("in.y").iter().map(|&label| Candidate(label as u16));
    let rows = case.get("in.scores").chunks_exact(mask.len());
    let images: Vec<Decision> =
        rows.zip(labels).map(|(row, label)| Decision::of(row, &mask, label).unwrap()).collect();
    let (seen, unseen): (Vec<_>, Vec<_>) =
        images.iter().copied().partition(|image| mask[image.label.get()]);
    let name = |class: usize| class.to_string();
    let of_kind =
        |kind: bool| (0..mask.len()).filter(|&class| mask[class] == kind).collect::<Vec<_>>();
    let mean = |predict: &dyn Fn(&Decision) -> Candidate, classes: Vec<usize>| {
        let pairs = images.iter().map(|image| (image.label, predict(image)));
        Tally::count(mask.len(), pairs).mean(classes.into_iter(), &name).unwrap()
    };
    let deltas = [-1000.0, -0.5, 0.0, 0.3, 0.8, 1000.0];
    let at = |delta: f64| {
        let predict = |image: &Decision| image.predict(delta);
        let (unseen, seen) = (mean(&predict, of_kind(false)), mean(&predict, of_kind(true)));
        [unseen, seen, harmonic_mean(unseen, seen)]
    };
    case.compare("out.ush", deltas.map(at).as_flattened());
    case.compare("out.t1_zsl", &[mean(&|image| image.unseen.candidate, of_kind(false))]);
    case.compare("out.t1_all", &[mean(&|image| image.predict(0.0), (0..mask.len()).collect())]);
    let hits = images.iter().filter(|image| image.predict(0.0) == image.label).count();
    case.compare("out.acc_instance", &[hits as f64 / images.len() as f64]);
    let curve = Curve::sweep(&seen, &unseen, &mask, &name).unwrap();
    let column =
        |value: fn(&super::CurvePoint) -> f64| curve.points().iter().map(value).collect::<Vec<_>>();
    case.compare("out.breakpoints", &column(|point| point.delta)[1..]);
    case.compare("out.curve_u", &column(|point| point.unseen));
    case.compare("out.curve_s", &column(|point| point.seen));
    case.compare("out.ausuc", &[curve.area()]);
    case.compare("out.best_h", &[curve.points()[curve.best()].harmonic]);
    case.compare("out.best_index", &[curve.best() as f64]);
}

#[test]
fn closed_forms_equal_the_golden_ones() {
    let Some(case) = Case::read("base_closed") else { return };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let (width, attributes, classes) = (7, 5, 6);
    let labels: Vec<usize> = case.get("in.y").iter().map(|&label| label as usize).collect();
    let mut moments = Moments::new(width, classes);
    moments.add(case.get("in.X"), &labels, &pool);
    let signatures = row_major(case.get("in.phi"), classes, attributes);
    for (targets, name) in [(Targets::MinusOne, "out.eszsl"), (Targets::Zero, "out.eszsl_zero")] {
        let solver = Eszsl::new(&moments, signatures, targets, &pool).unwrap();
        let weights = solver.weights(10.0, 1.0, &pool);
        case.compare(name, &to_row_major(weights.as_ref()));
    }
    let solver = Sae::new(&moments, signatures, &pool).unwrap();
    case.compare("out.sae", &to_row_major(solver.weights(2.0, &pool).transpose()));
    let unseen = row_major(case.get("in.phi_unseen"), 3, attributes);
    let combination = ConvexCombination::new(3, signatures, unseen);
    let score = |probabilities: &[f64]| {
        let mut scores = vec![0.0; 3];
        combination.score(probabilities, &mut scores);
        scores
    };
    let scores: Vec<f64> = case.get("in.prob_seen").chunks_exact(classes).flat_map(score).collect();
    case.compare("out.conse", &scores);
}

#[test]
fn ranking_steps_equal_the_golden_ones() {
    let Some(case) = Case::read("base_ranking") else { return };
    let (width, attributes, classes) = (5, 4, 6);
    let signatures = row_major(case.get("in.phi"), classes, attributes).to_owned();
    let start = row_major(case.get("param.W"), width, attributes);
    let labels: Vec<usize> = case.get("in.y").iter().map(|&label| label as usize).collect();
    let objectives =
        [(Objective::Devise, "devise"), (Objective::Sje, "sje"), (Objective::Ale, "ale")];
    for (objective, name) in objectives {
        let model = Ranking::new(objective, 1.0, 0.1, signatures.clone(), width);
        let mut model = model.starting_from(start);
        let rows = case.get("in.X").chunks_exact(width).zip(&labels);
        let losses: Vec<f64> = rows.map(|(row, &label)| model.step(row, label)).collect();
        case.compare(&format!("loss.{name}"), &losses);
        case.compare(&format!("after.{name}"), &to_row_major(model.weights().as_ref()));
    }
}
