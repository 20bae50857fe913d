use super::super::testing::check;
use super::super::{Parameters, Recording};
use super::*;

/// (G2)
#[test]
fn slopes_are_the_derivatives() {
    check(&[vec![2, 2, 4]], |tape, x| tape.log_softmax(x[0]));
    check(&[vec![3, 4]], |tape, x| tape.pick(x[0], vec![2, 0, 3]));
    check(&[vec![2, 2, 4]], |tape, x| tape.cross_entropy(x[0], vec![0, 3, 3, 1]));
    check(&[vec![3, 4]], |tape, x| tape.entropy(x[0]));
}

#[test]
fn what_is_masked_has_no_probability_and_no_gradient() {
    let parameters = Parameters::default();
    let mut tape = Tape::new(&parameters, Recording::On);
    let logits = tape.variable(Tensor::new(vec![1, 3], vec![1.0, f64::NEG_INFINITY, 1.0]));
    let logs = tape.log_softmax(logits);
    let half = 0.5_f64.ln();
    assert_eq!(tape.value(logs).values(), [half, f64::NEG_INFINITY, half]);
    let entropy = tape.entropy(logs);
    assert!((tape.value(entropy).values()[0] - 2.0_f64.ln()).abs() < 1e-15);
    let picked = tape.pick(logs, vec![0]);
    let loss = tape.add(picked, entropy);
    let loss = tape.sum(loss);
    // Equal probabilities are where the entropy is largest, so it has no slope there.
    assert_eq!(tape.backward(loss).of(logits).unwrap().values(), [0.5, 0.0, -0.5]);
}
