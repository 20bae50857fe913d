//! From scores to every number that a table or a figure may show.

use crate::data::class_tree::ClassTree;

use super::calibration_error::{
    Bins, CalibrationError, Confidence, reliability, softmax_confidence,
};
use super::candidates::{Candidate, Candidates};
use super::decision::Decision;
use super::evaluation::{ClassAccuracy, Evaluation};
use super::hierarchy::{Hierarchy, HierarchyError};
use super::metrics::{Tally, confusion, harmonic_mean, instance_accuracy};
use super::scores::Scores;
use super::stacking::Curve;

/// How scores are judged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Setting<'a> {
    /// What is subtracted from the scores of seen classes.
    pub delta: f64,
    /// The number of bins of the calibration error; 0 stands for the square root of the number of
    /// images, rounded.
    pub bins: usize,
    /// What mistakes are weighed by.
    pub tree: Option<&'a ClassTree>,
}

/// Evaluates scores.
///
/// # Errors
/// [`HierarchyError::Metric`] for a score that is not a number or a class without test images, and
/// [`HierarchyError::Tree`] for a tree that lacks a class.
pub fn evaluate(scores: &Scores, setting: Setting<'_>) -> Result<Evaluation, HierarchyError> {
    let delta = setting.delta;
    let header = scores.header();
    let candidates = &header.candidates;
    let (seen, unseen) = (scores.seen()?, scores.unseen()?);
    let generalised = tally(candidates, seen.iter().chain(&unseen), |image| image.predict(delta));
    let alone = scores.zero_shot()?;
    let zero_shot = tally(candidates, alone.iter(), |image| image.unseen.candidate);
    let name = |class| candidates.name(class);
    let (seen_classes, all_classes) = (candidates.seen().len(), candidates.len());
    let unseen_mean = generalised.mean(seen_classes..all_classes, &name)?;
    let seen_mean = generalised.mean(0..seen_classes, &name)?;
    let curve = Curve::of(&seen, &unseen, candidates)?;
    let provenance = header.provenance.clone();
    let classes: Vec<String> = candidates.names().cloned().collect();
    let confusion = confusion(all_classes, seen.iter().chain(&unseen), delta);
    let confidences = confidences(scores, seen.iter().chain(&unseen), delta);
    let bins = match setting.bins {
        0 => rounded_root(confidences.len()),
        bins => bins,
    };
    let weigh = |tree: &ClassTree| Hierarchy::of(tree, &classes, &confusion);
    Ok(Evaluation {
        t1: zero_shot.mean(seen_classes..all_classes, &name)?,
        unseen: unseen_mean,
        seen: seen_mean,
        harmonic: harmonic_mean(unseen_mean, seen_mean),
        acc_instance: instance_accuracy(&alone)?,
        ausuc: curve.area(),
        delta,
        selected_on: provenance.selected_on,
        peeked: provenance.peeked,
        split: provenance.split.split.to_string(),
        train_images: provenance.train_images,
        test_seen_images: seen.len(),
        test_unseen_images: unseen.len(),
        calibration_error: CalibrationError::of(&confidences, bins)?,
        reliability: reliability(&confidences, &Bins::equal_widths(bins)),
        hierarchy: setting.tree.map(weigh).transpose()?,
        search: header.search,
        hyperparameters: provenance.hyperparameters,
        per_class: per_class(candidates, &generalised, &zero_shot),
        classes,
        confusion,
        curve: curve.points().to_vec(),
    })
}

/// How sure the model is of each image's prediction at `delta`; the images are the rows in order.
fn confidences<'a>(
    scores: &Scores,
    images: impl Iterator<Item = &'a Decision>,
    delta: f64,
) -> Vec<Confidence> {
    let mask = scores.header().candidates.seen_mask();
    let confidence = |(row, image): (usize, &Decision)| {
        let mut row = scores.row(row);
        for (score, _) in row.iter_mut().zip(&mask).filter(|(_, is_seen)| **is_seen) {
            *score -= delta;
        }
        let prediction = image.predict(delta);
        let score = softmax_confidence(&row, prediction.get());
        Confidence { score, is_right: prediction == image.label }
    };
    images.enumerate().map(confidence).collect()
}

