//! `max |got - want| <= rel[group] * max(max |want|, floor[group])`; integers exactly.

use crate::case::{Answer, Case};
use crate::table;

/// What is wrong with the answers to a case, a line a tensor.
pub(crate) fn compare(name: &str, case: &Case, answers: &[Answer]) -> Vec<String> {
    let mut complaints = Vec::new();
    for tensor in case.expected() {
        if let Some(repeated) = table::disputed(name, tensor) {
            if case.numbers(tensor) != case.numbers(&repeated) {
                complaints
                    .push(format!("{tensor}: differs from `{repeated}`, so it can be compared"));
            }
            continue;
        }
        let answer = answers.iter().find(|(answered, _)| *answered == tensor);
        let is_pending = table::is_pending(&format!("{name}/{tensor}"));
        let complaint = match (answer, is_pending) {
            (Some((_, got)), false) => difference(case, tensor, got).err(),
            (None, true) => None,
            (None, false) => Some(format!("{tensor}: nobody answers it")),
            (Some(_), true) => Some(format!("{tensor}: is answered, but still listed as pending")),
        };
        complaints.extend(complaint);
    }
    for (answered, _) in answers {
        if !case.expected().any(|tensor| tensor == *answered) {
            complaints.push(format!("{answered}: the case expects no such tensor"));
        }
    }
    complaints
}

fn difference(case: &Case, name: &str, got: &[f64]) -> Result<(), String> {
    let want = case.tensor(name);
    if got.len() != want.numbers.len() {
        return Err(format!("{name}: {} numbers; expected {}", got.len(), want.numbers.len()));
    }
    let largest = want.numbers.iter().fold(0.0_f64, |most, number| most.max(number.abs()));
    let tolerance = case.tolerance(name)?;
    let allowed = match want.is_integer {
        true => 0.0,
        false => tolerance.rel * largest.max(tolerance.floor),
    };
    let pairs = || got.iter().zip(&want.numbers);
    // Written so that a NaN is too far away.
    let is_far = |(got, want): &(&f64, &f64)| {
        let distance = (*got - *want).abs();
        distance > allowed || distance.is_nan()
    };
    let far = pairs().filter(is_far).count();
    let Some((at, (got, want))) = pairs().enumerate().find(|(_, pair)| is_far(pair)) else {
        return Ok(());
    };
    Err(format!(
        "{name}: {far} of {} numbers are off by more than {allowed:e}; number {at} is {got}, \
         expected {want}",
        pairs().len()
    ))
}
