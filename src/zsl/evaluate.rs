//! From scores to every number that a table or a figure may show.

use super::candidates::{Candidate, Candidates};
use super::decision::{Decision, MetricError};
use super::evaluation::{ClassAccuracy, Evaluation};
use super::metrics::{Tally, confusion, harmonic_mean, instance_accuracy};
use super::scores::Scores;
use super::stacking::Curve;

/// Evaluates scores at `delta`.
///
/// # Errors
/// [`MetricError`] for a score that is not a number or a class without test images.
pub fn evaluate(scores: &Scores, delta: f64) -> Result<Evaluation, MetricError> {
    let header = scores.header();
    let candidates = &header.candidates;
    let (seen, unseen) = (scores.seen()?, scores.unseen()?);
    let generalised = tally(candidates, seen.iter().chain(&unseen), |image| image.predict(delta));
    let zero_shot = tally(candidates, unseen.iter(), |image| image.unseen.candidate);
    let name = |class| candidates.name(class);
    let (seen_classes, all_classes) = (candidates.seen().len(), candidates.len());
    let unseen_mean = generalised.mean(seen_classes..all_classes, &name)?;
    let seen_mean = generalised.mean(0..seen_classes, &name)?;
    let curve = Curve::of(&seen, &unseen, candidates)?;
    let provenance = header.provenance.clone();
    Ok(Evaluation {
        t1: zero_shot.mean(seen_classes..all_classes, &name)?,
        unseen: unseen_mean,
        seen: seen_mean,
        harmonic: harmonic_mean(unseen_mean, seen_mean),
        acc_instance: instance_accuracy(&unseen)?,
        ausuc: curve.area(),
        delta,
        selected_on: provenance.selected_on,
        peeked: provenance.peeked,
        split: provenance.split.split.to_string(),
        train_images: provenance.train_images,
        test_seen_images: seen.len(),
        test_unseen_images: unseen.len(),
        hyperparameters: provenance.hyperparameters,
        per_class: per_class(candidates, &generalised, &zero_shot),
        classes: candidates.names().cloned().collect(),
        confusion: confusion(all_classes, seen.iter().chain(&unseen), delta),
        curve: curve.points().to_vec(),
    })
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
        };
        Scores::in_memory(&header, &rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
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
        let evaluation = evaluate(&scores(&ROWS), 0.75).unwrap();
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

    #[test]
    fn no_calibration_is_delta_zero_and_a_large_one_leaves_unseen_classes_only() {
        let none = evaluate(&scores(&ROWS), 0.0).unwrap();
        // x: only the third image; y none.
        assert_eq!((none.unseen, none.seen), (1.0 / 6.0, 0.75));
        let all = evaluate(&scores(&ROWS), 1e9).unwrap();
        assert_eq!((all.seen, all.unseen, all.harmonic), (0.0, all.t1, 0.0));
        assert_eq!(evaluate(&scores(&ROWS), -1e9).unwrap().unseen, 0.0);
    }

    #[test]
    fn a_score_that_is_no_number_names_image_and_class() {
        let mut rows = ROWS;
        rows[4][3] = f64::NAN;
        let error = evaluate(&scores(&rows), 0.0).unwrap_err();
        assert_eq!(error.to_string(), "image 4: the score of class `y` is NaN");
    }
}
