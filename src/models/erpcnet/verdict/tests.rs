use super::*;

const GLOBAL: [f64; 3] = [2.0, 0.0, 1.0];
const JOINT: [f64; 3] = [0.0, 3.0, 0.0];

fn opinion(handicap: &[f64], has_looked: bool) -> Opinion<'_> {
    Opinion { global: &GLOBAL, joint: &JOINT, handicap, has_looked }
}

#[test]
fn the_handicap_counts_once_in_scores_and_in_both_probabilities() {
    let none = opinion(&[0.0; 3], true).verdict(None);
    assert_eq!(none.prediction, 1);
    let total = 1.0 + (-3.0_f64).exp() * 2.0;
    assert!((none.joint - 1.0 / total).abs() < 1e-12);
    let total = 1.0 + (-2.0_f64).exp() + (-1.0_f64).exp();
    assert!((none.global - (-2.0_f64).exp() / total).abs() < 1e-12);

    let handicapped = opinion(&[0.0, 2.5, 0.0], true);
    assert_eq!(handicapped.scores(), [2.0, 0.5, 1.0]);
    let verdict = handicapped.verdict(Some(1));
    assert_eq!(verdict.prediction, 0);
    let total = 1.0 + 2.0 * (-0.5_f64).exp();
    assert!((verdict.joint - 1.0 / total).abs() < 1e-12);
}

#[test]
fn before_the_first_look_the_global_attributes_decide() {
    assert_eq!(opinion(&[0.0; 3], false).verdict(None).prediction, 0);
    assert_eq!(opinion(&[1.5, 0.0, 0.0], false).verdict(None).prediction, 2);
}