/// The square root to the nearest whole number, at least 1.
fn rounded_root(number: usize) -> usize {
    let root = number.isqrt();
    // The next one is nearer from the square of the half between both on.
    if number > root * (root + 1) { root + 1 } else { root.max(1) }
}

fn tally<'a>(
    candidates: &Candidates,
    images: impl Iterator<Item = &'a Decision>,
    predict: impl Fn(&Decision) -> Candidate,
) -> Tally {
    Tally::count(candidates.len(), images.map(|image| (image.label, predict(image))))
}

fn per_class(
    candidates: &Candidates,
    generalised: &Tally,
    zero_shot: &Tally,
) -> Vec<ClassAccuracy> {
    let seen_classes = candidates.seen().len();
    let accuracy = |(class, name): (usize, &String)| {
        let is_seen = class < seen_classes;
        ClassAccuracy {
            class: name.clone(),
            is_seen,
            images: generalised.images(class),
            generalised: generalised.accuracy(class),
            zero_shot: (!is_seen).then(|| zero_shot.accuracy(class)),
        }
    };
    candidates.names().enumerate().map(accuracy).collect()
}

#[cfg(test)]
mod tests {
    use crate::data::split::SplitIdentity;
    use crate::id::Digest;

    use super::super::candidates::Candidate;
    use super::super::model::Provenance;
    use super::super::scores::ScoresHeader;
    use super::*;

    fn scores(rows: &[[f64; 4]]) -> Scores {
        let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let digest = Digest::of(b"split");
        let header = ScoresHeader {
            candidates: Candidates::new(names(&["a", "b"]), names(&["x", "y"])).unwrap(),
            seen_labels: [0, 0, 1].map(Candidate).to_vec(),
            unseen_labels: [2, 2, 2, 3].map(Candidate).to_vec(),
            provenance: Provenance {
                selected_on: "val-gzsl".into(),
                peeked: false,
                split: SplitIdentity { split: digest, samples: digest },
                train_images: 10,
                hyperparameters: vec![("gamma".into(), 1.0)],
                delta: 0.5,
            },
            search: None,
            has_zero_shot_rows: false,
        };
        Scores::in_memory(&header, &rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
    }

    fn at(delta: f64) -> Setting<'static> {
        Setting { delta, bins: 2, tree: None }
    }

    const ROWS: [[f64; 4]; 7] = [
        [9.0, 0.0, 8.0, 0.0], // a, right below delta 1
        [0.0, 9.0, 0.0, 0.0], // a, taken for b
        [0.0, 5.0, 4.0, 0.0], // b, right below delta 1
        [7.0, 0.0, 6.5, 0.0], // x, right above delta 0.5
        [3.0, 0.0, 0.0, 1.0], // x, always wrong
        [0.0, 0.0, 2.0, 0.0], // x, right above delta -2
        [9.0, 0.0, 0.0, 1.0], // y, right above delta 8
    ];

