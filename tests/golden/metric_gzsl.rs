//! T1, U, S, H at several calibrations, the exact curve and AUSUC, with ties among the scores.

use erpc_pipe::zsl::CurvePoint;
use erpc_pipe::zsl::candidates::Candidate;
use erpc_pipe::zsl::decision::Decision;
use erpc_pipe::zsl::metrics::{Tally, harmonic_mean};
use erpc_pipe::zsl::stacking::Curve;

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let setting = Setting::of(case);
    let at = |delta: f64| {
        let predict = |image: &Decision| image.predict(delta);
        let unseen = setting.mean(&predict, &setting.classes(false));
        let seen = setting.mean(&predict, &setting.classes(true));
        [unseen, seen, harmonic_mean(unseen, seen)]
    };
    let all: Vec<usize> = (0..setting.is_seen.len()).collect();
    let zero_shot = setting.mean(&|image| image.unseen.candidate, &setting.classes(false));
    let hits = setting.images.iter().filter(|image| image.predict(0.0) == image.label).count();
    let mut answers = vec![
        ("out.ush".into(), case.hypers("deltas").into_iter().flat_map(at).collect()),
        ("out.t1_zsl".into(), vec![zero_shot]),
        ("out.t1_all".into(), vec![setting.mean(&|image| image.predict(0.0), &all)]),
        ("out.acc_instance".into(), vec![hits as f64 / setting.images.len() as f64]),
    ];
    answers.extend(setting.curve());
    answers
}

/// The images of the case, and which classes are seen.
struct Setting {
    is_seen: Vec<bool>,
    images: Vec<Decision>,
}

impl Setting {
    fn of(case: &Case) -> Self {
        let is_seen: Vec<bool> = case.numbers("in.seen").iter().map(|&seen| seen == 1.0).collect();
        let labels = case.indices("in.y").into_iter().map(|label| Candidate(label as u16));
        let rows = case.numbers("in.scores").chunks_exact(is_seen.len());
        let images = rows.zip(labels).map(|(row, label)| Decision::of(row, &is_seen, label));
        let images = images.collect::<Result<_, _>>().unwrap();
        Self { is_seen, images }
    }

    fn classes(&self, seen: bool) -> Vec<usize> {
        (0..self.is_seen.len()).filter(|&class| self.is_seen[class] == seen).collect()
    }

    fn mean(&self, predict: &dyn Fn(&Decision) -> Candidate, classes: &[usize]) -> f64 {
        let pairs = self.images.iter().map(|image| (image.label, predict(image)));
        let tally = Tally::count(self.is_seen.len(), pairs);
        tally.mean(classes.iter().copied(), &|class| class.to_string()).unwrap()
    }

    fn curve(&self) -> Answers {
        let (seen, unseen): (Vec<Decision>, Vec<Decision>) =
            self.images.iter().partition(|image| self.is_seen[image.label.get()]);
        let curve = Curve::sweep(&seen, &unseen, &self.is_seen, &|c| c.to_string()).unwrap();
        let column = |value: fn(&CurvePoint) -> f64| curve.points().iter().map(value).collect();
        let deltas: Vec<f64> = column(|point| point.delta);
        vec![
            // The first point stands for minus infinity and is no breakpoint.
            ("out.breakpoints".into(), deltas[1..].to_vec()),
            ("out.curve_u".into(), column(|point| point.unseen)),
            ("out.curve_s".into(), column(|point| point.seen)),
            ("out.ausuc".into(), vec![curve.area()]),
            ("out.best_h".into(), vec![curve.points()[curve.best()].harmonic]),
            ("out.best_index".into(), vec![curve.best() as f64]),
        ]
    }
}
