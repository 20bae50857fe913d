//! Made-up evaluations for the tests of tables and figures.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up numbers"
)]

use crate::id::TrialId;
use crate::stage::GatheredItem;
use crate::zsl::calibration_error::{CalibrationError, ReliabilityBin};
use crate::zsl::{ClassAccuracy, CurvePoint, Evaluation};

const ANIMALS: [&str; 12] = [
    "antelope",
    "grizzly+bear",
    "killer+whale",
    "beaver",
    "dalmatian",
    "persian+cat",
    "horse",
    "german+shepherd",
    "blue+whale",
    "siamese+cat",
    "skunk",
    "mole",
];

/// An evaluation of two seen and one unseen class, with these labels.
pub(super) fn item(stage: &str, labels: &[(&str, &str)]) -> GatheredItem<Evaluation> {
    let pair = |&(axis, label): &(&str, &str)| (axis.to_owned(), label.to_owned());
    let trial = TrialId(labels.iter().map(pair).collect());
    GatheredItem { stage: stage.to_owned(), trial, value: evaluation(2, 1, 1) }
}

/// A plausible evaluation: equal arguments, equal numbers.
pub(super) fn evaluation(seen: usize, unseen: usize, seed: u64) -> Evaluation {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let classes: Vec<String> = (0..seen + unseen).map(class_name).collect();
    let confusion: Vec<Vec<u32>> =
        (0..classes.len()).map(|class| counts(class, seen, classes.len(), &mut random)).collect();
    let per_class: Vec<ClassAccuracy> = classes
        .iter()
        .enumerate()
        .map(|(class, name)| {
            let images: u32 = confusion[class].iter().sum();
            let right = f64::from(confusion[class][class]) / f64::from(images);
            ClassAccuracy {
                class: name.clone(),
                is_seen: class < seen,
                images: images as usize,
                generalised: right,
                zero_shot: (class >= seen).then(|| (right + 0.2).min(1.0)),
            }
        })
        .collect();
    let mean = |classes: &[ClassAccuracy]| {
        classes.iter().map(|class| class.generalised).sum::<f64>() / classes.len() as f64
    };
    let t1 = (mean(&per_class[seen..]) + 0.15 + 0.02 * random.next()).min(1.0);
    let curve = curve(0.9 + 0.02 * random.next(), t1, &mut random);
    let chosen = curve[curve.len() / 2 + (20.0 * random.next()) as usize];
    Evaluation {
        t1,
        unseen: chosen.unseen,
        seen: chosen.seen,
        harmonic: chosen.harmonic,
        acc_instance: t1 + 0.03,
        ausuc: area(&curve),
        delta: chosen.delta,
        selected_on: "val-gzsl".into(),
        peeked: false,
        split: "5f3c9a1d77e0aabbccddeeff".into(),
        train_images: 120 * seen,
        test_seen_images: images(&per_class[..seen]),
        test_unseen_images: images(&per_class[seen..]),
        calibration_error: CalibrationError {
            equal_widths: 0.21 + 0.01 * random.next(),
            equal_counts: 0.22,
            equal_widths_linear: 0.2,
            equal_counts_linear: 0.19,
            density: 0.18,
        },
        reliability: reliability(&mut random),
        hierarchy: None,
        search: None,
        hyperparameters: vec![("gamma".into(), 100.0)],
        per_class,
        classes,
        confusion,
        curve,
    }
}

fn images(classes: &[ClassAccuracy]) -> usize {
    classes.iter().map(|class| class.images).sum()
}

fn class_name(class: usize) -> String {
    match class / ANIMALS.len() {
        0 => ANIMALS[class].to_owned(),
        round => format!("{} {}", ANIMALS[class % ANIMALS.len()], round + 1),
    }
}

fn counts(class: usize, seen: usize, classes: usize, random: &mut Random) -> Vec<u32> {
    let images = 60 + (random.next() * 80.0) as u32;
    let share = if class < seen { 0.55 + 0.4 * random.next() } else { 0.1 + 0.6 * random.next() };
    let mut row = vec![0; classes];
    for image in 0..images {
        let is_right = f64::from(image) < share * f64::from(images);
        let neighbour = (class + 1 + (random.next() * random.next() * 6.0) as usize) % classes;
        row[if is_right { class } else { neighbour }] += 1;
    }
    row
}

fn curve(most_seen: f64, most_unseen: f64, random: &mut Random) -> Vec<CurvePoint> {
    let steps = 400_u16;
    let mut deltas: Vec<f64> = (0..steps)
        .map(|_| 0.2 + 0.45 * (random.next() + random.next() + random.next() - 1.5))
        .collect();
    deltas.sort_by(f64::total_cmp);
    deltas.insert(0, f64::MIN);
    let count = f64::from(steps);
    let point = |(position, &delta): (usize, &f64)| {
        let share = position as f64 / count;
        let unseen = most_unseen * share.powf(0.7);
        let seen = most_seen * (1.0 - share.powf(2.5));
        let sum = unseen + seen;
        CurvePoint { delta, unseen, seen, harmonic: 2.0 * unseen * seen / sum }
    };
    deltas.iter().enumerate().map(point).collect()
}

fn area(curve: &[CurvePoint]) -> f64 {
    let step = |pair: &[CurvePoint]| {
        (pair[1].unseen - pair[0].unseen) * (pair[0].seen + pair[1].seen) / 2.0
    };
    curve.windows(2).map(step).sum()
}

/// Fifteen bins of a model that is too sure of itself; the first ones are empty.
fn reliability(random: &mut Random) -> Vec<ReliabilityBin> {
    let bin = |bin: u32| {
        let (low, high) = (f64::from(bin) / 15.0, f64::from(bin + 1) / 15.0);
        let images = if bin < 2 { 0 } else { 10 + 12 * bin };
        let share = (low * low + 0.1 * random.next()).min(1.0);
        let hits = (share * f64::from(images)) as u32;
        let confidence = f64::midpoint(low, high) * f64::from(images);
        ReliabilityBin { low, high, images, hits, confidence }
    };
    (0..15).map(bin).collect()
}

/// A tiny generator of numbers from 0 to 1, good enough for pictures.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