    #[test]
    fn every_number_is_as_worked_out_by_hand() {
        let evaluation = evaluate(&scores(&ROWS), at(0.75)).unwrap();
        // Unseen candidates only: x 2 of 3, y 1 of 1.
        assert!((evaluation.t1 - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!(evaluation.acc_instance, 0.75);
        // At delta 0.75: a 1 of 2, b 1 of 1; x 2 of 3, y 0 of 1.
        assert_eq!((evaluation.seen, evaluation.unseen), (0.75, 1.0 / 3.0));
        assert!((evaluation.harmonic - 2.0 * 0.25 / (0.75 + 1.0 / 3.0)).abs() < 1e-15);
        assert_eq!(evaluation.confusion, [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 2, 0], [1, 0, 0, 0]]);
        assert_eq!(evaluation.per_class[2].zero_shot, Some(2.0 / 3.0));
        assert_eq!(evaluation.per_class[0].zero_shot, None);
        assert_eq!((evaluation.test_seen_images, evaluation.test_unseen_images), (3, 4));
    }

    /// (G5)
    #[test]
    fn no_calibration_is_delta_zero_and_a_large_one_leaves_unseen_classes_only() {
        let none = evaluate(&scores(&ROWS), at(0.0)).unwrap();
        // x: only the third image; y none.
        assert_eq!((none.unseen, none.seen), (1.0 / 6.0, 0.75));
        let all = evaluate(&scores(&ROWS), at(1e9)).unwrap();
        assert_eq!((all.seen, all.unseen, all.harmonic), (0.0, all.t1, 0.0));
        assert_eq!(evaluate(&scores(&ROWS), at(-1e9)).unwrap().unseen, 0.0);
    }

    #[test]
    fn a_score_that_is_no_number_names_image_and_class() {
        let mut rows = ROWS;
        rows[4][3] = f64::NAN;
        let error = evaluate(&scores(&rows), at(0.0)).unwrap_err();
        assert_eq!(error.to_string(), "image 4: the score of class `y` is NaN");
    }

    #[test]
    fn a_confidence_is_the_share_of_the_prediction_in_a_softmax() {
        // Two seen and two unseen scores; at delta ln 2 a seen score counts half.
        let third = 3_f64.ln();
        let rows = [
            [third, 0.0, 0.0, 0.0], // (3/2) / (3/2 + 1/2 + 1 + 1) = 3/8, right
            [0.0, 0.0, 0.0, 0.0],   // 1 / (1/2 + 1/2 + 1 + 1) = 1/3 for x, wrong
            [0.0, 0.0, 0.0, 0.0],   // the same, wrong
            [0.0, 0.0, third, 0.0], // 3 / (1/2 + 1/2 + 3 + 1) = 3/5 for x, right
            [0.0, 0.0, third, 0.0], // the same, right
            [0.0, 0.0, third, 0.0], // the same, right
            [0.0, 0.0, third, 0.0], // the same, wrong: it is y
        ];
        let evaluation = evaluate(&scores(&rows), at(2_f64.ln())).unwrap();
        let sums: Vec<_> =
            evaluation.reliability.iter().map(|bin| (bin.images, bin.hits)).collect();
        assert_eq!(sums, [(3, 1), (4, 3)]);
        let below = 1.0 - (3.0 / 8.0 + 2.0 / 3.0);
        let above = 3.0 - 4.0 * 3.0 / 5.0;
        let error = evaluation.calibration_error.equal_widths;
        assert!((error - (f64::abs(below) + above) / 7.0).abs() < 1e-12, "{error}");
    }

    #[test]
    fn a_tree_weighs_the_mistakes() {
        let tree = ClassTree::parse("a,seen\nb,seen\nx,new\ny,new\nseen,all\nnew,all\n").unwrap();
        let setting = Setting { tree: Some(&tree), ..at(0.75) };
        let weighed = evaluate(&scores(&ROWS), setting).unwrap().hierarchy.unwrap();
        // One a for b: 2 links; x and y for a: 4 links each; 4 of 7 right.
        assert_eq!(weighed.tie, 10.0 / 7.0);
        assert!(weighed.is_one_number);
        let small = ClassTree::parse("a,all\n").unwrap();
        let setting = Setting { tree: Some(&small), ..at(0.75) };
        let error = evaluate(&scores(&ROWS), setting).unwrap_err();
        assert_eq!(error.to_string(), "the tree has no class `b`");
    }

    #[test]
    fn roots_are_rounded() {
        assert_eq!([0, 1, 2, 3, 6, 7, 12, 13].map(rounded_root), [1, 1, 1, 2, 2, 3, 3, 4]);
    }
}
